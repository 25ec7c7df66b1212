//! Where the triggers of one service are kept: the book, and the task that waits for timers.

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::tz::Offset;

use super::alarm::Alarm;
use super::book::{Book, TriggerError};
use super::trigger::Trigger;
use crate::scf::function_key::FunctionKey;
use crate::scf::surroundings::Surroundings;
use backlot_base::clock::Hold;

/// The zone in which cron expressions are read unless the configuration says otherwise. Follows: SCF reference, section 14.2.
pub const DEFAULT_ZONE: Offset = Offset::constant(8);

/// The triggers of one service.
#[derive(Debug)]
pub(in crate::scf) struct TriggerDesk {
    // A plain mutex: a trigger and its route in another service change under it. Nothing is awaited.
    desk: Mutex<Desk>,
}

/// What is on it.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) book: Book,
    /// How cron expressions are read.
    pub(super) zone: Offset,
    /// Runs from the first timer on.
    pub(super) alarm: Option<Alarm>,
}

impl Default for TriggerDesk {
    fn default() -> Self {
        let desk = Desk {
            book: Book::default(),
            zone: DEFAULT_ZONE,
            alarm: None,
        };
        Self {
            desk: Mutex::new(desk),
        }
    }
}

impl TriggerDesk {
    /// The triggers of a function, in the order of their creation.
    pub(in crate::scf) fn of(&self, function: &FunctionKey) -> Vec<Trigger> {
        self.lock().book.of(function).cloned().collect()
    }

    /// The services around SCF; `None` if it is alone.
    pub(in crate::scf) fn surroundings(&self) -> Option<Arc<dyn Surroundings>> {
        self.lock().book.surroundings()
    }

    /// Removes the triggers of a function that was deleted, or of one version.
    pub(in crate::scf) fn forget(&self, function: &FunctionKey, version: Option<&str>) {
        self.lock().book.forget(function, version);
    }

    /// Goes back to the triggers of the configuration. `hold` keeps the clock until their timers are waited for.
    pub(in crate::scf) fn restore(&self, hold: Hold) -> Result<(), TriggerError> {
        let mut desk = self.lock();
        let restored = desk.book.restore();
        desk.wake(hold);
        restored
    }

    /// Lets no timer fire any more.
    pub(in crate::scf) fn stop(&self) {
        self.lock().alarm = None;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk
            .lock()
            .expect("no code panics while it changes triggers")
    }
}

impl Desk {
    /// Tells the task that waits for timers, if there is one, that there are others now.
    pub(super) fn wake(&self, hold: Hold) {
        if let Some(alarm) = &self.alarm {
            alarm.wake(hold);
        }
    }
}
