//! The reserved share of a function: the memory that all its versions have together.
//!
//! Each version has a pool of its own, and which pool goes on first at a rest depends on the machine. So the share knows what
//! every pool is about to ask for: a demand is noted when its attempt is put in, and at the first question after a rest all
//! demands from before the rest are decided, in the order of their invocations' numbers
//! (`docs/decisions/0006-concurrency.md`).
//!
//! Follows: SCF reference, section 12: what is used and `MemorySize` of one more must not exceed the quota.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// The share of one function; without a quota everything is granted. Attempts are known by the numbers of their invocations.
#[derive(Debug, Default)]
pub(super) struct Share {
    // A plain mutex: it is held for a few sums, and never across an await.
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    quota_mb: Option<u64>,
    /// What attempts under way use.
    used: BTreeMap<u32, u64>,
    /// What will be asked for.
    demands: BTreeMap<u32, Demand>,
    /// Answers to questions that will be asked.
    decided: BTreeMap<u32, Answer>,
}

#[derive(Clone, Copy, Debug)]
struct Demand {
    memory_mb: u64,
    /// The clock's phase in which it was made.
    phase: u64,
}

/// Whether an attempt may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is room for it.
    Granted,
    /// It would exceed the quota.
    Refused {
        /// The quota.
        quota_mb: u64,
    },
}

impl Share {
    /// Changes the quota for decisions from now on.
    pub(super) fn set_quota(&self, quota_mb: Option<u64>) {
        self.books().quota_mb = quota_mb;
    }

    /// Notes that an attempt will ask for memory, in a phase of the clock.
    pub(super) fn expect(&self, number: u32, memory_mb: u32, phase: u64) {
        let memory_mb = u64::from(memory_mb);
        let demand = Demand { memory_mb, phase };
        self.books().demands.insert(number, demand);
    }

    /// Whether an attempt may run. `rest` is the phase that began with the rest at which it is placed; `None` on a clock that
    /// does not rest. What is granted is used until [`Share::release`].
    pub(super) fn ask(&self, number: u32, memory_mb: u32, rest: Option<u64>) -> Answer {
        let mut books = self.books();
        if let Some(answer) = books.decided.remove(&number) {
            return answer;
        }
        let demands = std::mem::take(&mut books.demands);
        let is_ripe = |demand: &Demand| rest.is_none_or(|rest| demand.phase < rest);
        let mut own = None;
        for (other, demand) in demands {
            if other != number && !is_ripe(&demand) {
                books.demands.insert(other, demand);
                continue;
            }
            let answer = books.decide(other, demand.memory_mb);
            if other == number {
                own = Some(answer);
            } else {
                books.decided.insert(other, answer);
            }
        }
        own.unwrap_or_else(|| books.decide(number, u64::from(memory_mb)))
    }

    /// An attempt runs without a question, because it has waited for its turn.
    pub(super) fn occupy(&self, number: u32, memory_mb: u32) {
        self.books().used.insert(number, u64::from(memory_mb));
    }

    /// An attempt is over, or will not run.
    pub(super) fn release(&self, number: u32) {
        let mut books = self.books();
        books.used.remove(&number);
        books.demands.remove(&number);
        books.decided.remove(&number);
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books
            .lock()
            .expect("no code panics while it adds a few numbers")
    }
}

impl Books {
    fn decide(&mut self, number: u32, memory_mb: u64) -> Answer {
        let Some(quota_mb) = self.quota_mb else {
            // It counts when it runs.
            return Answer::Granted;
        };
        let used: u64 = self.used.values().sum();
        if used + memory_mb > quota_mb {
            return Answer::Refused { quota_mb };
        }
        self.used.insert(number, memory_mb);
        Answer::Granted
    }
}

#[cfg(test)]
mod tests {
    use super::Answer::Granted;
    use super::*;

    fn share(quota_mb: u64) -> Share {
        let share = Share::default();
        share.set_quota(Some(quota_mb));
        share
    }

    #[test]
    fn a_quota_has_room_for_whole_attempts_of_any_size() {
        let share = share(300);
        let refused = Answer::Refused { quota_mb: 300 };
        assert_eq!(share.ask(1, 128, None), Granted);
        assert_eq!(share.ask(2, 256, None), refused);
        assert_eq!(share.ask(3, 128, None), Granted);
        assert_eq!(share.ask(4, 128, None), refused);
        share.release(1);
        share.release(1);
        assert_eq!(share.ask(4, 128, None), Granted);
        share.set_quota(Some(0));
        assert_eq!(share.ask(5, 128, None), Answer::Refused { quota_mb: 0 });
    }

    #[test]
    fn demands_of_one_rest_are_decided_by_number_whoever_asks_first() {
        for asked in [[1, 2, 3], [3, 2, 1], [2, 3, 1]] {
            let share = share(256);
            for number in asked {
                share.expect(number, 128, 4);
            }
            share.expect(0, 128, 5);
            for number in asked {
                let answer = share.ask(number, 128, Some(5));
                let is_granted = answer == Granted;
                assert_eq!(is_granted, number < 3, "{number} of {asked:?}");
                // It takes no time, and others of its rest still ask.
                share.release(number);
            }
            assert_eq!(share.ask(0, 128, Some(6)), Granted, "the next rest");
        }
    }

    #[test]
    fn what_was_ended_before_it_asked_leaves_its_room() {
        let share = share(128);
        share.expect(1, 128, 4);
        share.expect(2, 128, 4);
        share.release(1);
        assert_eq!(share.ask(2, 128, Some(5)), Granted);
    }

    #[test]
    fn what_runs_without_a_quota_counts_when_there_is_one() {
        let share = Share::default();
        assert_eq!(share.ask(1, 128, None), Granted);
        share.occupy(1, 128);
        share.set_quota(Some(128));
        assert_eq!(share.ask(2, 128, None), Answer::Refused { quota_mb: 128 });
        share.release(1);
        assert_eq!(share.ask(2, 128, None), Granted);
    }
}
