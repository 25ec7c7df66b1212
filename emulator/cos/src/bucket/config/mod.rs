//! Sub-resources of buckets: one XML or JSON document each, stored as it was put and read by the files that act on it.
//!
//! `resource.rs` is the table of sub-resources, `document.rs` serves PUT, GET and DELETE, `fields.rs` reads elements. A
//! sub-resource with rules or effects has a file of its own. A document without effect is recorded in the journal as
//! unsupported. Follows: COS reference, section 7.

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
