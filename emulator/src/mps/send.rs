//! Events that are made up, or were captured, and go the way of a notification: to the functions that are bound to their type.

use bytes::Bytes;

use super::host::Delivery;
use super::notification::{EventType, UnknownEventType};
use super::profile::Profile;
use super::sample::{self, EventKind};
use super::service::{Mps, Told};
use backlot_base::clock::Hold;
use backlot_base::json::Value;

/// Why an event is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It is no JSON.
    #[error("the event is not JSON: {0}")]
    NotJson(String),
    /// It is not made by MPS.
    #[error("the event has no `EventType`, so it is no event of MPS")]
    NoEventType,
    /// MPS makes no such events.
    #[error(transparent)]
    UnknownEventType(#[from] UnknownEventType),
}

/// An event that was sent, and the functions that it went to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The type of the task that it is about.
    pub event_type: EventType,
    /// The id of that task; empty if the event has none.
    pub task_id: String,
    /// The functions, with what became of the event there. None is bound to the type if this is empty.
    pub deliveries: Vec<(String, Delivery)>,
}

impl Mps {
    /// A made-up event about a task that finishes now. Each has a task id of its own.
    pub fn made_up(&self, kind: EventKind, profile: Option<Profile>) -> Value {
        let (context, settings) = (self.context(), self.settings());
        let profile = profile.unwrap_or(settings.profile);
        let number = self.number();
        sample::finished(kind, profile, context.seed, number, context.clock.now())
    }

    /// Sends an event, byte for byte, to the functions that are bound to its type.
    pub async fn send(&self, event: Bytes, hold: &Hold) -> Result<Sent, SendError> {
        let not_json = |why: String| SendError::NotJson(why);
        let text = std::str::from_utf8(&event).map_err(|error| not_json(error.to_string()))?;
        let value = Value::parse(text).map_err(|error| not_json(error.to_string()))?;
        let event_type = value.get("EventType").and_then(Value::as_str);
        let event_type: EventType = event_type.ok_or(SendError::NoEventType)?.parse()?;
        let body = value.get(&format!("{event_type}Event"));
        let task_id = body.and_then(|body| body.get("TaskId")?.as_str());
        let task_id = task_id.unwrap_or_default().to_owned();
        let err_code = body.and_then(|body| body.get("ErrCode")?.to_string().parse().ok());
        let told = Told {
            event_type,
            task_id: task_id.clone(),
            err_code: err_code.unwrap_or_default(),
        };
        let deliveries = self.tell(told, event, hold).await;
        Ok(Sent {
            event_type,
            task_id,
            deliveries,
        })
    }
}
