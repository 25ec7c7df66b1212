//! Events of COS for functions: their names, their triggers and their payload.
//!
//! [`pattern`] has the names of events, [`trigger`] which functions they invoke and when two triggers conflict, and
//! [`payload()`] writes the event that a function receives. The stage delivers it; it is told of every
//! change through a [`Listener`](super::Listener).
//!
//! Follows: COS reference, section 9; SCF reference, sections 14.2 and 14.3.

pub mod pattern;
pub mod payload;
pub mod trigger;

pub use pattern::EventPattern;
pub use payload::{Shape, payload};
pub use trigger::{Conflict, Trigger};
