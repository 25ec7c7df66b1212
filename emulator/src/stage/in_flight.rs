//! Events that are in flight: accepted by SCF and not ended yet. They are read from the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Stage;
use backlot_base::clock::Elapsed;
use backlot_base::journal::{Batch, Lane, Record, ScfRecord, StageRecord, What};

/// Records that are read at once.
const BATCH: usize = 256;

/// What a stage would lose if it ended now.
#[derive(Debug, Default)]
pub struct InFlight {
    read: usize,
    events: BTreeMap<Lane, State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It waits for its turn, or for its next attempt.
    Waits,
    /// An attempt is under way.
    Runs,
}

impl InFlight {
    /// Events of which an attempt is under way.
    pub fn running(&self) -> usize {
        let states = self.events.values();
        states.filter(|state| **state == State::Runs).count()
    }

    /// All events that have not ended.
    pub fn all(&self) -> usize {
        self.events.len()
    }

    fn take(&mut self, batch: &Batch) {
        if let Some(lost) = &batch.lost {
            // The records that the journal remembers make up for all that were before.
            self.events.clear();
            lost.remembered.iter().for_each(|record| self.read(record));
            self.read = lost.first;
        }
        batch.records.iter().for_each(|record| self.read(record));
    }

    fn read(&mut self, record: &Record) {
        self.read = record.number + 1;
        let lane = record.lane;
        let state = match &record.what {
            What::Scf(
                ScfRecord::InvocationQueued { .. }
                | ScfRecord::InvocationCalled { .. }
                | ScfRecord::RetryScheduled { .. },
            ) => Some(State::Waits),
            What::Scf(ScfRecord::AttemptStarted { .. }) => Some(State::Runs),
            // Another attempt, if one follows, is announced by a record of its own.
            What::Scf(
                ScfRecord::AttemptFinished { .. }
                | ScfRecord::DeadLettered { .. }
                | ScfRecord::Dropped { .. },
            ) => None,
            What::Stage(StageRecord::Reset) => {
                self.events.clear();
                return;
            }
            _ => return,
        };
        match state {
            Some(state) => drop(self.events.insert(lane, state)),
            None => drop(self.events.remove(&lane)),
        }
    }
}

impl Stage {
    /// Starts no further attempts and waits until none is under way, at most for `limit` of real time.
    pub async fn drain(&self, limit: Duration) -> Result<(), Elapsed> {
        self.admin.begin_to_stop();
        self.services().scf.close();
        let work = async {
            let mut in_flight = InFlight::default();
            loop {
                self.catch_up(&mut in_flight);
                if in_flight.running() == 0 {
                    return;
                }
                self.journal().reached(in_flight.read).await;
            }
        };
        self.clock().within(limit, work).await
    }

    /// What would be lost if the stage ended now.
    pub fn in_flight(&self) -> InFlight {
        let mut in_flight = InFlight::default();
        self.catch_up(&mut in_flight);
        in_flight
    }

    fn catch_up(&self, in_flight: &mut InFlight) {
        loop {
            let batch = self.journal().read(in_flight.read, BATCH);
            if batch.lost.is_none() && batch.records.is_empty() {
                return;
            }
            in_flight.take(&batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::{Journal, Limit};
    use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

    #[test]
    fn an_event_is_settled_when_nothing_more_will_happen_to_it() {
        let journal = Journal::new(&Clock::virtual_default());
        let lane = Lane::Invocation(1);
        let queued = ScfRecord::InvocationQueued {
            function: "archive".into(),
            namespace: DEFAULT_NAMESPACE.into(),
            qualifier: DEFAULT_ALIAS.into(),
            version: LATEST.into(),
            source: "MPS_TRIGGER".into(),
            request_id: "R".into(),
            event: "{}".into(),
        };
        let started = ScfRecord::AttemptStarted {
            attempt: 1,
            instance: "archive/1.1".into(),
            cold: false,
        };
        let finished = ScfRecord::AttemptFinished {
            attempt: 1,
            status: 430,
            result: "{}".into(),
            duration_ms: 1,
            memory_bytes: None,
        };
        let retry = ScfRecord::RetryScheduled {
            attempt: 2,
            due: Clock::virtual_default().now(),
        };
        let mut in_flight = InFlight::default();
        let mut expected = [(1, 0), (1, 1), (0, 0), (1, 0), (1, 1), (0, 0)].into_iter();
        for what in [
            queued,
            started.clone(),
            finished.clone(),
            retry,
            started,
            finished,
        ] {
            journal.append(lane, what);
            let record = journal.appended().pop().unwrap();
            in_flight.read(&record);
            let found = (in_flight.all(), in_flight.running());
            assert_eq!(Some(found), expected.next(), "{:?}", record.what);
        }
    }

    #[test]
    fn what_is_under_way_is_known_though_its_records_are_forgotten() {
        let journal = Journal::limited(&Clock::virtual_default(), Limit::Bytes(1));
        for number in 1..=3 {
            let called = ScfRecord::InvocationCalled {
                function: "archive".into(),
                namespace: DEFAULT_NAMESPACE.into(),
                qualifier: DEFAULT_ALIAS.into(),
                version: LATEST.into(),
                source: "OTHERS".into(),
                request_id: "R".into(),
                event: "{}".into(),
            };
            journal.append(Lane::Invocation(number), called);
        }
        let started = ScfRecord::AttemptStarted {
            attempt: 1,
            instance: "archive/1.1".into(),
            cold: false,
        };
        journal.append(Lane::Invocation(2), started);
        let finished = ScfRecord::AttemptFinished {
            attempt: 1,
            status: 430,
            result: "{}".into(),
            duration_ms: 1,
            memory_bytes: None,
        };
        journal.append(Lane::Invocation(3), finished);
        journal.append(
            Lane::Stage,
            StageRecord::StepStarted {
                step: "wait".into(),
            },
        );
        assert_eq!(journal.first(), 5, "only the last is kept");
        let mut in_flight = InFlight::default();
        // It has read of an event that ended while it did not read.
        in_flight.events.insert(Lane::Invocation(9), State::Runs);
        in_flight.take(&journal.read(0, BATCH));
        let found = (in_flight.all(), in_flight.running(), in_flight.read);
        assert_eq!(found, (2, 1, 6));
    }
}
