//! The rules of concurrency: which attempt gets which slot for an instance, which waits for one, which is overrun, and
//! which starts cold.
//!
//! Pure: the caller tells what arrives, what is over and what time it is, and gets the decisions. [`super::pool`] carries
//! them out. New work is placed only when the clock rests, so every decision depends on the scenario alone
//! (`docs/decisions/0006-concurrency.md`).
//!
//! Follows: SCF reference, sections 2 and 12.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::queue::later;

/// What one function may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Attempts that may run at the same time.
    pub(super) slots: usize,
    pub(super) when_full: WhenFull,
    /// How long an instance without an attempt is kept; for ever if `None`.
    pub(super) idle_life: Option<Duration>,
}

/// What happens to an attempt that finds every slot busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenFull {
    /// It waits for a slot.
    Wait,
    /// It is overrun: it ends with 432, whose message names the quota.
    Overrun { quota_mb: u64 },
}

/// What happens to an attempt. Slots are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision<T> {
    Run { slot: usize, start: Start, work: T },
    Overrun { quota_mb: u64, work: T },
}

/// Whether an attempt needs a new instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A new instance is started. One that still is in the slot was idle for too long and goes first.
    Cold,
    /// The instance in the slot is used again.
    Warm,
}

/// What becomes of an instance after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays in its slot for the next attempt.
    Kept,
    /// It was recycled: the status of the attempt says so, or the process has ended.
    Recycled,
}

/// The slots of one function and the attempts that wait for them.
#[derive(Debug)]
pub(super) struct Slots<T> {
    limits: Limits,
    // No more than have been used so far; `limits` may allow many.
    used: Vec<Slot<T>>,
    arrived: u64,
}

#[derive(Debug)]
struct Slot<T> {
    state: State,
    /// Attempts that wait, each with its number in the order of arrival.
    line: VecDeque<(u64, T)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Without an instance: the next attempt starts cold.
    Empty,
    /// With an instance that has nothing to do.
    Idle {
        since: Timestamp,
    },
    Busy,
}

impl Limits {
    /// The limits of a version that may have `instances` instances, or as many as the reserved quota of its function has room
    /// for: that is the business of [`super::share`], because other versions may use the quota as well.
    ///
    /// Without any room a function is switched off: every attempt is overrun.
    pub(super) fn new(
        instances: usize,
        reserved_mb: Option<u64>,
        idle_life: Option<Duration>,
    ) -> Self {
        let (slots, when_full) = match reserved_mb {
            Some(quota_mb) => (usize::MAX, WhenFull::Overrun { quota_mb }),
            None if instances == 0 => (0, WhenFull::Overrun { quota_mb: 0 }),
            None => (instances, WhenFull::Wait),
        };
        Self {
            slots,
            when_full,
            idle_life,
        }
    }
}

