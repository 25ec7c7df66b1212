//! Work that waits until everything else at its virtual time is done, and is then taken in an order of its own.
//!
//! The order in which things happen at one virtual time depends on the machine. So work is gathered until the clock's holds
//! are all at rest ([`Hold::until_rest`](super::Hold::until_rest)), and is then taken by its key (a lane, say), and by its
//! arrival within a key.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::mpsc;

use super::Hold;

/// Work that waits, each piece with its key.
#[derive(Debug)]
pub struct RestQueue<K, T> {
    // A plain mutex: putting and taking are short and never await.
    waiting: Mutex<Vec<(K, T)>>,
    wake: mpsc::UnboundedSender<Hold>,
}

/// Receives a hold whenever work is put into an empty queue.
pub type Wake = mpsc::UnboundedReceiver<Hold>;

impl<K: Ord, T> RestQueue<K, T> {
    /// An empty queue, and the receiver that is woken for it.
    pub fn new() -> (Self, Wake) {
        let (wake, woken) = mpsc::unbounded_channel();
        let queue = Self {
            waiting: Mutex::default(),
            wake,
        };
        (queue, woken)
    }

    /// Puts work in. `hold` keeps the clock until the receiver has been woken.
    pub fn put(&self, key: K, work: T, hold: Hold) {
        let mut waiting = self.waiting();
        waiting.push((key, work));
        if waiting.len() == 1 {
            // The receiver is gone only when its owner stops.
            drop(self.wake.send(hold));
        } else {
            // The receiver is woken already. The hold must not be dropped under the lock: that may wake the one who takes.
            drop(waiting);
            drop(hold);
        }
    }

    /// Takes everything out, by key.
    pub fn take(&self) -> Vec<T> {
        let mut taken = std::mem::take(&mut *self.waiting());
        taken.sort_by(|(one, _), (other, _)| one.cmp(other));
        taken.into_iter().map(|(_, work)| work).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(K, T)>> {
        self.waiting
            .lock()
            .expect("no code panics while it puts or takes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn work_is_taken_by_key_and_wakes_once() {
        let clock = Clock::virtual_default();
        let (queue, mut wake) = RestQueue::new();
        for (key, work) in [(3, "c"), (1, "a"), (2, "b"), (3, "d")] {
            queue.put(key, work, clock.hold("work"));
        }
        assert_eq!(clock.busy().len(), 1, "one hold goes with the wake-up");
        drop(wake.try_recv().unwrap());
        wake.try_recv().unwrap_err();
        assert_eq!(queue.take(), ["a", "b", "c", "d"]);
        assert!(queue.take().is_empty());
        queue.put(0, "e", clock.hold("work"));
        drop(wake.try_recv().unwrap());
    }
}
