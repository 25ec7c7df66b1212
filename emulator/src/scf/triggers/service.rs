//! Triggers are created, changed and removed here, and timers fire.

use std::sync::{Arc, Weak};
use std::task::Poll;

use jiff::Timestamp;
use jiff::tz::Offset;
use tokio::sync::mpsc::UnboundedReceiver;

use super::alarm::Alarm;
use super::book::TriggerError;
use super::desk::Desk;
use super::difference::LeftOut;
use super::events;
use super::trigger::{Source, Trigger, TriggerId};
use crate::scf::account::Account;
use crate::scf::function_key::FunctionKey;
use crate::scf::service::{Inner, Scf};
use crate::scf::surroundings::{Fired, Surroundings, SurroundingsError};
use backlot_base::clock::{Clock, Hold};
use backlot_base::journal::Lane;
use backlot_base::registry::RegistryError;
use backlot_base::signal::{FunctionTarget, InvokeWanted};

/// Why triggers do not come back after a restart.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// What was kept cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A trigger of the configuration is in the way of another one.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
}

/// What a hold for timers is called in messages.
const WHO: &str = "a timer trigger";

impl Scf {
    /// Makes the services around SCF known, and how cron expressions are read. To be called before there are triggers.
    pub fn surround(&self, surroundings: Arc<dyn Surroundings>, zone: Offset) {
        let mut desk = self.inner.triggers.lock();
        desk.book.surround(surroundings);
        desk.zone = zone;
    }

    /// Creates the triggers of the configuration, to which a reset goes back. Their functions need not exist. Must be called
    /// within a runtime.
    pub fn configure_triggers(
        &self,
        triggers: impl IntoIterator<Item = Trigger>,
    ) -> Result<(), TriggerError> {
        let mut desk = self.inner.triggers.lock();
        let now = self.inner.context.clock.now();
        for trigger in triggers {
            desk.book.configure(Trigger {
                added: now,
                modified: now,
                ..trigger
            })?;
        }
        self.wait_for_timers(&mut desk);
        Ok(())
    }

    /// Makes the triggers as the registry has kept them. To be called after those of the configuration were created, and after
    /// [`Scf::restore`]. What cannot come back is left out with a warning. Timers fire for what is due from now on. Must be
    /// called within a runtime.
    pub fn restore_triggers(&self) -> Result<(), RestoreError> {
        let kept = self.inner.triggers.kept()?;
        let mut desk = self.inner.triggers.lock();
        let now = self.inner.context.clock.now();
        let find = |target: &FunctionTarget| self.function(target).map(drop);
        for LeftOut { trigger, why } in desk.book.restore(kept, now, find)? {
            let (kind, name) = (trigger.kind, trigger.name);
            let function = FunctionKey::from(&trigger.target);
            tracing::warn!(
                "the trigger `{name}` (`{kind}`) of the function `{function}`, which the API has made or changed, is left out: {why}; it stays in the data folder until a start at which nothing is in its way, or until `backlot reset`"
            );
        }
        self.wait_for_timers(&mut desk);
        Ok(())
    }

    /// Creates a trigger of a function that exists, and returns it with its times. Must be called within a runtime.
    pub fn create_trigger(&self, trigger: Trigger) -> Result<Trigger, TriggerError> {
        let mut desk = self.inner.triggers.lock();
        let now = self.inner.context.clock.now();
        // Under the lock of the triggers: a function that is deleted now takes this trigger with it.
        self.function(&trigger.target)?;
        let trigger = Trigger {
            added: now,
            modified: now,
            ..trigger
        };
        let triggers = &self.inner.triggers;
        triggers.change(&mut desk, |book| book.add(trigger.clone()))?;
        self.wait_for_timers(&mut desk);
        self.record_idle(&trigger);
        Ok(trigger)
    }

    /// Changes a trigger and returns what it has become. Must be called within a runtime.
    pub fn change_trigger(
        &self,
        id: &TriggerId,
        change: impl FnOnce(&mut Trigger) -> Result<(), TriggerError>,
    ) -> Result<Trigger, TriggerError> {
        let mut desk = self.inner.triggers.lock();
        let now = self.inner.context.clock.now();
        let change = |trigger: &mut Trigger| {
            change(trigger)?;
            trigger.modified = now;
            Ok(())
        };
        let triggers = &self.inner.triggers;
        let changed = triggers.change(&mut desk, |book| book.change(id, change))?;
        self.wait_for_timers(&mut desk);
        Ok(changed)
    }

    /// Removes a trigger and returns what it was.
    pub fn delete_trigger(&self, id: &TriggerId) -> Result<Trigger, TriggerError> {
        let mut desk = self.inner.triggers.lock();
        let triggers = &self.inner.triggers;
        let removed = triggers.change(&mut desk, |book| book.remove(id))?;
        self.wait_for_timers(&mut desk);
        Ok(removed)
    }

    /// The triggers of a function, in the order of their creation.
    pub fn triggers_of(&self, function: &FunctionKey) -> Vec<Trigger> {
        self.inner.triggers.of(function)
    }

