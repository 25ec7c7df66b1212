//! COS.

pub mod address;
pub mod condition;
pub mod error;
pub mod names;
pub mod operation;
pub mod store;
