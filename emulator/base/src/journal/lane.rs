//! What a record belongs to. Within one lane, records are in the order of cause and effect.

use serde::{Serialize, Serializer};

/// The thread of events that a record is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The stage itself and callers from outside it.
    Stage,
    /// A step of the scenario, by its position from 1.
    Step(u32),
    /// An MPS task, by the order of its creation from 1.
    Task(u32),
    /// An invocation with all its attempts, by the order of its creation from 1.
    Invocation(u32),
}

impl std::fmt::Display for Lane {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stage => out.write_str("stage"),
            Self::Step(number) => write!(out, "step:{number}"),
            Self::Task(number) => write!(out, "task:{number}"),
            Self::Invocation(number) => write!(out, "invocation:{number}"),
        }
    }
}

impl Serialize for Lane {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
