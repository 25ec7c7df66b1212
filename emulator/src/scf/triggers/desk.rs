//! Where the triggers of one service are kept: the book, and the task that waits for timers.

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use jiff::tz::Offset;

use super::alarm::Alarm;
use super::book::{Book, TriggerError};
use super::kept::{Kept, PART};
use super::trigger::Trigger;
use crate::scf::books::Missing;
use crate::scf::function_key::FunctionKey;
use crate::scf::surroundings::Surroundings;
use backlot_base::clock::Hold;
use backlot_base::registry::{Registry, RegistryError};
use backlot_base::signal::FunctionTarget;

/// The zone in which cron expressions are read unless the configuration says otherwise. Follows: SCF reference, section 14.2.
pub const DEFAULT_ZONE: Offset = Offset::constant(8);

/// The triggers of one service.
#[derive(Debug)]
pub(in crate::scf) struct TriggerDesk {
    /// What the API has changed.
    registry: Registry,
    // A plain mutex: a trigger, its route in another service and what is kept of it change under it. Nothing is awaited.
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

impl TriggerDesk {
    /// Without triggers. Changes by the API are kept in a registry.
    pub(in crate::scf) fn new(registry: Registry) -> Self {
        let desk = Desk {
            book: Book::default(),
            zone: DEFAULT_ZONE,
            alarm: None,
        };
        Self {
            registry,
            desk: Mutex::new(desk),
        }
    }

    /// The triggers of a function, in the order of their creation.
    pub(in crate::scf) fn of(&self, function: &FunctionKey) -> Vec<Trigger> {
        self.lock().book.of(function).cloned().collect()
    }

    /// The services around SCF; `None` if it is alone.
    pub(in crate::scf) fn surroundings(&self) -> Option<Arc<dyn Surroundings>> {
        self.lock().book.surroundings()
    }

    /// Removes the triggers of a function that was deleted, or of one version. [`TriggerDesk::keep`] keeps that.
    pub(in crate::scf) fn forget(&self, function: &FunctionKey, version: Option<&str>) {
        self.lock().book.forget(function, version);
    }

    /// Forgets what was left out of a function at the start, because a new function has its name.
    pub(in crate::scf) fn forget_left_out(&self, function: &FunctionKey) {
        self.lock().book.left_out.forget(function);
    }

    /// Keeps how triggers differ from the configuration.
    pub(in crate::scf) fn keep(&self) -> Result<(), RegistryError> {
        self.registry.keep(PART, &self.lock().book.kept())
    }

    /// Goes back to the triggers of the configuration. `hold` keeps the clock until their timers are waited for.
    pub(in crate::scf) fn reset(&self, hold: Hold) -> Result<(), TriggerError> {
        let mut desk = self.lock();
        let now = Timestamp::MAX;
        let all = |_: &FunctionTarget| Ok::<_, Missing>(());
        let restored = desk.book.restore(Kept::default(), now, all);
        desk.wake(hold);
        restored.map(drop)
    }

    /// What earlier runs have kept.
    pub(super) fn kept(&self) -> Result<Kept, RegistryError> {
        Ok(self.registry.part(PART)?.unwrap_or_default())
    }

    /// Makes a change of the book by the API, and keeps it. If either fails, nothing has changed.
    pub(super) fn change<T>(
        &self,
        desk: &mut Desk,
        change: impl FnOnce(&mut Book) -> Result<T, TriggerError>,
    ) -> Result<T, TriggerError> {
        let (before, left_out) = (desk.book.triggers.clone(), desk.book.left_out.clone());
        let changed = change(&mut desk.book)?;
        if let Err(error) = self.registry.keep(PART, &desk.book.kept()) {
            desk.book.go_back(before);
            desk.book.left_out = left_out;
            return Err(TriggerError::unkept(&error));
        }
        Ok(changed)
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