impl<T> Slots<T> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            used: Vec::new(),
            arrived: 0,
        }
    }

    /// Changes what the function may use. Attempts under way, and those that wait behind them, stay where they are.
    pub(super) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Whether no slot has an attempt.
    pub(super) fn is_idle(&self) -> bool {
        self.used.iter().all(|slot| slot.state != State::Busy)
    }

    /// Takes out every attempt that waits for a slot, in the order of arrival.
    pub(super) fn take_waiting(&mut self) -> Vec<T> {
        let lines = self.used.iter_mut().flat_map(|slot| slot.line.drain(..));
        let mut waiting: Vec<_> = lines.collect();
        waiting.sort_unstable_by_key(|(arrived, _)| *arrived);
        waiting.into_iter().map(|(_, work)| work).collect()
    }

    /// Takes out the first attempt that waits for a slot and is meant.
    pub(super) fn take_out(&mut self, is_meant: impl Fn(&T) -> bool) -> Option<T> {
        self.used.iter_mut().find_map(|slot| {
            let found = slot.line.iter().position(|(_, work)| is_meant(work))?;
            slot.line.remove(found).map(|(_, work)| work)
        })
    }

    /// How many attempts wait for a slot.
    pub(super) fn waiting(&self) -> usize {
        self.used.iter().map(|slot| slot.line.len()).sum()
    }

    /// Whether a slot that becomes free may have to help others: then [`Slots::deal`] is to be asked at the next rest.
    pub(super) fn is_shared(&self) -> bool {
        self.limits.slots > 1 && self.limits.when_full == WhenFull::Wait
    }

    /// Places an attempt that arrives. `None`: it waits, and comes out of [`Slots::over`] or [`Slots::deal`].
    pub(super) fn arrive(&mut self, work: T, now: Timestamp) -> Option<Decision<T>> {
        self.arrived += 1;
        self.place(self.arrived, work, now)
    }

    /// Deals the attempts that wait among the slots anew, in the order of their arrival: those that wait behind a long
    /// attempt get the slots that have become free.
    pub(super) fn deal(&mut self, now: Timestamp) -> Vec<Decision<T>> {
        if !self.used.iter().any(|slot| slot.state != State::Busy) {
            return Vec::new();
        }
        let lines = self.used.iter_mut().flat_map(|slot| slot.line.drain(..));
        let mut waiting: Vec<_> = lines.collect();
        waiting.sort_unstable_by_key(|(arrived, _)| *arrived);
        let placed = waiting.into_iter();
        placed
            .filter_map(|(arrived, work)| self.place(arrived, work, now))
            .collect()
    }

    /// An attempt is over. The next one in the slot's own line follows at once.
    pub(super) fn over(&mut self, slot: usize, fate: Fate, now: Timestamp) -> Option<Decision<T>> {
        let freed = &mut self.used[slot];
        let Some((_, work)) = freed.line.pop_front() else {
            freed.state = match fate {
                Fate::Kept => State::Idle { since: now },
                Fate::Recycled => State::Empty,
            };
            return None;
        };
        let start = match fate {
            Fate::Kept => Start::Warm,
            Fate::Recycled => Start::Cold,
        };
        Some(Decision::Run { slot, start, work })
    }

    fn place(&mut self, arrived: u64, work: T, now: Timestamp) -> Option<Decision<T>> {
        if let Some((slot, start)) = self.free(now) {
            self.used[slot].state = State::Busy;
            return Some(Decision::Run { slot, start, work });
        }
        match self.limits.when_full {
            WhenFull::Overrun { quota_mb } => Some(Decision::Overrun { quota_mb, work }),
            WhenFull::Wait => {
                let lines = self.used.iter_mut().map(|slot| &mut slot.line);
                let lines = lines.take(self.limits.slots);
                let shortest = lines.min_by_key(|line| line.len());
                let line = shortest.expect("events wait only where there are slots");
                line.push_back((arrived, work));
                None
            }
        }
    }

    /// The first free slot with an instance, else the first without.
    fn free(&mut self, now: Timestamp) -> Option<(usize, Start)> {
        for slot in &mut self.used {
            slot.state = slot.state.reclaimed(self.limits.idle_life, now);
        }
        // There may be fewer slots than were used so far.
        let usable = self.used.len().min(self.limits.slots);
        let mut states = self.used[..usable].iter().map(|slot| slot.state);
        let warm = states.position(|state| matches!(state, State::Idle { .. }));
        if let Some(slot) = warm {
            return Some((slot, Start::Warm));
        }
        let mut states = self.used[..usable].iter().map(|slot| slot.state);
        let next = self.used.len();
        let empty = states.position(|state| state == State::Empty);
        let slot = empty.or_else(|| (next < self.limits.slots).then_some(next))?;
        if slot == next {
            self.used.push(Slot {
                state: State::Empty,
                line: VecDeque::new(),
            });
        }
        Some((slot, Start::Cold))
    }
}

