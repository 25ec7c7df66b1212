//! All triggers of the account, and the rules for creating and changing them.
//!
//! Follows: SCF reference, sections 14 and 15.2.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::kept::Kept;
use super::trigger::{MAX_TRIGGERS, Source, Trigger, TriggerId};
use crate::scf::books::Missing;
use crate::scf::function_key::FunctionKey;
use crate::scf::surroundings::{BindError, Surroundings};
use backlot_base::signal::FunctionTarget;

/// All triggers, in the order of their creation.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) triggers: Vec<Listed>,
    /// What a reset goes back to.
    pub(super) configured: Vec<Trigger>,
    /// What the API has done in an earlier run, and what cannot be done again in this one.
    pub(super) left_out: Kept,
    /// The other services; `None` if SCF is alone.
    surroundings: Option<Arc<dyn Surroundings>>,
}

/// A trigger, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) trigger: Trigger,
    /// Its place in the configuration; `None` if the API has made it.
    pub(super) configured: Option<usize>,
}

/// Why a trigger was not created or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// There is no such function, or no such version of it.
    #[error(transparent)]
    Function(#[from] Missing),
    /// There is no such trigger.
    #[error(
        "the function `{}` has no trigger `{}` of the type `{}` for the qualifier `{}`{hint}",
        FunctionKey::from(&id.target), id.name, id.kind, id.target.qualifier
    )]
    Missing {
        /// What was asked for.
        id: Box<TriggerId>,
        /// Empty, or where such a trigger is.
        hint: String,
    },
    /// The function has a timer of this name.
    #[error("the function `{0}` has a trigger `{1}` already")]
    NameTaken(FunctionKey, String),
    /// The trigger is there already, or only one function can have the events.
    #[error("{0}")]
    Taken(String),
    /// It overlaps with another trigger on the bucket.
    #[error("{0}")]
    Overlaps(String),
    /// The source has no such events.
    #[error("{0}")]
    Unknown(String),
    /// The function has as many triggers of this type as it may have.
    #[error("the function `{0}` has {MAX_TRIGGERS} triggers of the type `{1}` already")]
    TooMany(FunctionKey, &'static str),
    /// It is in force already, or is not.
    #[error("the trigger `{name}` is {} already", if *is_enabled { "enabled" } else { "disabled" })]
    Unchanged {
        /// Its name.
        name: String,
        /// Whether it is in force.
        is_enabled: bool,
    },
    /// The change cannot be kept, so it was not made. With the causes.
    #[error("the change cannot be kept: {0}")]
    Unkept(String),
}

impl TriggerError {
    /// Wraps why a change cannot be kept, with its causes.
    pub(super) fn unkept(error: &dyn std::error::Error) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        Self::Unkept(causes.join(": "))
    }
}

impl From<BindError> for TriggerError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Taken(text) => Self::Taken(text),
            BindError::Overlaps(text) => Self::Overlaps(text),
            BindError::Unknown(text) => Self::Unknown(text),
        }
    }
}

impl Book {
    /// Makes the other services known, before any trigger.
    pub(super) fn surround(&mut self, surroundings: Arc<dyn Surroundings>) {
        self.surroundings = Some(surroundings);
    }

    /// The other services; `None` if SCF is alone.
    pub(super) fn surroundings(&self) -> Option<Arc<dyn Surroundings>> {
        self.surroundings.clone()
    }

    /// Adds a trigger that the API makes.
    pub(super) fn add(&mut self, trigger: Trigger) -> Result<(), TriggerError> {
        let id = trigger.id();
        self.list(Listed {
            trigger,
            configured: None,
        })?;
        self.left_out.made.retain(|made| !made.is(&id));
        self.left_out.changed.retain(|changed| !changed.now.is(&id));
        Ok(())
    }

    /// Lists a trigger, and makes its events come.
    pub(super) fn list(&mut self, listed: Listed) -> Result<(), TriggerError> {
        let trigger = &listed.trigger;
        let (id, function) = (trigger.id(), trigger.function());
        if self.all().any(|other| other.is(&id)) {
            return Err(match trigger.source {
                Source::Timer(_) | Source::Cls { .. } => {
                    TriggerError::NameTaken(function, trigger.name.clone())
                }
                Source::Cos(_) | Source::Mps(_) => TriggerError::Taken(format!(
                    "the function `{function}` has this trigger of the type `{}` already",
                    id.kind
                )),
            });
        }
        let same_type = self
            .of(&function)
            .filter(|other| other.source.kind() == id.kind);
        if same_type.count() >= MAX_TRIGGERS {
            return Err(TriggerError::TooMany(function, id.kind));
        }
        self.bind(trigger)?;
        self.triggers.push(listed);
        Ok(())
    }

    /// Adds a trigger of the configuration.
    pub(super) fn configure(&mut self, trigger: Trigger) -> Result<(), TriggerError> {
        self.list(Listed {
            trigger: trigger.clone(),
            configured: Some(self.configured.len()),
        })?;
        self.configured.push(trigger);
        Ok(())
    }

    /// Takes a trigger out.
    pub(super) fn remove(&mut self, id: &TriggerId) -> Result<Trigger, TriggerError> {
        let position = self.position(id)?;
        let removed = self.triggers.remove(position).trigger;
        self.unbind(&removed);
        Ok(removed)
    }

