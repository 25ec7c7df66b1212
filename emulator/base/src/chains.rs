//! How many events have led to what is going on, so that endless chains end.
//!
//! Choice: a chain of events of which each follows from the one before is stopped when it is too long. Deviates: on the
//! platform, a function that triggers itself goes on for ever.
//!
//! An emulator may run for days, so only the latest lanes are remembered. A chain whose last event is older than that begins
//! anew: it is so slow that it does no harm.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::journal::Lane;

/// Lanes that are remembered.
const REMEMBERED: usize = 16_384;

/// The lengths of all chains; clones share them.
#[derive(Clone, Debug)]
pub struct Chains {
    // A plain mutex: a map operation or two, and never across an await.
    lengths: Arc<Mutex<Lengths>>,
    limit: u32,
}

/// The latest lanes, each with the events that have led to it.
#[derive(Debug, Default)]
struct Lengths {
    of: HashMap<Lane, u32>,
    /// Oldest first.
    order: VecDeque<Lane>,
}

impl Chains {
    /// No chain yet. One of more than `limit` events is stopped.
    pub fn new(limit: u32) -> Self {
        Self {
            lengths: Arc::default(),
            limit,
        }
    }

    /// Events that may follow from one another.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Whether another event may follow from what happens in a lane. What a client begins has no cause, and may.
    pub fn may_go_on(&self, cause: Lane) -> bool {
        self.lengths().get(cause) < self.limit
    }

    /// Notes that one thing follows from another.
    pub fn follow(&self, cause: Lane, effect: Lane) {
        let mut lengths = self.lengths();
        let length = lengths.get(cause) + 1;
        lengths.set(effect, length);
    }

    /// Forgets all chains.
    pub fn clear(&self) {
        *self.lengths() = Lengths::default();
    }

    fn lengths(&self) -> MutexGuard<'_, Lengths> {
        self.lengths
            .lock()
            .expect("no code panics while it counts an event")
    }
}

impl Lengths {
    fn get(&self, lane: Lane) -> u32 {
        self.of.get(&lane).copied().unwrap_or_default()
    }

    fn set(&mut self, lane: Lane, length: u32) {
        if self.of.insert(lane, length).is_some() {
            return;
        }
        self.order.push_back(lane);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.of.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_ends_at_its_limit_and_clients_begin_new_ones() {
        let chains = Chains::new(2);
        chains.follow(Lane::Stage, Lane::Invocation(1));
        assert!(chains.may_go_on(Lane::Invocation(1)));
        chains.follow(Lane::Invocation(1), Lane::Task(1));
        assert!(!chains.may_go_on(Lane::Task(1)));
        assert!(chains.may_go_on(Lane::Stage));
        chains.clear();
        assert!(chains.may_go_on(Lane::Task(1)));
    }

    #[test]
    fn only_the_latest_lanes_are_remembered() {
        let chains = Chains::new(1);
        let last = u32::try_from(REMEMBERED).unwrap() + 1;
        for number in 1..=last {
            chains.follow(Lane::Stage, Lane::Invocation(number));
        }
        assert!(chains.may_go_on(Lane::Invocation(1)), "it is forgotten");
        assert!(!chains.may_go_on(Lane::Invocation(2)));
        assert!(!chains.may_go_on(Lane::Invocation(last)));
        assert_eq!(chains.lengths().of.len(), REMEMBERED);
    }
}
