//! News that wait to be carried on, and who is woken for them.
//!
//! In which order things happen at one virtual time depends on the machine. So news wait until everybody rests, and are
//! then taken in the order of what they belong to, and of their coming within that.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::mpsc;

use crate::base::clock::Hold;
use crate::journal::Lane;

/// Where news are put and taken out.
#[derive(Debug)]
pub(super) struct Mailbox<T> {
    // A plain mutex: putting and taking are short and never await.
    waiting: Mutex<Vec<(Lane, T)>>,
    bell: mpsc::UnboundedSender<Hold>,
}

/// Rings when there is something in an empty mailbox.
pub(super) type Bell = mpsc::UnboundedReceiver<Hold>;

impl<T> Mailbox<T> {
    /// An empty one, and its bell.
    pub(super) fn new() -> (Self, Bell) {
        let (bell, heard) = mpsc::unbounded_channel();
        let mailbox = Self {
            waiting: Mutex::default(),
            bell,
        };
        (mailbox, heard)
    }

    /// Puts something in. `hold` keeps the clock until somebody has heard the bell.
    pub(super) fn put(&self, lane: Lane, news: T, hold: Hold) {
        let mut waiting = self.waiting();
        waiting.push((lane, news));
        if waiting.len() == 1 {
            // Nobody hears it any more if the stage stops.
            drop(self.bell.send(hold));
        } else {
            // The bell rings already. The hold must not be given up under the lock, as that may wake whoever takes.
            drop(waiting);
            drop(hold);
        }
    }

    /// Takes everything out, in order.
    pub(super) fn take(&self) -> Vec<T> {
        let mut taken = std::mem::take(&mut *self.waiting());
        taken.sort_by_key(|(lane, _)| *lane);
        taken.into_iter().map(|(_, news)| news).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Lane, T)>> {
        self.waiting
            .lock()
            .expect("no code panics while it puts or takes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;

    #[test]
    fn news_are_taken_by_lane_and_the_bell_rings_once() {
        let clock = Clock::virtual_default();
        let (mailbox, mut bell) = Mailbox::new();
        for (lane, news) in [
            (Lane::Invocation(2), "c"),
            (Lane::Task(1), "a"),
            (Lane::Invocation(1), "b"),
            (Lane::Invocation(2), "d"),
        ] {
            mailbox.put(lane, news, clock.hold("news"));
        }
        assert_eq!(clock.busy().len(), 1, "one hold goes with the bell");
        drop(bell.try_recv().unwrap());
        bell.try_recv().unwrap_err();
        assert_eq!(mailbox.take(), ["a", "b", "c", "d"]);
        assert!(mailbox.take().is_empty());
        mailbox.put(Lane::Stage, "e", clock.hold("news"));
        drop(bell.try_recv().unwrap());
    }
}
