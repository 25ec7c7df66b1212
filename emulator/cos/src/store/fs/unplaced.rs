//! Bodies that are committed and not in place yet. Until they are, whoever reads gets them from here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Where the bytes of a body are that has no path yet.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Here; they are few.
    Bytes(Bytes),
    /// In a staged file.
    File,
}

impl Source {
    /// The number of bytes that are in memory.
    pub(super) fn in_memory(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File => 0,
        }
    }
}

/// All of them, by number. There are no more than changes under way.
#[derive(Debug, Default)]
pub(super) struct Unplaced(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    bodies: HashMap<i64, Source>,
    /// How many there have been.
    announced: u64,
}

impl Unplaced {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a body is committed.
    pub(super) fn announce(&self, number: i64, source: Source) {
        let mut state = self.state();
        state.announced += 1;
        state.bodies.insert(number, source);
    }

    /// After it has got its place, or if it will not get one.
    pub(super) fn withdraw(&self, number: i64) {
        self.state().bodies.remove(&number);
    }

    pub(super) fn source(&self, number: i64) -> Option<Source> {
        self.state().bodies.get(&number).cloned()
    }

    /// How many bodies there have been, if none is on its way. As long as that stays the same, none gets a path.
    pub(super) fn quiet_count(&self) -> Option<u64> {
        let state = self.state();
        state.bodies.is_empty().then_some(state.announced)
    }
}
