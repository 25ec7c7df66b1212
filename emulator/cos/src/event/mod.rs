//! What COS tells functions: which changes of which objects, to whom, and in which words.
//!
//! [`pattern`] knows the names of events, [`trigger`] says who hears of which and when two triggers are in each other's way,
//! [`payload()`] writes the event down as a function receives it. Carrying it there is up to the stage, which hears of every
//! change through a [`Listener`](super::Listener).
//!
//! Follows: COS reference, section 9; SCF reference, sections 14.2 and 14.3.

pub mod pattern;
pub mod payload;
pub mod trigger;

pub use pattern::EventPattern;
pub use payload::{Shape, payload};
pub use trigger::{Conflict, Trigger};
