//! Work that waits until everything else at its virtual time is done, and is then taken in an order of its own.
//!
//! The order in which things happen at one virtual time depends on the machine. So work is gathered until the clock's holds
//! are all at rest ([`Hold::until_rest`]), and is then taken by its key (a lane, say), and by its arrival within a key.
//!
//! Several queues may wait for one rest, and whichever is taken first may put work into another. So only work from before
//! the rest is taken ([`RestQueue::at_rest`]); what arrives after it waits for the next.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::mpsc;

use super::Hold;

/// Work that waits, each piece with its key.
#[derive(Debug)]
pub struct RestQueue<K, T> {
    // A plain mutex: putting and taking are short and never await.
    waiting: Mutex<Vec<Waiting<K, T>>>,
    wake: mpsc::UnboundedSender<Hold>,
}

#[derive(Debug)]
struct Waiting<K, T> {
    key: K,
    /// The clock's phase in which the work was put in.
    phase: u64,
    work: T,
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
        // The clock stays in this phase as long as `hold` lives.
        let phase = hold.phase();
        waiting.push(Waiting { key, phase, work });
        if waiting.len() == 1 {
            // The receiver is gone only when its owner stops.
            drop(self.wake.send(hold));
        } else {
            // The receiver is woken already. The hold must not be dropped under the lock: that may wake the one who takes.
            drop(waiting);
            drop(hold);
        }
    }

    /// For the receiver that was woken with `hold`: waits until the clock rests and takes out what was put in before that,
    /// by key. On the real clock, which never rests, takes everything at once.
    pub async fn at_rest(&self, hold: Hold) -> (Vec<T>, Hold) {
        let before = hold.phase();
        let hold = hold.until_rest().await;
        let rest = hold.phase();
        // A rest begins a phase; real time has none.
        let is_ripe = |work: &Waiting<K, T>| rest == before || work.phase < rest;
        let (taken, is_more) = {
            let mut waiting = self.waiting();
            let all = std::mem::take(&mut *waiting);
            let (taken, later) = all.into_iter().partition(is_ripe);
            *waiting = later;
            (taken, !waiting.is_empty())
        };
        if is_more {
            // Whoever put it found a queue that was not empty and woke no one.
            drop(self.wake.send(hold.another("work that waits for rest")));
        }
        (by_key(taken), hold)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// Takes out the first piece of work that is meant, before its time.
    pub fn take_out(&self, is_meant: impl Fn(&T) -> bool) -> Option<T> {
        let mut waiting = self.waiting();
        let found = waiting.iter().position(|waiting| is_meant(&waiting.work))?;
        Some(waiting.remove(found).work)
    }

    /// Takes everything out, by key.
    pub fn take(&self) -> Vec<T> {
        by_key(std::mem::take(&mut *self.waiting()))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<K, T>>> {
        self.waiting
            .lock()
            .expect("no code panics while it puts or takes")
    }
}

fn by_key<K: Ord, T>(mut taken: Vec<Waiting<K, T>>) -> Vec<T> {
    taken.sort_by(|one, other| one.key.cmp(&other.key));
    taken.into_iter().map(|waiting| waiting.work).collect()
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
        assert_eq!(queue.take_out(|work| *work == "b"), Some("b"));
        assert_eq!(queue.take_out(|work| *work == "b"), None);
        assert_eq!(queue.take(), ["a", "c", "d"]);
        assert!(queue.take().is_empty());
        queue.put(0, "e", clock.hold("work"));
        drop(wake.try_recv().unwrap());
    }
    #[tokio::test]
    async fn work_that_a_rest_has_led_to_waits_for_the_next() {
        let clock = Clock::virtual_default();
        let (queue, mut wake) = RestQueue::new();
        queue.put(2, "before", clock.hold("work"));
        let hold = wake.recv().await.unwrap();
        let resting = queue.at_rest(hold);
        tokio::pin!(resting);
        let other = clock.hold("another queue").until_rest();
        let other = tokio::select! {
            biased;
            _ = &mut resting => panic!("the other holds the clock"),
            // Both have waited for one rest, and this is the first to go on.
            hold = other => hold,
        };
        queue.put(1, "after", other);
        let (taken, hold) = resting.await;
        assert_eq!(taken, ["before"]);
        drop(hold);
        let hold = wake.recv().await.unwrap();
        let (taken, _hold) = queue.at_rest(hold).await;
        assert_eq!(taken, ["after"]);
    }

    #[tokio::test]
    async fn on_the_real_clock_everything_is_taken_at_once() {
        let clock = Clock::real();
        let _busy = clock.hold("a function that never ends");
        let (queue, mut wake) = RestQueue::new();
        queue.put(2, "b", clock.hold("work"));
        queue.put(1, "a", clock.hold("work"));
        let hold = wake.recv().await.unwrap();
        assert_eq!(queue.at_rest(hold).await.0, ["a", "b"]);
    }
}
