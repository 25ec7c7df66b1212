//! What a record belongs to. Within one lane, records are in the order of cause and effect.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// A text that does not name a lane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a lane such as `stage`, `step:1`, `task:1` or `invocation:1`")]
pub struct NotALane(String);

impl FromStr for Lane {
    type Err = NotALane;

    fn from_str(text: &str) -> Result<Self, NotALane> {
        if text == "stage" {
            return Ok(Self::Stage);
        }
        let (kind, number) = text.split_once(':').unwrap_or_default();
        let of: fn(u32) -> Self = match kind {
            "step" => Self::Step,
            "task" => Self::Task,
            "invocation" => Self::Invocation,
            _ => return Err(NotALane(text.to_owned())),
        };
        let number = number.parse().map_err(|_| NotALane(text.to_owned()))?;
        Ok(of(number))
    }
}

impl Serialize for Lane {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lane {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
