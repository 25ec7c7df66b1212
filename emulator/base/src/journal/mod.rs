//! The journal: everything observable that happened, in one list. Terminal, snapshots, reports and the console read it and
//! keep no books of their own.
//!
//! Records are appended in the order in which they happened in real time. [`Journal::ordered`] gives the order in which
//! they happened *in the run*: by phase of the clock, then by lane, then by order within the lane. Two runs of one scenario
//! agree on that order, however the machine interleaved them.
//!
//! The journal of a stage that stays has a [`Limit`]: the oldest records are forgotten, numbers go on, and a reader who comes
//! too late is told ([`Batch::lost`]), with the few records that still matter.

pub mod blob;
pub mod finding;
pub mod lane;
pub mod limit;
pub mod lines;
pub mod record;
pub mod what;

mod room;

mod cos;
mod http;
mod mps;
mod notice;
mod scf;
mod stage;

mod past;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

pub use blob::Blob;
pub use lane::Lane;
pub use limit::Limit;
pub use record::Record;
pub use what::What;

pub use cos::CosRecord;
pub use http::HttpRecord;
pub use mps::MpsRecord;
pub use notice::NoticeRecord;
pub use scf::ScfRecord;
pub use stage::StageRecord;

use crate::clock::{Clock, Stopwatch};
use past::Past;

/// A handle to the journal of one stage; clones append to the same list.
#[derive(Clone, Debug)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    started: Stopwatch,
    limit: Limit,
    // A plain mutex: appends are short and never await.
    entries: Mutex<Entries>,
    /// The number of the next record.
    next: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Entries {
    /// How many records were forgotten; the number of the first one that is here.
    first: usize,
    records: VecDeque<Record>,
    /// What the records weigh together.
    bytes: usize,
    /// Where the latest clearing ended.
    cleared: usize,
    past: Past,
}

/// Records that a reader gets at once.
#[derive(Debug)]
pub struct Batch {
    /// What the reader has missed before them.
    pub lost: Option<Lost>,
    /// Without gaps, in the order of their appending.
    pub records: Vec<Record>,
}

/// Records that were forgotten before a reader came to them.
#[derive(Debug)]
pub struct Lost {
    /// The number that the reader wanted.
    pub since: usize,
    /// The number of the first record that is kept, or that the next one will have.
    pub first: usize,
    /// Whether all of them were cleared away at a reset, which a record says.
    pub by_reset: bool,
    /// Those of all forgotten records that still matter: how invocations under way began and where they stand, which
    /// instances there are, and what is unsupported. A reader may have seen some of them.
    pub remembered: Vec<Record>,
}

impl Journal {
    /// An empty journal whose records are stamped by `clock`. Nothing is forgotten.
    pub fn new(clock: &Clock) -> Self {
        Self::limited(clock, Limit::None)
    }

