//! The journal: everything observable that happened, in one list. Terminal, snapshots, reports and the console read it and
//! keep no books of their own.
//!
//! Records are appended in the order in which they happened in real time. [`Journal::ordered`] gives the order in which
//! they happened *in the run*: by phase of the clock, then by lane, then by order within the lane. Two runs of one scenario
//! agree on that order, however the machine interleaved them.

pub mod blob;
pub mod lane;
pub mod record;

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

pub use blob::Blob;
pub use lane::Lane;
pub use record::{Record, What};

use crate::base::clock::{Clock, Stopwatch};

/// A handle to the journal of one stage; clones append to the same list.
#[derive(Clone, Debug)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    started: Stopwatch,
    // A plain mutex: appends are short and never await.
    records: Mutex<Vec<Record>>,
    length: watch::Sender<usize>,
}

impl Journal {
    /// An empty journal whose records are stamped by `clock`.
    pub fn new(clock: &Clock) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock: clock.clone(),
                started: clock.stopwatch(),
                records: Mutex::default(),
                length: watch::Sender::new(0),
            }),
        }
    }

    /// Appends what happened, now, in `lane`.
    pub fn append(&self, lane: Lane, what: What) {
        let mut records = self.records();
        let record = Record {
            number: records.len(),
            at: self.inner.clock.now(),
            phase: self.inner.clock.phase(),
            real: self.inner.started.elapsed(),
            lane,
            what,
        };
        records.push(record);
        self.inner.length.send_replace(records.len());
    }

    /// All records so far, in the order of their appending.
    pub fn appended(&self) -> Vec<Record> {
        self.records().clone()
    }

    /// All records so far, in the order that does not depend on how the machine interleaved the work.
    pub fn ordered(&self) -> Vec<Record> {
        let mut records = self.appended();
        records.sort_by_key(|record| (record.phase, record.lane, record.number));
        records
    }

    /// Waits until a record is there of which `wanted` makes something, and returns that.
    pub async fn wait_for<T>(&self, mut wanted: impl FnMut(&Record) -> Option<T>) -> T {
        let mut length = self.inner.length.subscribe();
        let mut seen = 0;
        loop {
            let found = {
                let records = self.records();
                let found = records[seen..].iter().find_map(&mut wanted);
                seen = records.len();
                found
            };
            if let Some(found) = found {
                return found;
            }
            length
                .changed()
                .await
                .expect("the journal lives as long as its handles");
        }
    }

    fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        self.inner
            .records
            .lock()
            .expect("no code panics while it appends")
    }
}
