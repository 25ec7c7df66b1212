//! What a scenario leaves behind: the journal in its repeatable order, the objects, and the few views of both that
//! snapshots, invariants and expectations share.

use bytes::Bytes;
use jiff::Timestamp;

use super::delivery::Deliveries;
use super::events::Events;
use backlot_base::journal::{Record, ScfRecord, StageRecord, What};
use backlot_cos::{Noncurrent, Stored};

/// All that a scenario leaves behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// When the run began on its own clock.
    pub start: Timestamp,
    /// The journal in the order that does not depend on the machine.
    pub records: Vec<Record>,
    /// Every object of every bucket, by bucket and key.
    pub objects: Vec<StoredObject>,
    /// Versions and delete markers that are not what clients see at first.
    pub below: Vec<Noncurrent>,
    /// Those that were there at the start.
    pub imported: Vec<StoredObject>,
}

/// An object at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// The bucket's full name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// As stored.
    pub content_type: String,
    /// `x-cos-meta-*` headers by name.
    pub metadata: Vec<(String, String)>,
    /// The bytes.
    pub body: Bytes,
}

impl From<Stored> for StoredObject {
    fn from(stored: Stored) -> Self {
        let record = stored.record;
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let content_type = record
            .headers
            .iter()
            .find(|(name, _)| name == "content-type")
            .map(|(_, value)| text(&value.0));
        Self {
            bucket: stored.bucket,
            key: record.key,
            content_type: content_type.unwrap_or_default(),
            metadata: record
                .metadata
                .iter()
                .map(|(name, value)| (name.clone(), text(&value.0)))
                .collect(),
            body: stored.body,
        }
    }
}

impl Outcome {
    /// The events that functions were to get, and what became of them.
    pub fn deliveries(&self) -> Deliveries {
        Deliveries::of(&self.records)
    }

    /// The different event payloads.
    pub fn events(&self) -> Events<'_> {
        Events::of(&self.records)
    }

    /// Events that were refused before they entered a queue: status and payload.
    pub fn refused(&self) -> impl Iterator<Item = (u16, &Bytes)> {
        self.records.iter().filter_map(|record| match &record.what {
            What::Scf(ScfRecord::InvocationRefused { status, event, .. }) => {
                Some((*status, &event.0))
            }
            _ => None,
        })
    }

    /// Chains of events that were taken for endless: what was not started any more, and how long they were.
    pub fn stopped_chains(&self) -> impl Iterator<Item = (&str, u32)> {
        self.records.iter().filter_map(|record| match &record.what {
            What::Stage(StageRecord::ChainStopped { wanted, limit, .. }) => {
                Some((wanted.as_str(), *limit))
            }
            _ => None,
        })
    }

    /// How long the run took on its own clock, in milliseconds.
    pub fn virtual_ms(&self) -> i64 {
        let last = self.records.last().map_or(self.start, |record| record.at);
        i64::try_from(last.duration_since(self.start).as_millis()).unwrap_or(i64::MAX)
    }
}
