//! Bodies that are being written or read, and that therefore must not be swept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All pinned bodies with the number of their pins.
#[derive(Clone, Debug, Default)]
pub(super) struct Pins(Arc<Mutex<HashMap<i64, usize>>>);

/// The pins, locked.
pub(super) struct Pinned<'a>(MutexGuard<'a, HashMap<i64, usize>>);

/// Keeps one body; dropping it lets the body go.
#[derive(Debug)]
pub(super) struct Pin {
    body: i64,
    pins: Pins,
}

impl Pins {
    pub(super) fn lock(&self) -> Pinned<'_> {
        Pinned(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pinned<'_> {
    pub(super) fn pin(&mut self, body: i64, pins: &Pins) -> Pin {
        *self.0.entry(body).or_default() += 1;
        Pin {
            body,
            pins: pins.clone(),
        }
    }

    pub(super) fn all(&self) -> Vec<i64> {
        self.0.keys().copied().collect()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pinned = self.pins.lock();
        if let Some(count) = pinned.0.get_mut(&self.body) {
            *count -= 1;
            if *count == 0 {
                pinned.0.remove(&self.body);
            }
        }
    }
}
