//! Operations on single objects, one file or folder each, and what they share.
//!
//! `commit.rs` is the one place where an object changes: under the lock of its key, with its version, its record in the
//! journal and its event. `body_writer.rs` receives bodies, `encryption.rs` reads and answers the headers of encryption.

pub(crate) mod commit;
pub(crate) mod lookup;

pub(crate) mod append;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod delete_multiple;
pub(crate) mod get;
pub(crate) mod multipart;
pub(crate) mod post;
pub(crate) mod put;
pub(crate) mod restore;
pub(crate) mod retention;
pub(crate) mod symlink;
pub(crate) mod tagging;

pub(crate) mod body_writer;
pub(crate) mod conditional_write;
pub(crate) mod content_type;
pub(crate) mod encryption;
pub(crate) mod entity_tags;
pub(crate) mod object_lock;
pub mod precondition;
pub(crate) mod range;
