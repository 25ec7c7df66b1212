//! Sub-resources of buckets: one XML or JSON document each, kept as it was put and read by those who act on it.
//!
//! `resource.rs` is the table of them, `document.rs` serves PUT, GET and DELETE, `fields.rs` reads their elements. A family that is checked or acted on has a file of its own. What is kept but has no effect here is written into the
//! journal as unsupported. Follows: COS reference, section 7.

pub(crate) mod document;
pub(crate) mod fields;
pub(crate) mod resource;

pub(crate) mod accelerate;
pub(crate) mod cors;
pub(crate) mod encryption;
pub(crate) mod lifecycle;
pub(crate) mod referer;
pub(crate) mod strict_signature;
pub(crate) mod tagging;
pub(crate) mod website;

mod domain;
mod inventory;
mod location;
mod object_lock;
mod plain;
mod policy;
mod replication;
mod wildcard;

pub use resource::Resource;
