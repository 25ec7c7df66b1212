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

/// All of them, by number. There are no more than changes under way.
#[derive(Debug, Default)]
pub(super) struct Arriving(Mutex<HashMap<i64, Source>>);

impl Arriving {
    fn all(&self) -> MutexGuard<'_, HashMap<i64, Source>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a body is committed.
    pub(super) fn announce(&self, number: i64, source: Source) {
        self.all().insert(number, source);
    }

    /// After it has got its place, or if it will not get one.
    pub(super) fn withdraw(&self, number: i64) {
        self.all().remove(&number);
    }

    pub(super) fn source(&self, number: i64) -> Option<Source> {
        self.all().get(&number).cloned()
    }
}
