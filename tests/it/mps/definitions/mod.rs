//! What an account defines by the Cloud API, and what comes of it. Follows: mps.md sections 10.2, 11 and 13.

mod rig;
mod templates;
