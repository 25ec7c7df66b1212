//! The few calls to object storage that an archive needs, on the XML API.
//!
//! It knows hosts, signatures and errors; what is stored where, and how often a call is tried, is decided in
//! [`crate::archive`].

mod client;
mod error;
mod sign;

pub use crate::link::Error as LinkError;
pub use client::{Client, Object, Put};
pub use error::{Error, Refusal};
pub use sign::{Signable, Signature, Window};
