//! How triggers differ from those of the configuration, and how they come back after a restart.

use jiff::Timestamp;

use super::book::{Book, Listed, TriggerError};
use super::kept::{Changed, Kept};
use super::trigger::{Trigger, TriggerId};
use crate::scf::books::Missing;
use backlot_base::signal::FunctionTarget;

/// A trigger that the API has made or changed and that cannot come back.
#[derive(Debug)]
pub(super) struct LeftOut {
    pub(super) trigger: TriggerId,
    pub(super) why: TriggerError,
}

impl Book {
    /// What differs from the configuration, and what was left out at the start.
    pub(super) fn kept(&self) -> Kept {
        let mut kept = Kept::default();
        for listed in &self.triggers {
            match listed.configured.map(|index| &self.configured[index]) {
                None => kept.made.push(listed.trigger.clone()),
                Some(configured) if is_as_configured(&listed.trigger, configured) => {}
                Some(configured) => kept.changed.push(Changed {
                    configured: configured.id(),
                    now: listed.trigger.clone(),
                }),
            }
        }
        let configured = self.configured.iter().enumerate();
        let deleted = configured.filter(|(index, _)| {
            let mut listed = self.triggers.iter();
            !listed.any(|listed| listed.configured == Some(*index))
        });
        kept.deleted = deleted.map(|(_, trigger)| trigger.id()).collect();
        // One that was left out is not deleted as well.
        kept.deleted.retain(|id| {
            let mut left_out = self.left_out.changed.iter();
            !left_out.any(|changed| changed.configured == *id)
        });
        kept.extend(self.left_out.clone());
        kept
    }

    /// Puts the triggers of the configuration, with the differences that were kept, in place of all others. `find` says
    /// whether a function is there.
    ///
    /// Triggers of the configuration come first: one of the API that is in their way, or whose function is gone, is left out
    /// and returned. It stays among what is kept, so that it comes back at a start at which nothing is in its way.
    pub(super) fn restore(
        &mut self,
        kept: Kept,
        now: Timestamp,
        find: impl Fn(&FunctionTarget) -> Result<(), Missing>,
    ) -> Result<Vec<LeftOut>, TriggerError> {
        self.clear();
        let Kept {
            made,
            mut changed,
            mut deleted,
        } = kept;
        let mut changes = Vec::new();
        for (index, trigger) in self.configured.clone().into_iter().enumerate() {
            let id = trigger.id();
            if let Some(found) = changed.iter().position(|change| change.configured == id) {
                changes.push((index, changed.remove(found)));
            } else if let Some(found) = deleted.iter().position(|deleted| *deleted == id) {
                deleted.remove(found);
            } else {
                self.list(Listed {
                    trigger,
                    configured: Some(index),
                })?;
            }
        }
        // The configuration does not have these any more; it may have them again.
        (self.left_out.changed, self.left_out.deleted) = (changed, deleted);
        let mut left_out = Vec::new();
        for (index, change) in changes {
            let listed = Listed {
                trigger: not_later(change.now.clone(), now),
                configured: Some(index),
            };
            if let Err(why) = self.list_again(listed, &find) {
                left_out.push(LeftOut {
                    trigger: change.now.id(),
                    why,
                });
                self.left_out.changed.push(change);
            }
        }
        for trigger in made {
            let again = not_later(trigger.clone(), now);
            if let Err(why) = self.make_again(again, &find) {
                left_out.push(LeftOut {
                    trigger: trigger.id(),
                    why,
                });
                self.left_out.made.push(trigger);
            }
        }
        // A stable sort: those that were made keep their order.
        self.triggers
            .sort_by_key(|listed| listed.configured.unwrap_or(usize::MAX));
        Ok(left_out)
    }

    fn list_again(
        &mut self,
        listed: Listed,
        find: impl Fn(&FunctionTarget) -> Result<(), Missing>,
    ) -> Result<(), TriggerError> {
        find(&listed.trigger.target)?;
        self.list(listed)
    }

    /// Lists a trigger that the API has made. If the configuration has it by now, too, it is a change of that one.
    fn make_again(
        &mut self,
        trigger: Trigger,
        find: impl Fn(&FunctionTarget) -> Result<(), Missing>,
    ) -> Result<(), TriggerError> {
        find(&trigger.target)?;
        let id = trigger.id();
        let mut listed = self.triggers.iter();
        if !listed.any(|listed| listed.trigger.is(&id)) {
            return self.list(Listed {
                trigger,
                configured: None,
            });
        }
        self.change(&id, |configured| {
            *configured = trigger;
            Ok(())
        })?;
        Ok(())
    }
}

/// Whether the API has left a trigger as it was, or made it so again.
fn is_as_configured(trigger: &Trigger, configured: &Trigger) -> bool {
    let as_of_then = Trigger {
        added: configured.added,
        modified: configured.modified,
        ..trigger.clone()
    };
    as_of_then == *configured
}

/// A trigger with times that have come: a virtual clock begins anew at each start, and a timer fires after its change only.
fn not_later(trigger: Trigger, now: Timestamp) -> Trigger {
    Trigger {
        added: trigger.added.min(now),
        modified: trigger.modified.min(now),
        ..trigger
    }
}
