//! What is broken: connections on which anything comes, files in which anything stands.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod full_disk;
mod pipeline;
mod symlinks;
