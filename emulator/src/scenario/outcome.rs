//! What a scenario leaves behind: the journal in its repeatable order, the objects, and the few views of both that
//! snapshots, invariants and expectations share.

use bytes::Bytes;
use jiff::Timestamp;

use backlot_base::journal::{Lane, Record, ScfRecord, StageRecord, What};
use backlot_cos::{Below, Stored};

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
    pub below: Vec<Below>,
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

/// One event that a function was to get, and what became of it.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    /// The number of the invocation, from 1.
    pub invocation: u32,
    /// The function's name.
    pub function: &'a str,
    /// Who sent the event.
    pub source: &'a str,
    /// The same for all attempts.
    pub request_id: &'a str,
    /// The payload.
    pub event: &'a Bytes,
    /// Status and answer of each attempt that ended, in order.
    pub attempts: Vec<(u16, &'a Bytes)>,
    /// How the platform gave the event up, if it did.
    pub given_up: Option<GivenUp<'a>>,
}

/// How the platform gave an event up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp<'a> {
    /// It is in a dead-letter queue.
    DeadLettered {
        /// The queue's name.
        queue: &'a str,
    },
    /// It is lost.
    Dropped {
        /// Why.
        reason: &'a str,
    },
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
    /// The invocations in order of their numbers.
    pub fn deliveries(&self) -> Vec<Delivery<'_>> {
        let mut deliveries: Vec<Delivery<'_>> = Vec::new();
        for record in &self.records {
            let Lane::Invocation(number) = record.lane else {
                continue;
            };
            if let Some(delivery) = Delivery::begun_by(number, &record.what) {
                deliveries.push(delivery);
            } else if let Some(delivery) = deliveries
                .iter_mut()
                .rfind(|delivery| delivery.invocation == number)
            {
                delivery.follow(&record.what);
            }
        }
        deliveries.sort_by_key(|delivery| delivery.invocation);
        deliveries
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

    /// The different event payloads in order of their first delivery. Deliveries of the same bytes are one event.
    pub fn events(&self) -> Vec<&Bytes> {
        let mut seen = std::collections::HashSet::new();
        let delivered = self.records.iter().filter_map(|record| match &record.what {
            What::Scf(
                ScfRecord::InvocationQueued { event, .. }
                | ScfRecord::InvocationRefused { event, .. },
            ) => Some(&event.0),
            _ => None,
        });
        delivered.filter(|event| seen.insert(*event)).collect()
    }

    /// How long the run took on its own clock, in milliseconds.
    pub fn virtual_ms(&self) -> i64 {
        let last = self.records.last().map_or(self.start, |record| record.at);
        i64::try_from(last.duration_since(self.start).as_millis()).unwrap_or(i64::MAX)
    }
}

impl<'a> Delivery<'a> {
    fn begun_by(invocation: u32, what: &'a What) -> Option<Self> {
        let What::Scf(ScfRecord::InvocationQueued {
            function,
            source,
            request_id,
            event,
        }) = what
        else {
            return None;
        };
        Some(Self {
            invocation,
            function,
            source,
            request_id,
            event: &event.0,
            attempts: Vec::new(),
            given_up: None,
        })
    }

    fn follow(&mut self, what: &'a What) {
        match what {
            What::Scf(ScfRecord::AttemptFinished { status, result, .. }) => {
                self.attempts.push((*status, &result.0));
            }
            What::Scf(ScfRecord::DeadLettered { queue, .. }) => {
                self.given_up = Some(GivenUp::DeadLettered { queue });
            }
            What::Scf(ScfRecord::Dropped { reason }) => {
                self.given_up = Some(GivenUp::Dropped { reason })
            }
            _ => {}
        }
    }

    /// The status of the last attempt; `None` if none has ended.
    pub fn status(&self) -> Option<u16> {
        self.attempts.last().map(|&(status, _)| status)
    }
}