    /// An empty journal whose records are stamped by `clock`, and which forgets the oldest ones beyond `limit`.
    pub fn limited(clock: &Clock, limit: Limit) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock: clock.clone(),
                started: clock.stopwatch(),
                limit,
                entries: Mutex::default(),
                next: watch::Sender::new(0),
            }),
        }
    }

    /// Appends what happened, now, in `lane`.
    pub fn append(&self, lane: Lane, what: impl Into<What>) {
        let what = what.into();
        let mut entries = self.entries();
        let record = Record {
            number: entries.next(),
            at: self.inner.clock.now(),
            phase: self.inner.clock.phase(),
            real: whole_micros(self.inner.started.elapsed()),
            lane,
            what,
        };
        entries.push(record, self.inner.limit);
        self.inner.next.send_replace(entries.next());
    }

    /// Forgets all records so far. Numbers go on, so that whoever follows misses nothing that comes.
    pub fn clear(&self) {
        let mut entries = self.entries();
        while entries.forget_one() {}
        entries.cleared = entries.first;
        entries.past.reset();
    }

    /// The number that the next record will have.
    pub fn next(&self) -> usize {
        self.entries().next()
    }

    /// The number of the first record that is kept, or that the next one will have.
    pub fn first(&self) -> usize {
        self.entries().first
    }

    /// What the records that are kept weigh, in bytes.
    pub fn bytes(&self) -> usize {
        self.entries().bytes
    }

    /// At most `most` records from `number` on, in the order of their appending, and whether the first of them are forgotten.
    pub fn read(&self, number: usize, most: usize) -> Batch {
        let entries = self.entries();
        let lost = (number < entries.first).then(|| Lost {
            since: number,
            first: entries.first,
            by_reset: entries.first == entries.cleared,
            remembered: entries.past.records(),
        });
        let records = entries.since(number).take(most).cloned().collect();
        Batch { lost, records }
    }

    /// Waits until there is a record with this number or a later one.
    pub async fn reached(&self, number: usize) {
        let mut next = self.inner.next.subscribe();
        next.wait_for(|next| *next > number)
            .await
            .expect("the journal lives as long as its handles");
    }

    /// All records that are kept, in the order of their appending.
    pub fn appended(&self) -> Vec<Record> {
        self.entries().records.iter().cloned().collect()
    }

    /// The forgotten records that still matter (see [`Lost::remembered`]) and all that are kept, in the order of their
    /// appending: enough to tell how things stand.
    pub fn standing(&self) -> Vec<Record> {
        let entries = self.entries();
        let mut records = entries.past.records();
        records.extend(entries.records.iter().cloned());
        records
    }

    /// Those records of [`Journal::standing`] that are wanted, without a copy of the others. `wanted` is asked about one
    /// record after the other while nothing can be appended, so it must be quick and must not take a lock.
    pub fn select(&self, mut wanted: impl FnMut(&Record) -> bool) -> Vec<Record> {
        let entries = self.entries();
        let mut records = entries.past.records();
        records.retain(&mut wanted);
        let kept = entries.records.iter().filter(|record| wanted(record));
        records.extend(kept.cloned());
        records
    }

    /// All records that are kept, in the order that does not depend on how the machine interleaved the work.
    pub fn ordered(&self) -> Vec<Record> {
        let mut records = self.appended();
        records.sort_by_key(Record::order);
        records
    }

    /// Waits until a record is there of which `wanted` makes something, and returns that. Forgotten records are passed over.
    pub async fn wait_for<T>(&self, mut wanted: impl FnMut(&Record) -> Option<T>) -> T {
        let mut seen = 0;
        loop {
            let found = {
                let entries = self.entries();
                let found = entries.since(seen).find_map(&mut wanted);
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

    fn since(&self, number: usize) -> impl Iterator<Item = &Record> {
        let skipped = number.saturating_sub(self.first);
        self.records.range(skipped.min(self.records.len())..)
    }

    fn push(&mut self, record: Record, limit: Limit) {
        self.bytes += record.weight();
        self.records.push_back(record);
        while limit.is_exceeded_by(self.bytes) && self.records.len() > 1 {
            self.forget_one();
        }
    }

    /// Whether there was one.
    fn forget_one(&mut self) -> bool {
        let Some(record) = self.records.pop_front() else {
            return false;
        };
        self.first += 1;
        self.bytes -= record.weight();
        self.past.take(record);
        true
    }
}

/// As a record is written, so that it is equal to what is read back.
fn whole_micros(real: Duration) -> Duration {
    Duration::new(real.as_secs(), real.subsec_micros() * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function_target::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

    fn step(name: &str) -> What {
        What::Stage(StageRecord::StepStarted { step: name.into() })
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
            let found = journal.read(number, 10).records;
            assert_eq!((found.len(), found[0].number), (1, 2), "from {number}");
        }
        assert!(journal.read(3, 10).records.is_empty());
        let lost = journal.read(0, 10).lost.unwrap();
        assert!(lost.by_reset, "{lost:?}");
        journal.reached(2).await;
        let waiting =
            journal.wait_for(|record| (record.what == step("c")).then_some(record.number));
        assert_eq!(waiting.await, 2);
    }

    fn invocation(source: &str) -> What {
        What::Scf(ScfRecord::InvocationQueued {
            function: "archive".into(),
            namespace: DEFAULT_NAMESPACE.into(),
            qualifier: DEFAULT_ALIAS.into(),
            version: LATEST.into(),
            source: source.into(),
            request_id: "R".into(),
            event: vec![b' '; 1000].into(),
        })
    }

    fn attempt_started(attempt: u32) -> What {
        What::Scf(ScfRecord::AttemptStarted {
            attempt,
            instance: "archive/1.1".into(),
            cold: false,
        })
    }

    fn attempt_finished(attempt: u32, status: u16) -> What {
        What::Scf(ScfRecord::AttemptFinished {
            attempt,
            status,
            result: "{}".into(),
            duration_ms: 1,
            memory_bytes: None,
        })
    }

    #[test]
    fn two_hundred_thousand_records_stay_within_the_limit() {
        let clock = Clock::virtual_default();
        let limit = 64 * 1024;
        let journal = Journal::limited(&clock, Limit::Bytes(limit));
        let each = {
            let one = Journal::new(&clock);
            one.append(Lane::Stage, step("put-object"));
            one.bytes()
        };
        for _ in 0..200_000 {
            journal.append(Lane::Stage, step("put-object"));
        }
        let kept = limit / each;
        assert_eq!((journal.first(), journal.next()), (200_000 - kept, 200_000));
        assert_eq!(
            (journal.appended().len(), journal.bytes()),
            (kept, kept * each)
        );
        // A slow reader is told, and goes on with what is there.
        let batch = journal.read(17, 3);
        let lost = batch.lost.unwrap();
        assert_eq!((lost.since, lost.first), (17, 200_000 - kept));
        assert!(!lost.by_reset && lost.remembered.is_empty(), "{lost:?}");
        let numbers: Vec<_> = batch.records.iter().map(|record| record.number).collect();
        assert_eq!(numbers, [lost.first, lost.first + 1, lost.first + 2]);
        assert!(journal.read(lost.first, 1).lost.is_none());
    }

    #[test]
    fn blobs_count_and_the_latest_record_is_kept_whatever_it_weighs() {
        let clock = Clock::virtual_default();
        let small = || attempt_finished(1, 200);
        let limit = {
            let ten = Journal::new(&clock);
            (0..10).for_each(|_| ten.append(Lane::Stage, small()));
            ten.bytes()
        };
        let journal = Journal::limited(&clock, Limit::Bytes(limit));
        (0..10).for_each(|_| journal.append(Lane::Stage, small()));
        assert_eq!((journal.first(), journal.bytes()), (0, limit));
        // The blob takes the place of several records.
        journal.append(Lane::Stage, invocation("MPS_TRIGGER"));
        assert!(journal.first() > 1, "{}", journal.first());
        assert!(journal.bytes() <= limit);
        let large = What::Scf(ScfRecord::AttemptFinished {
            attempt: 1,
            status: 200,
            result: vec![b' '; limit].into(),
            duration_ms: 1,
            memory_bytes: None,
        });
        journal.append(Lane::Stage, large);
        assert_eq!((journal.first(), journal.next()), (11, 12));
    }

    #[test]
    fn what_is_under_way_is_remembered_until_its_end() {
        let journal = Journal::limited(&Clock::virtual_default(), Limit::Bytes(1));
        let remembered = || {
            // A record of no account, so that all before it are forgotten.
            journal.append(
                Lane::Stage,
                StageRecord::StepStarted {
                    step: "wait".into(),
                },
            );
            let lost = journal.read(0, 1).lost.unwrap();
            let numbers = lost.remembered.iter().map(|record| record.number);
            numbers.collect::<Vec<_>>()
        };
        let (lane, other) = (Lane::Invocation(1), Lane::Invocation(2));
        journal.append(lane, invocation("MPS_TRIGGER"));
        journal.append(other, invocation("COS"));
        assert_eq!(remembered(), [0, 1]);
        journal.append(lane, attempt_started(1));
        assert_eq!(remembered(), [0, 1, 3]);
        journal.append(lane, attempt_finished(1, 430));
        assert_eq!(remembered(), [0, 1, 5], "a retry may follow");
        journal.append(
            lane,
            ScfRecord::Dropped {
                reason: "expired".into(),
            },
        );
        assert_eq!(remembered(), [1]);
        journal.append(other, attempt_started(1));
        journal.append(other, attempt_finished(1, 200));
        assert_eq!(remembered(), [] as [usize; 0]);
        journal.append(lane, invocation("MPS_TRIGGER"));
        journal.clear();
        assert_eq!(remembered(), [] as [usize; 0], "a reset ends it");
    }

    #[test]
    fn an_instance_is_remembered_until_it_stops() {
        let journal = Journal::limited(&Clock::virtual_default(), Limit::Bytes(1));
        let instance = || "archive/1.1".to_owned();
        let started = What::Scf(ScfRecord::InstanceStarted {
            function: "archive".into(),
            instance: instance(),
        });
        journal.append(Lane::Invocation(1), started.clone());
        journal.append(Lane::Stage, step("wait"));
        journal.append(Lane::Stage, step("wait"));
        let standing = journal.standing();
        assert_eq!((standing.len(), &standing[0].what), (2, &started));
        let selected = journal.select(|record| record.what == started);
        assert_eq!(selected, [standing[0].clone()], "it was forgotten");
        let stopped = What::Scf(ScfRecord::InstanceStopped {
            instance: instance(),
            reason: "timed out".into(),
        });
        journal.append(Lane::Invocation(1), stopped);
        journal.append(Lane::Stage, step("wait"));
        assert_eq!(journal.standing().len(), 1);
    }

    #[test]
    fn what_is_not_played_is_remembered_once() {
        let journal = Journal::limited(&Clock::virtual_default(), Limit::Bytes(1));
        for host in ["a.example", "b.example", "a.example"] {
            let refused = What::Http(HttpRecord::RequestRefused {
                host: host.into(),
                method: "GET".into(),
                status: 502,
            });
            journal.append(Lane::Stage, refused);
        }
        journal.clear();
        let remembered = journal.read(0, 1).lost.unwrap().remembered;
        let numbers: Vec<_> = remembered.iter().map(|record| record.number).collect();
        assert_eq!(numbers, [0, 1]);
    }
}
