//! How the API tells of a task: the member of `DescribeTaskDetail`, in the modern profile whatever the notification is.
//! Follows: mps.md sections 2.1 and 7.3.

use backlot_base::json::{Object, Value};

use super::row::Entry;
use crate::mps::definitions::Templates;
use crate::mps::lifecycle::Planned;
use crate::mps::notification::{Notification, Stamp};
use crate::mps::settings::Settings;
use crate::mps::switches::Switches;
use crate::mps::task::Job;

/// What has come of a finished task.
pub(super) fn finished(
    planned: &Planned,
    notification: &Notification,
    settings: &Settings,
    templates: &Templates,
) -> Value {
    let member = format!("{}Event", notification.event_type);
    let is_modern = planned
        .job
        .profile()
        .unwrap_or(settings.profile)
        .is_modern();
    if is_modern && let Some(told) = notification.event.get(&member) {
        return told.clone();
    }
    let again = Planned {
        job: planned.job.clone().for_api(&settings.switches),
        ..planned.clone()
    };
    let told = again.notification(settings, templates).event;
    told.get(&member).cloned().unwrap_or_default()
}

/// Whether a part of a finished task has failed.
pub(super) fn has_failed(detail: &Value) -> bool {
    let is_error = |code: &Value| code.as_i64().is_some_and(|code| code != 0);
    detail.get("ErrCode").is_some_and(is_error) || has_failed_part(detail)
}

fn has_failed_part(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_failed_part),
        Value::Object(members) => {
            value.get("Status").and_then(Value::as_str) == Some("FAIL")
                || members.iter().any(|(_, member)| has_failed_part(member))
        }
        _ => false,
    }
}

/// What is known of a task that has not finished.
///
/// Choice: `PROCESSING`, as all its results, also while it waits, because the inner status has no such value (section 10.1).
pub(in crate::mps) fn unfinished(entry: &Entry, job: &Job, templates: &Templates) -> Value {
    let stamp = Stamp {
        task_id: entry.row.id.clone(),
        timeline: job.timeline(entry.row.created),
    };
    let begun = job.begun(stamp, &Switches::default(), templates);
    let member = format!("{}Event", begun.event_type);
    begun.event.get(&member).cloned().unwrap_or_default()
}

/// What is told of a task whose request cannot be read any more.
pub(super) fn lost(task_id: &str) -> Value {
    Object::new()
        .with("TaskId", task_id)
        .with("Status", "FINISH")
        .with("ErrCode", 70_000u64)
        .with("Message", "InternalError")
        .into()
}
