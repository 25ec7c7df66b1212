//! One thing that happened. Plain data only, so that every room can write records and none has to be imported to read
//! them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Lane, What};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Position in the order of appending, from 0. Depends on the machine.
    #[serde(default)]
    pub number: usize,
    /// When, by the stage's clock.
    pub at: Timestamp,
    /// How often the clock had come to rest before.
    #[serde(default)]
    pub phase: u64,
    /// Real time since the journal began, to the microsecond. Depends on the machine.
    #[serde(
        default,
        rename = "real_us",
        serialize_with = "write_micros",
        deserialize_with = "read_micros"
    )]
    pub real: Duration,
    /// What it belongs to.
    pub lane: Lane,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// The members that depend on the machine, or only say in which order records are.
const UNREPEATABLE: [&str; 3] = ["number", "phase", "real_us"];

impl Record {
    /// Bytes of memory that the record takes, near enough to keep a limit by: itself, its texts and its blobs.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.what.heap()
    }

    /// The place in the order that does not depend on how the machine interleaved the work: by phase of the clock, then by
    /// lane, then by order within the lane.
    pub fn order(&self) -> (u64, Lane, usize) {
        (self.phase, self.lane, self.number)
    }

    /// The record as JSON without what depends on the machine: two runs of one scenario agree on it.
    pub fn repeatable(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).expect("a record is plain data");
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|name, _| !UNREPEATABLE.contains(&name.as_str()));
        }
        value
    }
}

fn write_micros<S: Serializer>(real: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(real.as_micros()).unwrap_or(u64::MAX))
}

fn read_micros<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_micros)
}
