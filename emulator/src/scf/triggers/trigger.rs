//! A trigger as data.
//!
//! Follows: SCF reference, sections 14.1 and 14.5.

use jiff::Timestamp;

use super::cron::Cron;
use crate::scf::function_key::FunctionKey;
use crate::scf::surroundings::{CosRule, EventRoute, EventSource};
use backlot_base::json::{Object, Value};
use backlot_base::signal::FunctionTarget;

/// Triggers of one type that a function may have. Follows: SCF reference, section 17.
pub const MAX_TRIGGERS: usize = 10;

/// A trigger of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// `TriggerName`: of a COS trigger the bucket's host, of an MPS trigger the end of its resource, else as the user says.
    pub name: String,
    /// The function, with the qualifier that the trigger belongs to.
    pub target: FunctionTarget,
    /// What sets it off.
    pub source: Source,
    /// Whether it makes the function run.
    pub is_enabled: bool,
    /// `CustomArgument`: of a timer, the `Message` of its events.
    pub argument: String,
    /// `Description`.
    pub description: String,
    /// When it was created.
    pub added: Timestamp,
    /// When it was changed last. A timer fires after this time only.
    pub modified: Timestamp,
}

/// What sets a trigger off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Time.
    Timer(Cron),
    /// Changes of objects.
    Cos(CosRule),
    /// The end of tasks of this type, such as `WorkflowTask`.
    Mps(String),
    /// Records of a log topic. There is no log service, so nothing but an operator's order sets it off.
    Cls {
        /// The id of the topic.
        topic: String,
        /// `TriggerDesc` as it was sent.
        description: String,
    },
}

/// How the API names a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerId {
    /// The function and the qualifier.
    pub target: FunctionTarget,
    /// The type, such as `timer`.
    pub kind: &'static str,
    /// `TriggerName`.
    pub name: String,
    /// What sets it off: several COS triggers can have one name.
    pub source: Option<Source>,
}

impl Trigger {
    /// An enabled trigger that is created now.
    pub fn new(name: impl Into<String>, target: FunctionTarget, source: Source) -> Self {
        Self {
            name: name.into(),
            target,
            source,
            is_enabled: true,
            argument: String::new(),
            description: String::new(),
            added: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
        }
    }

    /// The same trigger, in force or not.
    #[must_use]
    pub fn enabled(self, is_enabled: bool) -> Self {
        Self { is_enabled, ..self }
    }

    /// Its function.
    pub fn function(&self) -> FunctionKey {
        FunctionKey::from(&self.target)
    }

    /// Whether it is the trigger that an id names.
    pub fn is(&self, id: &TriggerId) -> bool {
        self.target == id.target && self.is_but_for_qualifier(id)
    }

    /// Whether an id names it, but for the qualifier.
    pub(super) fn is_but_for_qualifier(&self, id: &TriggerId) -> bool {
        self.function() == FunctionKey::from(&id.target)
            && self.source.kind() == id.kind
            && self.name == id.name
            && id
                .source
                .as_ref()
                .is_none_or(|source| *source == self.source)
    }

    /// What another service has to know of it; `None` if it is SCF's own.
    pub(super) fn route(&self) -> Option<EventRoute<'_>> {
        let source = match &self.source {
            Source::Cos(rule) => EventSource::Cos(rule),
            Source::Mps(event_type) => EventSource::Mps(event_type),
            Source::Timer(_) | Source::Cls { .. } => return None,
        };
        Some(EventRoute {
            source,
            target: &self.target,
            is_enabled: self.is_enabled,
        })
    }

    /// What makes it the same trigger when it is created once more.
    pub fn id(&self) -> TriggerId {
        let is_cos = matches!(self.source, Source::Cos(_));
        TriggerId {
            target: self.target.clone(),
            kind: self.source.kind(),
            name: self.name.clone(),
            source: is_cos.then(|| self.source.clone()),
        }
    }
}

impl Source {
    /// Records of the log topic with this id.
    pub fn topic(id: &str) -> Self {
        let description = Object::new().with("topic_id", id);
        Self::Cls {
            topic: id.to_owned(),
            description: Value::from(description).to_string(),
        }
    }

    /// `Type`, such as `timer`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Timer(_) => "timer",
            Self::Cos(_) => "cos",
            Self::Mps(_) => "mps",
            Self::Cls { .. } => "cls",
        }
    }
}
