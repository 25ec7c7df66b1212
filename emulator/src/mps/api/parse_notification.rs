//! `ParseNotification`: reads the text of a notification. It knows no tasks and changes nothing.
//!
//! Follows: mps.md sections 2.1 and 11.1. Choice: what the notification does not say is `null`, or an empty text for the
//! session; members that may be missing in answers are missing. Below its event a notification is copied as it is.

use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Every type that a notification can be about, known to the emulator as a producer or not. Section 2.2.
const EVENT_TYPES: [&str; 5] = [
    "WorkflowTask",
    "EditMediaTask",
    "ScheduleTask",
    "BatchTask",
    "ExtractBlindWatermark",
];

/// Members of an answer that are there only if the notification has them.
const WHERE_GIVEN: [&str; 4] = [
    "Timestamp",
    "Sign",
    "BatchTaskEvent",
    "ExtractBlindWatermarkTask",
];

/// Reads the parameter `Content`.
pub(super) fn parse_notification(call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let content = parameters.required("Content", Parameter::filled_text)?;
    let notification = Value::parse(content)
        .map_err(|error| invalid(&format!("The notification is not JSON: {error}.")))?;
    if notification.as_object().is_none() {
        let kind = notification.kind();
        return Err(invalid(&format!(
            "The notification is {kind}, not an object."
        )));
    }
    let event_type = event_type(&notification)?;
    let copied = |name: &str| notification.get(name).cloned().unwrap_or_default();
    let text = |name: &str| match copied(name) {
        Value::Null => Value::from(""),
        given => given,
    };
    let answer = Object::new()
        .with("EventType", event_type)
        .with("WorkflowTaskEvent", copied("WorkflowTaskEvent"))
        .with("EditMediaTaskEvent", copied("EditMediaTaskEvent"))
        .with("SessionId", text("SessionId"))
        .with("SessionContext", text("SessionContext"))
        .with("ScheduleTaskEvent", copied("ScheduleTaskEvent"));
    let answer = WHERE_GIVEN.iter().fold(answer, |answer, name| {
        let given = copied(name);
        answer.with_if(!given.is_null(), name, given)
    });
    Ok(answer.into())
}

fn event_type(notification: &Value) -> Result<&str, ApiError> {
    let known = EVENT_TYPES.join("`, `");
    let Some(found) = notification.get("EventType") else {
        let message = format!("The notification has no `EventType`; expected `{known}`.");
        return Err(invalid(&message));
    };
    let text = found.as_str().unwrap_or_default();
    if EVENT_TYPES.contains(&text) {
        return Ok(text);
    }
    Err(invalid(&format!(
        "The notification has the `EventType` {found}; expected `{known}`."
    )))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterValue.InvalidContent", message)
}
