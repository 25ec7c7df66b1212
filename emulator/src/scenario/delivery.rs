//! Events that functions were to get, and what became of them: a view of the journal that grows record by record.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;

use backlot_base::journal::{Lane, Record, ScfRecord, What};

/// The deliveries of a run by the number of their invocation.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    by_invocation: BTreeMap<u32, Delivery>,
}

/// One event that a function was to get, and what became of it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The number of the invocation, from 1.
    pub invocation: u32,
    /// The function's name.
    pub function: String,
    /// Who sent the event, in SCF's words.
    pub source: String,
    /// The request id that SCF gave, which all attempts share.
    pub request_id: String,
    /// The payload.
    pub event: Bytes,
    /// When each attempt began.
    pub begun: Vec<Timestamp>,
    /// Whether the instance of the first attempt was started for it; `None` before it begins.
    pub is_cold: Option<bool>,
    /// Status and answer of each attempt that ended, in order.
    pub attempts: Vec<(u16, Bytes)>,
    /// How the platform gave the event up, if it did.
    pub given_up: Option<GivenUp>,
}

/// How the platform gave an event up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The event is in a dead-letter queue.
    DeadLettered {
        /// The queue's name.
        queue: String,
    },
    /// The event is lost.
    Dropped {
        /// For example `execution-error`.
        reason: String,
    },
}

impl Deliveries {
    /// The deliveries of these records. Only the order within a lane matters.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut deliveries = Self::default();
        for record in records {
            deliveries.take(record);
        }
        deliveries
    }

    /// Takes the next record of a lane.
    pub fn take(&mut self, record: &Record) {
        let Lane::Invocation(number) = record.lane else {
            return;
        };
        if let Some(delivery) = Delivery::begun_by(number, &record.what) {
            self.by_invocation.insert(number, delivery);
        } else if let Some(delivery) = self.by_invocation.get_mut(&number) {
            delivery.follow(record);
        }
    }

    /// The delivery with this number of an invocation.
    pub fn get(&self, invocation: u32) -> Option<&Delivery> {
        self.by_invocation.get(&invocation)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_invocation.len()
    }

    /// Whether nothing was delivered.
    pub fn is_empty(&self) -> bool {
        self.by_invocation.is_empty()
    }

    /// All of them, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Delivery> {
        self.by_invocation.values()
    }
}

impl Delivery {
    fn begun_by(invocation: u32, what: &What) -> Option<Self> {
        let What::Scf(ScfRecord::InvocationQueued {
            function,
            source,
            request_id,
            event,
            ..
        }) = what
        else {
            return None;
        };
        Some(Self {
            invocation,
            function: function.clone(),
            source: source.clone(),
            request_id: request_id.clone(),
            event: event.0.clone(),
            begun: Vec::new(),
            is_cold: None,
            attempts: Vec::new(),
            given_up: None,
        })
    }

    fn follow(&mut self, record: &Record) {
        let What::Scf(what) = &record.what else {
            return;
        };
        match what {
            ScfRecord::AttemptStarted { cold, .. } => {
                self.begun.push(record.at);
                self.is_cold.get_or_insert(*cold);
            }
            ScfRecord::AttemptFinished { status, result, .. } => {
                self.attempts.push((*status, result.0.clone()));
            }
            ScfRecord::DeadLettered { queue, .. } => {
                let queue = queue.clone();
                self.given_up = Some(GivenUp::DeadLettered { queue });
            }
            ScfRecord::Dropped { reason } => {
                let reason = reason.clone();
                self.given_up = Some(GivenUp::Dropped { reason });
            }
            _ => {}
        }
    }

    /// The status of the last attempt; `None` if none has ended.
    pub fn status(&self) -> Option<u16> {
        self.attempts.last().map(|(status, _)| *status)
    }
}
