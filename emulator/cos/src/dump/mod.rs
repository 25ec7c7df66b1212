//! The contents of COS beside the wire: for the program that runs it, not for its clients.
//!
//! [`local`] stores and reads single objects, [`import`] makes objects of files, [`contents`] takes everything out, puts it
//! back and clears it, and [`validate`] checks records that come from a file.

pub mod contents;
pub mod import;
pub mod local;
pub mod validate;
