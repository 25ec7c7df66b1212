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
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::WorkflowTask, Self::EditMediaTask];
}

/// What a task is called and when it runs: all of a notification that does not follow from the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// For example `2600000001-WorkflowTask-…t0`.
    pub task_id: String,
    /// When it begins and finishes.
    pub timeline: Timeline,
}

/// The notification of a finished task, with the objects that the task leaves.
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

impl EventType {
    /// `EventType` in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WorkflowTask => "WorkflowTask",
            Self::EditMediaTask => "EditMediaTask",
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
#[error("`{0}` is not an event type: expected `WorkflowTask` or `EditMediaTask`")]
pub struct UnknownEventType(pub String);

impl std::str::FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, UnknownEventType> {
        match text {
            "WorkflowTask" => Ok(Self::WorkflowTask),
            "EditMediaTask" => Ok(Self::EditMediaTask),
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
    let (workflow, edit) = match event_type {
        EventType::WorkflowTask => (task, Value::Null),
        EventType::EditMediaTask => (Value::Null, task),
    };
    Object::new()
        .with("EventType", event_type.as_str())
        .with("WorkflowTaskEvent", workflow)
        .with("ScheduleTaskEvent", Value::Null)
        .with("LiveScheduleTaskEvent", Value::Null)
        .with("EditMediaTaskEvent", edit)
        .with("GetMediaAttributesTaskEvent", Value::Null)
        .with("SessionId", session.id)
        .with("SessionContext", session.context)
        .with("ExtInfo", "")
        .into()
}
