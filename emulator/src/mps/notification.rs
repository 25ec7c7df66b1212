//! A notification: what MPS says about a task that has finished, in the envelope of its profile.

use std::fmt;

use bytes::Bytes;

use crate::mps::object::OutputObject;
use backlot_base::json::{Object, Value};

use super::profile::Profile;
use super::switches::Switches;
use super::timeline::Timeline;

/// A kind of task that notifications are about. Follows: mps.md section 2.2; the trigger knows no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// Made by workflows and `ProcessMedia`.
    WorkflowTask,
    /// Made by `EditMedia`.
    EditMediaTask,
    /// Made by schedules, and by `ProcessMedia` with one. No page says that the trigger knows it.
    ScheduleTask,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WorkflowTask, Self::EditMediaTask, Self::ScheduleTask];

    /// Those of which the documents say that a function can be bound to them.
    pub const DOCUMENTED: [Self; 2] = [Self::WorkflowTask, Self::EditMediaTask];
}

/// What a task is called and when it runs: all of a notification that does not follow from the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// For example `2600000001-WorkflowTask-…t0`.
    pub task_id: String,
    /// When it begins and finishes.
    pub timeline: Timeline,
}

/// How far a task has come when it is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It has finished.
    #[default]
    Finished,
    /// It is being processed.
    ///
    /// Choice: its results come one after the other, in the order in which notifications list them.
    Processing {
        /// How many of its sub-tasks have ended.
        ended: usize,
    },
}

/// The notification of a task, with the objects that the task leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The type of the task.
    pub event_type: EventType,
    /// The task's id.
    pub task_id: String,
    /// `ErrCode` of the task as a whole.
    pub err_code: i64,
    /// The event.
    pub event: Value,
    /// Objects that the task leaves.
    pub outputs: Vec<OutputObject>,
    /// When it begins and finishes.
    pub timeline: Timeline,
}

impl Notification {
    /// The event as it is sent: compact JSON.
    pub fn bytes(&self) -> Bytes {
        Bytes::from(self.event.to_string())
    }
}

impl State {
    /// `Status` of a task. Follows: mps.md section 8.1.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "FINISH",
            Self::Processing { .. } => "PROCESSING",
        }
    }
}

impl EventType {
    /// `EventType` in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WorkflowTask => "WorkflowTask",
            Self::EditMediaTask => "EditMediaTask",
            Self::ScheduleTask => "ScheduleTask",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// No notification is about tasks of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an event type: expected `WorkflowTask`, `EditMediaTask` or `ScheduleTask`")]
pub struct UnknownEventType(pub String);

impl std::str::FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, UnknownEventType> {
        match text {
            "WorkflowTask" => Ok(Self::WorkflowTask),
            "EditMediaTask" => Ok(Self::EditMediaTask),
            "ScheduleTask" => Ok(Self::ScheduleTask),
            other => Err(UnknownEventType(other.to_owned())),
        }
    }
}

/// What the requester wants back.
pub(super) struct Session<'a> {
    pub(super) id: &'a str,
    pub(super) context: &'a str,
}

/// Puts a task into its envelope. Follows: mps.md sections 2.1 and 7.3.
pub(super) fn envelope(
    profile: Profile,
    switches: &Switches,
    event_type: EventType,
    task: Value,
    session: &Session<'_>,
) -> Value {
    let event = match profile {
        Profile::Legacy => Object::new()
            .with("EventType", event_type.as_str())
            .with(&format!("{event_type}Event"), task)
            .into(),
        Profile::Modern => modern(event_type, task, session),
    };
    if switches.string_array {
        [event.to_string()].into_iter().collect()
    } else {
        event
    }
}

fn modern(event_type: EventType, task: Value, session: &Session<'_>) -> Value {
    let mut task = Some(task);
    let mut of = |wanted| Value::from(task.take_if(|_| event_type == wanted));
    let workflow = of(EventType::WorkflowTask);
    let schedule = of(EventType::ScheduleTask);
    let edit = of(EventType::EditMediaTask);
    Object::new()
        .with("EventType", event_type.as_str())
        .with("WorkflowTaskEvent", workflow)
        .with("ScheduleTaskEvent", schedule)
        .with("LiveScheduleTaskEvent", Value::Null)
        .with("EditMediaTaskEvent", edit)
        .with("GetMediaAttributesTaskEvent", Value::Null)
        .with("SessionId", session.id)
        .with("SessionContext", session.context)
        .with("ExtInfo", "")
        .into()
}
