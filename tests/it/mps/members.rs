//! Which members events have, and in which order, against the two published ones.
//!
//! The fixtures have a line for each place: a path, in which `[]` stands for any item, and the names of the members there.
//! What section 9 says that the emulator does otherwise is about values, not about names.

use std::collections::BTreeMap;

use backlot::base::json::Value;
use backlot::mps::Profile;
use backlot::mps::definitions::Templates;
use backlot::mps::notification::Stamp;
use backlot::mps::request::WorkflowRequest;
use backlot::mps::switches::Switches;
use backlot::mps::timeline::Timeline;
use backlot::mps::workflow_event;

use super::{demo, text};

/// The names of the members at each place of an event.
fn outline(value: &Value, path: &str, found: &mut BTreeMap<String, Vec<String>>) {
    match value {
        Value::Object(members) => {
            let names = members.iter().map(|(name, _)| name.as_str());
            let names = names.collect::<Vec<_>>().join(" ");
            let place = if path.is_empty() { "." } else { path };
            let all = found.entry(place.to_owned()).or_default();
            if !all.contains(&names) {
                all.push(names);
            }
            for (name, value) in members {
                let dot = if path.is_empty() { "" } else { "." };
                outline(value, &format!("{path}{dot}{name}"), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                outline(item, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
}

#[track_caller]
fn assert_members(fixture: &str, profile: Profile, tasks: &str) {
    let request: WorkflowRequest = serde_saphyr::from_str(tasks).unwrap();
    let stamp = Stamp {
        task_id: "2600000001-WorkflowTask-0t0".into(),
        timeline: Timeline::new("2024-05-17T08:56:25Z".parse().unwrap(), 62_805),
    };
    let switches = Switches::default();
    let templates = Templates::default();
    let source = demo();
    let made = workflow_event::notification(
        &request,
        Some(&source),
        stamp,
        profile,
        &switches,
        &templates,
    );
    let mut found = BTreeMap::new();
    outline(&made.event, "", &mut found);
    let fixture = text(fixture);
    assert!(fixture.lines().count() > 5);
    for line in fixture.lines() {
        let (place, names) = line.split_once(": ").unwrap();
        let ours = found.get(place).map_or(&[][..], Vec::as_slice);
        assert_eq!(ours, [names], "{place}");
    }
}

#[test]
fn the_published_trigger_event() {
    assert_members(
        "members-trigger-legacy.txt",
        Profile::Legacy,
        "tasks:\n\
         - transcode: { definition: 10, watermarks: [515247] }\n\
         - animated: { start: 0, end: 600 }\n\
         - snapshot-by-time: { times: [0], watermarks: [515247] }\n\
         - sprite: {}\n",
    );
}

#[test]
fn a_published_notification_without_results() {
    assert_members(
        "members-notification-modern.txt",
        Profile::Modern,
        "tasks: []\n",
    );
}
