//! The catalogue of events: every entry in both profiles against the field tree, and back again.

use std::collections::BTreeSet;

use backlot::base::json::Value;
use backlot::base::seed::Seed;
use backlot::mps::Profile;
use backlot::mps::catalogue::{Entry, Shape, drift_of, entries, find, shapes_of};
use backlot::mps::sample::{EventKind, event};
use backlot::mps::schema::{KNOWN, NOTIFICATION, deviations, fields_of};

use super::vector;

const PROFILES: [Profile; 2] = [Profile::Legacy, Profile::Modern];

fn made(entry: &'static Entry, profile: Profile) -> Value {
    let at = "2024-01-01T00:00:00Z".parse().unwrap();
    event(EventKind::Entry(entry), profile, Seed(1), at)
}

/// Follows: mps.md sections 4 to 7. What published samples do otherwise is in [`KNOWN`], with its section.
#[test]
fn every_entry_is_as_the_field_tree_says() {
    let mut wrong = Vec::new();
    for entry in entries() {
        for profile in PROFILES {
            for found in deviations(NOTIFICATION, &made(entry, profile), profile) {
                if found.known.is_none() {
                    wrong.push(format!(
                        "{} {profile} {}: {}",
                        entry.name(),
                        found.path,
                        found.what
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_known_exception_occurs_and_names_its_section() {
    let mut idle: Vec<_> = KNOWN.iter().collect();
    for entry in entries() {
        for profile in PROFILES {
            for found in deviations(NOTIFICATION, &made(entry, profile), profile) {
                idle.retain(|known| found.known != Some(known));
            }
        }
    }
    // Samples have it, events of backlot do not.
    idle.retain(|known| (known.owner, known.field) != ("TranscodeTaskInput", "WatermarkSet"));
    assert!(idle.is_empty(), "{idle:?}");
    assert!(
        KNOWN
            .iter()
            .all(|known| known.section.starts_with("mps.md section "))
    );
}

#[test]
fn every_type_that_the_models_list_has_entries() {
    let names: BTreeSet<_> = entries().iter().map(Entry::name).collect();
    assert_eq!(names.len(), entries().len(), "names are different");
    let mut shown = String::new();
    for entry in entries() {
        shown += &made(entry, Profile::Modern).to_string();
    }
    for owner in [
        "MediaProcessTaskResult",
        "AiContentReviewResult",
        "AiAnalysisResult",
        "AiRecognitionResult",
        "ActivityResult",
    ] {
        let mut fields = fields_of(owner).iter();
        let listed = fields.find(|field| !field.values.is_empty()).unwrap();
        for value in &listed.values {
            let member = format!("\"{}\":\"{value}\"", listed.name);
            assert!(shown.contains(&member), "{owner} {value}");
        }
    }
}

#[test]
fn an_event_shows_the_entry_that_it_was_made_of() {
    for entry in entries() {
        for profile in PROFILES {
            let shapes = shapes_of(&made(entry, profile));
            let unknown = |shape: &Shape| matches!(shape, Shape::Unknown(_));
            assert!(!shapes.iter().any(unknown), "{} {shapes:?}", entry.name());
            let is_composite = entry.group() == "whole tasks" && !entry.is_counted();
            let is_shown = shapes.contains(&Shape::Known(entry));
            assert!(
                is_shown || is_composite,
                "{} {profile} {shapes:?}",
                entry.name()
            );
        }
    }
}

/// `null` in a place of the results would make an event about nothing.
#[test]
fn forms_say_how_it_ended() {
    let of = |name: &str| made(find(name).unwrap(), Profile::Modern);
    let at = |event: &Value, path: &str| event.pointer(path).unwrap().to_string();
    let result = "/WorkflowTaskEvent/MediaProcessResultSet/0/TranscodeTask";
    for (name, status, code, output_is_null) in [
        ("workflow/transcode", "\"SUCCESS\"", "0", false),
        ("workflow/transcode-failure", "\"FAIL\"", "70000", true),
        ("workflow/transcode-null", "\"SUCCESS\"", "0", true),
        ("workflow/transcode-processing", "\"PROCESSING\"", "0", true),
    ] {
        let event = of(name);
        assert_eq!(at(&event, &format!("{result}/Status")), status, "{name}");
        assert_eq!(at(&event, &format!("{result}/ErrCode")), code, "{name}");
        let output = at(&event, &format!("{result}/Output"));
        assert_eq!(output == "null", output_is_null, "{name}");
    }
    let nulls = of("workflow/transcode-null");
    assert_eq!(at(&nulls, "/WorkflowTaskEvent/InputInfo"), "null");
    assert_eq!(at(&nulls, "/WorkflowTaskEvent/MetaData"), "null");
    let processing = of("workflow/transcode-processing");
    assert_eq!(
        at(&processing, "/WorkflowTaskEvent/Status"),
        "\"PROCESSING\""
    );
    assert_eq!(
        at(&of("edit/splice-processing"), "/EditMediaTaskEvent/Output"),
        "null"
    );
    let failed = of("schedule/ai-review-failure");
    let activity = "/ScheduleTaskEvent/ActivityResultSet/0";
    assert_eq!(
        at(&failed, &format!("{activity}/ActivityType")),
        "\"AiContentReview\""
    );
    let review = format!("{activity}/ActivityResItem/ReviewTask");
    assert_eq!(at(&failed, &format!("{review}/Status")), "\"FAIL\"");
    let first = at(&failed, &format!("{review}/Output/0/PornTask/ErrCodeExt"));
    assert_eq!(first, "\"InternalError\"");
}

/// The legacy profile is of a time before AI results had codes in words, and before most of them.
#[test]
fn profiles_differ_where_the_table_says() {
    let entry = find("workflow/ai-review-porn").unwrap();
    let task = |profile| {
        made(entry, profile)
            .get("WorkflowTaskEvent")
            .cloned()
            .unwrap()
    };
    let (legacy, modern) = (task(Profile::Legacy), task(Profile::Modern));
    assert!(legacy.get("AiAnalysisResultSet").is_none());
    assert_eq!(modern.get("AiAnalysisResultSet").unwrap().to_string(), "[]");
    assert_eq!(modern.get("AiQualityControlTaskResult"), Some(&Value::Null));
    assert!(modern.get("SmartEraseTaskResult").is_none());
    let code = "/AiContentReviewResultSet/0/PornTask/ErrCodeExt";
    assert!(legacy.pointer(code).is_none());
    assert!(modern.pointer(code).is_some());
}

#[test]
fn published_shapes_have_not_drifted() {
    for name in [
        "trigger-workflow-success-legacy.json",
        "trigger-workflow-success-modern.json",
        "trigger-workflow-ai-review-modern.json",
        "trigger-workflow-ai-analysis-modern.json",
        "trigger-workflow-ai-recognition-modern.json",
        "trigger-workflow-processing-modern.json",
        "trigger-edit-splice-success-modern.json",
        "callback-schedule-success-modern.json",
    ] {
        let drift = drift_of(vector(name).to_string().as_bytes(), None).unwrap();
        let expected = if name.contains("legacy") {
            Profile::Legacy
        } else {
            Profile::Modern
        };
        assert_eq!(drift.profile, expected, "{name}");
        assert!(drift.is_empty(), "{name}: {:?}", drift.findings);
    }
}
