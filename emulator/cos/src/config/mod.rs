//! Sub-resources of buckets: one XML or JSON document each, kept as it was put and read by those who act on it.
//!
//! `resource.rs` is the table of them, `document.rs` what all have in common: PUT, GET, DELETE, the digest of the body, its
//! root. A family that is checked or acted on has a file of its own. What is kept but has no effect here is written into the
//! journal, so that nobody mistakes it for played. Follows: COS reference, section 7.

pub(super) mod document;
pub(super) mod resource;

pub(super) mod accelerate;
pub(super) mod cors;
pub(super) mod encryption;
pub(super) mod lifecycle;
pub(super) mod referer;
pub(super) mod retention;
pub(super) mod strict_signature;
pub(super) mod tagging;
pub(super) mod website;

mod domain;
mod inventory;
mod location;
mod plain;
mod policy;
mod replication;
mod wildcard;

pub use resource::Resource;