impl State {
    /// The state at `now`: an instance that was idle for longer than `life` counts as gone.
    fn reclaimed(self, life: Option<Duration>, now: Timestamp) -> Self {
        match (self, life) {
            (Self::Idle { since }, Some(life)) if later(since, life) <= now => Self::Empty,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn slots(slots: usize, when_full: WhenFull) -> Slots<u32> {
        Slots::new(Limits {
            slots,
            when_full,
            idle_life: Some(Duration::from_secs(300)),
        })
    }

    fn run(slot: usize, start: Start, work: u32) -> Decision<u32> {
        Decision::Run { slot, start, work }
    }

    #[test]
    fn a_reserved_quota_takes_the_place_of_instances() {
        let limits = |instances, reserved| Limits::new(instances, reserved, None);
        let overrun = |quota_mb| WhenFull::Overrun { quota_mb };
        let found = [limits(3, None), limits(0, None), limits(3, Some(300))]
            .map(|limits| (limits.slots, limits.when_full));
        let expected = [
            (3, WhenFull::Wait),
            (0, overrun(0)),
            (usize::MAX, overrun(300)),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_first_free_slot_takes_an_attempt_and_a_warm_one_comes_first() {
        let mut slots = slots(3, WhenFull::Wait);
        assert_eq!(slots.arrive(1, at(0)), Some(run(0, Start::Cold, 1)));
        assert_eq!(slots.arrive(2, at(0)), Some(run(1, Start::Cold, 2)));
        assert_eq!(slots.over(0, Fate::Recycled, at(0)), None);
        assert_eq!(slots.over(1, Fate::Kept, at(0)), None);
        assert_eq!(slots.arrive(3, at(1)), Some(run(1, Start::Warm, 3)));
        assert_eq!(slots.arrive(4, at(1)), Some(run(0, Start::Cold, 4)));
    }

    #[test]
    fn attempts_wait_in_the_shortest_line_and_run_in_order() {
        let mut slots = slots(2, WhenFull::Wait);
        for work in 1..=2 {
            slots.arrive(work, at(0)).unwrap();
        }
        for work in 3..=6 {
            assert_eq!(slots.arrive(work, at(0)), None);
        }
        assert_eq!(slots.waiting(), 4);
        let mut over = |slot, fate| slots.over(slot, fate, at(0));
        assert_eq!(over(1, Fate::Kept), Some(run(1, Start::Warm, 4)));
        assert_eq!(over(0, Fate::Recycled), Some(run(0, Start::Cold, 3)));
        assert_eq!(over(0, Fate::Kept), Some(run(0, Start::Warm, 5)));
        assert_eq!(over(1, Fate::Kept), Some(run(1, Start::Warm, 6)));
        assert_eq!(over(1, Fate::Kept), None);
    }

    #[test]
    fn those_behind_a_long_attempt_get_the_slots_that_become_free() {
        let mut slots = slots(2, WhenFull::Wait);
        for work in 1..=6 {
            slots.arrive(work, at(0));
        }
        assert_eq!(slots.deal(at(0)), [], "every slot is busy");
        // The attempt in slot 0 goes on, with 3 and 5 behind it.
        for _ in [2, 4, 6] {
            slots.over(1, Fate::Kept, at(0));
        }
        assert_eq!(slots.deal(at(0)), [run(1, Start::Warm, 3)]);
        assert_eq!(slots.waiting(), 1);
        assert!(slots.is_shared());
    }

    #[test]
    fn fewer_slots_are_used_from_the_next_attempt_on() {
        let mut slots = slots(2, WhenFull::Wait);
        for work in 1..=3 {
            slots.arrive(work, at(0));
        }
        let limits = Limits::new(1, None, None);
        slots.limit(limits);
        assert_eq!(slots.over(1, Fate::Kept, at(0)), None);
        assert_eq!(slots.arrive(4, at(0)), None, "slot 1 is not used any more");
        assert!(!slots.is_idle());
        assert_eq!(slots.take_waiting(), [3, 4]);
        slots.over(0, Fate::Kept, at(0));
        assert!(slots.is_idle());
    }

    #[test]
    fn an_attempt_too_many_is_overrun_until_a_slot_is_free() {
        let overrun = WhenFull::Overrun { quota_mb: 128 };
        let mut slots = slots(1, overrun);
        let too_many = |work| {
            let quota_mb = 128;
            Some(Decision::Overrun { quota_mb, work })
        };
        assert_eq!(slots.arrive(1, at(0)), Some(run(0, Start::Cold, 1)));
        assert_eq!(slots.arrive(2, at(0)), too_many(2));
        assert_eq!(slots.waiting(), 0);
        assert_eq!(slots.over(0, Fate::Kept, at(0)), None);
        assert_eq!(slots.arrive(3, at(60)), Some(run(0, Start::Warm, 3)));
        assert!(!slots.is_shared(), "nothing waits");
    }

    #[test]
    fn without_any_slot_every_attempt_is_overrun() {
        let mut slots = Slots::new(Limits::new(0, None, None));
        let decision = slots.arrive(1, at(0));
        let (quota_mb, work) = (0, 1);
        assert_eq!(decision, Some(Decision::Overrun { quota_mb, work }));
    }

    #[test]
    fn an_instance_that_was_idle_for_too_long_is_reclaimed() {
        let mut slots = slots(1, WhenFull::Wait);
        slots.arrive(1, at(0));
        slots.over(0, Fate::Kept, at(3));
        assert_eq!(slots.arrive(2, at(302)), Some(run(0, Start::Warm, 2)));
        slots.over(0, Fate::Kept, at(302));
        assert_eq!(slots.arrive(3, at(602)), Some(run(0, Start::Cold, 3)));
    }
}
