//! The logs that SCF delivers, made from the journal: nothing is kept twice.
//!
//! A [`Follower`] reads the journal as it grows and makes [`LogRecord`]s; `tail` writes what a synchronous caller gets.
//!
//! Follows: SCF reference, sections 13.1 and 13.2. Delivered lines have no space after `RequestId:`, the tail has one.
//!
//! Deviates: `SCF_MemUsage` is 0 on the virtual clock, as it differs from run to run.

mod follower;
mod members;
mod record;
mod tail;

pub use follower::{Follower, records};
pub use members::Members;
pub use record::LogRecord;
pub(super) use tail::{Usage, tail};

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