    /// The trigger that an id names.
    pub fn trigger(&self, id: &TriggerId) -> Result<Trigger, TriggerError> {
        self.inner.triggers.lock().book.find(id).cloned()
    }

    /// What runs on the records of a log topic, in the order of the triggers' creation.
    pub fn bound_to_logs(&self, topic: &str) -> Vec<FunctionTarget> {
        self.inner.triggers.lock().book.on_topic(topic)
    }

    /// `ResourceId` of a trigger.
    ///
    /// Follows: SCF reference, sections 14.4 and 14.5. Choice: the region is written in full; of the resource of an MPS trigger
    /// only the end is documented.
    pub fn trigger_resource(&self, trigger: &Trigger) -> String {
        let Account { uin, region, .. } = &self.inner.account;
        match &trigger.source {
            Source::Mps(_) => format!("qcs::mps::uin/{uin}:TriggerType/{}", trigger.name),
            _ => format!(
                "qcs::scf:{region}:uin/{uin}:function/{}/{}",
                trigger.target.function, trigger.name
            ),
        }
    }

    /// Whether COS has a bucket of this full name. An SCF that is alone knows of none.
    pub async fn has_bucket(&self, name: &str) -> Result<bool, SurroundingsError> {
        match self.inner.triggers.surroundings() {
            Some(surroundings) => surroundings.has_bucket(name).await,
            None => Ok(false),
        }
    }

    /// Records that a trigger waits for a service that the emulator does not have.
    fn record_idle(&self, trigger: &Trigger) {
        if let Source::Cls { topic, .. } = &trigger.source {
            let why =
                "there is no log service: records are delivered by `send-logs` in a scenario only";
            let context = &self.inner.context;
            context.record_unsupported(Lane::Stage, "scf", "trigger cls", topic, why);
        }
    }

    /// Starts the task that waits for timers as soon as there is one, and tells it of every change.
    fn wait_for_timers(&self, desk: &mut Desk) {
        let clock = &self.inner.context.clock;
        let is_timer = |trigger: &Trigger| matches!(trigger.source, Source::Timer(_));
        if desk.alarm.is_none() {
            if !desk.book.all().any(is_timer) {
                return;
            }
            let scf = Arc::downgrade(&self.inner);
            let clock = clock.clone();
            desk.alarm = Some(Alarm::start(|woken| wait(scf, clock, woken)));
        }
        desk.wake(clock.hold(WHO));
    }
}

/// Lets timers fire, as long as there are any.
///
/// Choice: timers that became due while the machine slept fire once; the times between are skipped.
async fn wait(scf: Weak<Inner>, clock: Clock, mut woken: UnboundedReceiver<Hold>) {
    // What was due until then has fired.
    let mut done = clock.now();
    while let Some(mut hold) = woken.recv().await {
        while let Some(due) = next_due(&scf, done) {
            if due > clock.now() {
                let waiting = clock.background_until(due, WHO);
                tokio::pin!(waiting);
                // The clock knows of the wait from its first poll on; only then may time go on.
                let first = futures_util::poll!(waiting.as_mut());
                drop(hold);
                let (next, is_due) = match first {
                    Poll::Ready(hold) => (hold, true),
                    Poll::Pending => tokio::select! {
                        biased;
                        hold = waiting.as_mut() => (hold, true),
                        again = woken.recv() => match again {
                            Some(hold) => (hold, false),
                            None => return,
                        },
                    },
                };
                hold = next;
                if !is_due {
                    // There are other timers now.
                    continue;
                }
            }
            if !fire(&scf, done, due, &hold) {
                return;
            }
            done = due.max(clock.now());
        }
    }
}

fn next_due(scf: &Weak<Inner>, done: Timestamp) -> Option<Timestamp> {
    let inner = scf.upgrade()?;
    let desk = inner.triggers.lock();
    desk.book.next_due(done, desk.zone)
}

/// Sends the events of the timers that are due; `false` if the service is gone.
fn fire(scf: &Weak<Inner>, done: Timestamp, due: Timestamp, hold: &Hold) -> bool {
    let Some(inner) = scf.upgrade() else {
        return false;
    };
    let (firing, surroundings) = {
        let desk = inner.triggers.lock();
        let firing = desk.book.firing(done, due, desk.zone);
        (firing, desk.book.surroundings())
    };
    let scf = Scf { inner };
    for timer in firing {
        let event = events::timer(&timer.name, due, &timer.argument);
        let hold = hold.another("an event of a timer on its way");
        let target = timer.target;
        if let Some(surroundings) = &surroundings {
            let source = events::TIMER;
            let fired = Fired {
                target,
                source,
                event,
            };
            surroundings.deliver(fired, hold);
            continue;
        }
        let queued = scf.invoke_async(InvokeWanted {
            target,
            source: events::TIMER.to_owned(),
            event,
            hold,
        });
        if let Err(refused) = queued {
            // It is in the journal.
            tracing::debug!(%refused, "the event of a timer was refused");
        }
    }
    true
}
