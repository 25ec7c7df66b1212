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
    entries: Mutex<Entries>,
    /// The number of the next record.
    next: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Entries {
    /// How many records were forgotten; the number of the first one that is here.
    first: usize,
    records: Vec<Record>,
}

impl Journal {
    /// An empty journal whose records are stamped by `clock`.
    pub fn new(clock: &Clock) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock: clock.clone(),
                started: clock.stopwatch(),
                entries: Mutex::default(),
                next: watch::Sender::new(0),
            }),
        }
    }

    /// Appends what happened, now, in `lane`.
    pub fn append(&self, lane: Lane, what: What) {
        let mut entries = self.entries();
        let record = Record {
            number: entries.next(),
            at: self.inner.clock.now(),
            phase: self.inner.clock.phase(),
            real: self.inner.started.elapsed(),
            lane,
            what,
        };
        entries.records.push(record);
        self.inner.next.send_replace(entries.next());
    }

    /// Forgets all records so far. Numbers go on, so that whoever follows misses nothing that comes.
    pub fn clear(&self) {
        let mut entries = self.entries();
        entries.first = entries.next();
        entries.records.clear();
    }

    /// The number that the next record will have.
    pub fn next(&self) -> usize {
        self.entries().next()
    }

    /// At most `limit` records from `number` on, in the order of their appending.
    pub fn from(&self, number: usize, limit: usize) -> Vec<Record> {
        let entries = self.entries();
        entries.since(number).iter().take(limit).cloned().collect()
    }

    /// Waits until there is a record with this number or a later one.
    pub async fn reached(&self, number: usize) {
        let mut next = self.inner.next.subscribe();
        next.wait_for(|next| *next > number)
            .await
            .expect("the journal lives as long as its handles");
    }

    /// All records so far, in the order of their appending.
    pub fn appended(&self) -> Vec<Record> {
        self.entries().records.clone()
    }

    /// All records so far, in the order that does not depend on how the machine interleaved the work.
    pub fn ordered(&self) -> Vec<Record> {
        let mut records = self.appended();
        records.sort_by_key(|record| (record.phase, record.lane, record.number));
        records
    }

    /// Waits until a record is there of which `wanted` makes something, and returns that.
    pub async fn wait_for<T>(&self, mut wanted: impl FnMut(&Record) -> Option<T>) -> T {
        let mut seen = 0;
        loop {
            let found = {
                let entries = self.entries();
                let found = entries.since(seen).iter().find_map(&mut wanted);
                seen = entries.next();
                found
            };
            if let Some(found) = found {
                return found;
            }
            self.reached(seen).await;
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.inner
            .entries
            .lock()
            .expect("no code panics while it appends")
    }
}

impl Entries {
    fn next(&self) -> usize {
        self.first + self.records.len()
    }

    fn since(&self, number: usize) -> &[Record] {
        let skipped = number.saturating_sub(self.first);
        self.records.get(skipped..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str) -> What {
        What::StepStarted { step: name.into() }
    }

    #[tokio::test]
    async fn numbers_go_on_after_records_were_forgotten() {
        let journal = Journal::new(&Clock::virtual_default());
        journal.append(Lane::Stage, step("a"));
        journal.append(Lane::Stage, step("b"));
        journal.clear();
        assert_eq!((journal.next(), journal.appended().len()), (2, 0));
        journal.append(Lane::Stage, step("c"));
        for number in [0, 2] {
            let found = journal.from(number, 10);
            assert_eq!((found.len(), found[0].number), (1, 2), "from {number}");
        }
        assert!(journal.from(3, 10).is_empty());
        journal.reached(2).await;
        let waiting =
            journal.wait_for(|record| (record.what == step("c")).then_some(record.number));
        assert_eq!(waiting.await, 2);
    }
}
