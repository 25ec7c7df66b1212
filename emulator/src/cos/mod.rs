//! COS.

pub mod store;
