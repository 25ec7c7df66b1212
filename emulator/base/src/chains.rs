//! How many events have led to what is going on, so that endless chains end.
//!
//! Choice: a chain of events of which each follows from the one before is stopped when it is too long. Deviates: on the
//! platform, a function that triggers itself goes on for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::journal::Lane;

/// The lengths of all chains; clones share them.
#[derive(Clone, Debug)]
pub struct Chains {
    // A plain mutex: a map operation or two, and never across an await.
    lengths: Arc<Mutex<HashMap<Lane, u32>>>,
    limit: u32,
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
        length(&self.lengths(), cause) < self.limit
    }

    /// Notes that one thing follows from another.
    pub fn follow(&self, cause: Lane, effect: Lane) {
        let mut lengths = self.lengths();
        let length = length(&lengths, cause) + 1;
        lengths.insert(effect, length);
    }

    /// Forgets all chains.
    pub fn clear(&self) {
        self.lengths().clear();
    }

    fn lengths(&self) -> MutexGuard<'_, HashMap<Lane, u32>> {
        self.lengths
            .lock()
            .expect("no code panics while it counts an event")
    }
}

fn length(lengths: &HashMap<Lane, u32>, lane: Lane) -> u32 {
    lengths.get(&lane).copied().unwrap_or_default()
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
}
