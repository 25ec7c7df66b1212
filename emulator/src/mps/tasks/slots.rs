//! Which tasks may be processed at the same time, and which one comes next.
//!
//! Follows: mps.md section 10.5: a higher priority comes first. Choice: tasks of one priority come in the order of their
//! creation.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Places in which tasks are processed, and the tasks that wait for one.
#[derive(Debug)]
pub struct Slots {
    /// `None` if there are always enough.
    limit: Option<u32>,
    taken: u32,
    ready: BTreeSet<(Reverse<i64>, u32)>,
}

impl Slots {
    /// All places are free; without a limit there are always enough.
    pub fn new(limit: Option<u32>) -> Self {
        Self {
            limit,
            taken: 0,
            ready: BTreeSet::new(),
        }
    }

    /// Whether a task may have to wait for a place.
    pub fn are_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// A task waits for a place.
    pub fn wait(&mut self, number: u32, priority: i64) {
        self.ready.insert((Reverse(priority), number));
    }

    /// A task does not wait any more.
    pub fn leave(&mut self, number: u32) {
        self.ready.retain(|(_, waiting)| *waiting != number);
    }

    /// Gives a free place to the next task; `None` if no place is free or no task waits.
    pub fn take(&mut self) -> Option<u32> {
        if self.limit.is_some_and(|limit| self.taken >= limit) {
            return None;
        }
        let (_, number) = self.ready.pop_first()?;
        self.taken += 1;
        Some(number)
    }

    /// A task gives its place back.
    pub fn give_back(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// All places are free, and no task waits.
    pub fn clear(&mut self) {
        self.taken = 0;
        self.ready.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_priority_comes_first_and_then_the_oldest() {
        let mut slots = Slots::new(Some(2));
        for (number, priority) in [(1, 0), (2, -10), (3, 10), (4, 10), (5, 0)] {
            slots.wait(number, priority);
        }
        assert_eq!((slots.take(), slots.take()), (Some(3), Some(4)));
        assert_eq!(slots.take(), None, "no place is free");
        slots.leave(1);
        slots.give_back();
        assert_eq!((slots.take(), slots.take()), (Some(5), None));
        slots.give_back();
        assert_eq!(slots.take(), Some(2));
        slots.give_back();
        assert_eq!(slots.take(), None, "no task waits");
    }

    #[test]
    fn without_a_limit_there_is_always_a_place() {
        let mut slots = Slots::new(None);
        for number in 1..=1000 {
            slots.wait(number, 0);
            assert_eq!(slots.take(), Some(number));
        }
        slots.wait(1001, 0);
        slots.clear();
        assert_eq!(slots.take(), None);
    }
}