    /// Changes a trigger, unless what it would become is in the way of another one. Returns what it has become.
    pub(super) fn change(
        &mut self,
        id: &TriggerId,
        change: impl FnOnce(&mut Trigger) -> Result<(), TriggerError>,
    ) -> Result<Trigger, TriggerError> {
        let position = self.position(id)?;
        let before = self.triggers[position].trigger.clone();
        let mut after = before.clone();
        change(&mut after)?;
        let rivals = self.triggers.iter().enumerate();
        let mut rivals = rivals.filter(|(index, _)| *index != position);
        if rivals.any(|(_, other)| other.trigger.is(&after.id())) {
            return Err(TriggerError::NameTaken(after.function(), after.name));
        }
        self.unbind(&before);
        if let Err(refused) = self.bind(&after) {
            self.bind(&before)
                .expect("what was bound a moment ago can be bound again");
            return Err(refused);
        }
        self.triggers[position].trigger = after.clone();
        Ok(after)
    }

    /// Takes out all triggers of a function that is deleted, or of one version of it.
    pub(super) fn forget(&mut self, function: &FunctionKey, version: Option<&str>) {
        let is_of = |listed: &Listed| {
            let trigger = &listed.trigger;
            trigger.function() == *function
                && version.is_none_or(|version| trigger.target.qualifier == version)
        };
        let (gone, left) = std::mem::take(&mut self.triggers)
            .into_iter()
            .partition(is_of);
        self.triggers = left;
        let gone: Vec<Listed> = gone;
        for listed in &gone {
            self.unbind(&listed.trigger);
        }
        if version.is_none() {
            self.left_out.forget(function);
        }
    }

    /// Takes out all triggers, also those that were left out.
    pub(super) fn clear(&mut self) {
        for listed in std::mem::take(&mut self.triggers) {
            self.unbind(&listed.trigger);
        }
        self.left_out = Kept::default();
    }

    /// Goes back to what was listed before a change that cannot be kept.
    pub(super) fn go_back(&mut self, before: Vec<Listed>) {
        let after = std::mem::take(&mut self.triggers);
        for gone in after.iter().filter(|listed| !before.contains(listed)) {
            self.unbind(&gone.trigger);
        }
        for back in before.iter().filter(|listed| !after.contains(listed)) {
            self.bind(&back.trigger)
                .expect("what was bound a moment ago can be bound again");
        }
        self.triggers = before;
    }

    /// The trigger that an id names.
    pub(super) fn find(&self, id: &TriggerId) -> Result<&Trigger, TriggerError> {
        let position = self.position(id)?;
        Ok(&self.triggers[position].trigger)
    }

    /// All triggers.
    pub(super) fn all(&self) -> impl Iterator<Item = &Trigger> {
        self.triggers.iter().map(|listed| &listed.trigger)
    }

    /// The triggers of a function.
    pub(super) fn of(&self, function: &FunctionKey) -> impl Iterator<Item = &Trigger> {
        let function = function.clone();
        self.all()
            .filter(move |trigger| trigger.function() == function)
    }

    /// What runs on the records of a log topic, in the order of the triggers' creation.
    pub(super) fn on_topic(&self, id: &str) -> Vec<FunctionTarget> {
        let bound = self.all().filter(|trigger| {
            trigger.is_enabled
                && matches!(&trigger.source, Source::Cls { topic, .. } if topic == id)
        });
        bound.map(|trigger| trigger.target.clone()).collect()
    }

    /// When the next timer fires, if all that fired until `after` is done.
    pub(super) fn next_due(&self, after: Timestamp, zone: Offset) -> Option<Timestamp> {
        let timers = self.all();
        timers.filter_map(|timer| due(timer, after, zone)).min()
    }

    /// The timers that fire at `due`, in the order of their names.
    pub(super) fn firing(&self, after: Timestamp, at: Timestamp, zone: Offset) -> Vec<Trigger> {
        let timers = self.all();
        let firing = timers.filter(|timer| due(timer, after, zone) == Some(at));
        let mut firing: Vec<_> = firing.cloned().collect();
        firing.sort_by_cached_key(|timer| {
            let qualifier = timer.target.qualifier.clone();
            (timer.function(), timer.name.clone(), qualifier)
        });
        firing
    }

    fn position(&self, id: &TriggerId) -> Result<usize, TriggerError> {
        let mut triggers = self.all();
        let found = triggers.position(|trigger| trigger.is(id));
        found.ok_or_else(|| self.missing(id))
    }

    fn missing(&self, id: &TriggerId) -> TriggerError {
        let elsewhere = self.all();
        let mut elsewhere = elsewhere.filter(|trigger| trigger.is_but_for_qualifier(id));
        let hint = elsewhere.next().map(|trigger| {
            format!(
                "; it has one for the qualifier `{}`",
                trigger.target.qualifier
            )
        });
        TriggerError::Missing {
            id: Box::new(id.clone()),
            hint: hint.unwrap_or_default(),
        }
    }

    fn bind(&self, trigger: &Trigger) -> Result<(), TriggerError> {
        match (trigger.route(), &self.surroundings) {
            (Some(route), Some(surroundings)) => Ok(surroundings.bind(&route)?),
            (Some(_), None) => {
                let text = format!(
                    "no events of the type `{}` reach this SCF",
                    trigger.source.kind()
                );
                Err(TriggerError::Unknown(text))
            }
            (None, _) => Ok(()),
        }
    }

    pub(super) fn unbind(&self, trigger: &Trigger) {
        if let (Some(route), Some(surroundings)) = (trigger.route(), &self.surroundings) {
            surroundings.unbind(&route);
        }
    }
}

/// When a trigger fires next; `None` if it is no timer or not in force.
fn due(trigger: &Trigger, after: Timestamp, zone: Offset) -> Option<Timestamp> {
    let Source::Timer(cron) = &trigger.source else {
        return None;
    };
    let after = after.max(trigger.modified);
    trigger.is_enabled.then(|| cron.next_after(after, zone))?
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
