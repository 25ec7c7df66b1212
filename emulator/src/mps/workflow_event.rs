//! The notification about a workflow task. Follows: mps.md section 4.

use jiff::Timestamp;

use crate::mps::object::SourceObject;
use backlot_base::json::{Object, Value};

use super::definitions::Templates;
use super::engine::probe::Media;
use super::notification::{EventType, Notification, Stamp, State};
use super::processed::Processed;
use super::profile::Profile;
use super::request::WorkflowRequest;
use super::result::ai::{AiResults, Family};
use super::result::{MediaResult, entry};
use super::switches::Switches;
use super::timeline::Timeline;

/// When a task about this source runs, if it is created at `created`.
pub fn timeline(found: Option<&SourceObject>, created: Timestamp) -> Timeline {
    let media = found.and_then(Media::of);
    Timeline::new(created, media.map_or(0, |media| media.duration))
}

/// The notification of a task that has run. `found` is the source as it is stored; `None` if it is missing. `templates` are
/// those of the time at which the task has run.
///
/// A finished task with failed sub-tasks is a task that went well; only a broken source makes `ErrCode` other than 0.
pub fn notification(
    request: &WorkflowRequest,
    found: Option<&SourceObject>,
    stamp: Stamp,
    profile: Profile,
    switches: &Switches,
    templates: &Templates,
) -> Notification {
    in_state(
        State::Finished,
        request,
        found,
        stamp,
        profile,
        switches,
        templates,
    )
}

/// The notification of a task that has come so far, with the objects that it has written by then.
pub fn in_state(
    state: State,
    request: &WorkflowRequest,
    found: Option<&SourceObject>,
    stamp: Stamp,
    profile: Profile,
    switches: &Switches,
    templates: &Templates,
) -> Notification {
    let done = Processed::of(state, request, found, &stamp, profile, switches, templates);
    let with_results = |head: Object, media: Vec<MediaResult>, ai: &AiResults| {
        let media = media.into_iter();
        let media: Value = media.map(|result| entry(profile, result)).collect();
        let task = head.with("MediaProcessResultSet", media);
        let families = Family::ALL.into_iter();
        families.fold(task, |task, family| with_family(task, profile, family, ai))
    };
    let event_type = EventType::WorkflowTask;
    done.notification(event_type, request, stamp, profile, switches, with_results)
}

/// The results of one family of AI sub-tasks. Those that nothing was asked of are `[]` or `null` in the modern profile and
/// absent in the legacy one; the newest ones are absent in both. Follows: mps.md sections 7.1 and 7.3.
fn with_family(task: Object, profile: Profile, family: Family, results: &AiResults) -> Object {
    let found = results.of(family);
    let is_there = found.is_some() || (profile.is_modern() && !family.is_newest());
    let nothing = if family.is_set() {
        Value::Array(Vec::new())
    } else {
        Value::Null
    };
    task.with_if(is_there, family.workflow_member(), found.unwrap_or(nothing))
}
