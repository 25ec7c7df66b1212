//! How many events wait, for whoever wants to know: each pool writes it down, and no one has to ask it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// The events of one function or of all that wait for an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many events wait for an instance.
    pub queued: usize,
    /// How many events wait for the time of their next attempt.
    pub retries: usize,
    /// When the first of these attempts is due.
    pub next: Option<Timestamp>,
}

/// Where one pool writes what waits. Clones are the same place.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(
    // A plain mutex around a small copyable value.
    Arc<Mutex<Waiting>>,
);

impl Board {
    /// Whether that is a change.
    pub(super) fn write(&self, waiting: Waiting) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *written, waiting) != waiting
    }

    pub(super) fn read(&self) -> Waiting {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Whether no event waits.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            queued: self.queued + other.queued,
            retries: self.retries + other.retries,
            next: self.next.into_iter().chain(other.next).min(),
        }
    }
}
