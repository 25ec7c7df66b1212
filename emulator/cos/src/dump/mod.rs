//! The contents of COS beside the wire: for the program that runs it, not for its clients.
//!
//! [`local`] stores and reads single objects, [`import`] makes objects of files. `save.rs` writes all buckets and objects as a
//! saved state, `load.rs` reads one; [`state`] has its format, [`validate`] checks its records, and [`contents`] reads what is
//! there. What is loaded or imported is stored in one step (`incoming.rs`).

pub mod contents;
pub mod import;
pub mod local;
pub mod state;
pub mod validate;

mod incoming;
mod load;
mod save;
