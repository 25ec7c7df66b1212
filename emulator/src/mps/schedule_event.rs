//! The notification about a schedule task: the same results as those of a workflow task, as activities.
//!
//! Follows: mps.md section 6.2. No page says that the trigger delivers it, so it is delivered only to a function that is bound
//! to its type by name.

use backlot_base::json::{Object, Value};

use super::definitions::Templates;
use super::notification::{EventType, Notification, Stamp, State};
use super::object::SourceObject;
use super::processed::Processed;
use super::profile::Profile;
use super::request::{TaskKind, WorkflowRequest};
use super::result::MediaResult;
use super::result::ai::{AiResults, Family};
use super::switches::Switches;

/// The notification of a schedule task that has come so far, with the objects that it has written by then.
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
        let media = media.into_iter().map(|media| {
            let (kind, member) = (media.kind.result_type(), media.kind.member());
            activity(profile, kind, member, media.result)
        });
        let ai = ai.families().map(|family| {
            let (kind, member) = (family.activity_type(), family.activity_member());
            activity(profile, kind, member, ai.activity(family))
        });
        let activities: Value = media.chain(ai).collect();
        head.with("ActivityResultSet", activities)
    };
    let event_type = EventType::ScheduleTask;
    done.notification(event_type, request, stamp, profile, switches, with_results)
}

/// `ActivityResult`: its type, and an item with one member for each kind, of which one is not `null`.
fn activity(profile: Profile, kind: &str, member: &str, result: Value) -> Value {
    let mut result = Some(result);
    let media = TaskKind::ALL.map(|kind| (kind.member(), true));
    let ai = Family::ALL.map(|family| (family.activity_member(), !family.is_newest()));
    let mut item = Object::new();
    for (sibling, is_old) in media.into_iter().chain(ai) {
        let value = result.take_if(|_| sibling == member);
        let is_there = value.is_some() || (profile.is_modern() && is_old);
        item = item.with_if(is_there, sibling, value);
    }
    Object::new()
        .with("ActivityType", kind)
        .with("ActivityResItem", item)
        .into()
}
