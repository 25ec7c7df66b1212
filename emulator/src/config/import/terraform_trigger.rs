//! Triggers in Terraform: blocks of a function, and resources of their own.
//!
//! Follows: SCF reference, sections 14.2 and 16.3.

use super::draft::Draft;
use super::event::{CosEvent, Timer, filter, patterns, qualifier};
use super::report::Report;
use super::section::{Said, Section};
use super::tree::{Node, Value};
use super::yaml_tree;
use backlot_base::source::SourceFile;

/// A trigger as both forms have it.
struct Written {
    kind: Said<String>,
    name: Option<Said<String>>,
    desc: Option<Said<String>>,
    enabled: bool,
    argument: String,
}

/// A block `triggers` of a function.
pub(super) fn in_function(node: &Node, draft: &mut Draft, report: &mut Report) {
    let mut section = Section::of(node, report);
    let name = section.filled("name", report);
    let kind = section.filled("type", report);
    let desc = section.filled("trigger_desc", report);
    section.idle_without_note(&["cos_region"], report);
    section.end(report);
    let Some(kind) = kind else {
        return report.mistake(node.place, "the trigger has no `type` that is known", None);
    };
    let trigger = Written {
        kind,
        name,
        desc,
        enabled: true,
        argument: String::new(),
    };
    read(trigger, draft, report);
}

/// A resource of its own.
pub(super) fn separate(section: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    qualifier(section, report);
    let place = section.place;
    let name = section.filled("trigger_name", report);
    let kind = section.filled("type", report);
    let desc = section.filled("trigger_desc", report);
    let enabled = section.flag("enable", report);
    let argument = section.text("custom_argument", report);
    section.idle_without_note(&["description", "id"], report);
    let Some(kind) = kind else {
        return report.mistake(place, "the trigger has no `type` that is known", None);
    };
    let trigger = Written {
        kind,
        name,
        desc,
        enabled: enabled.is_none_or(|said| said.value),
        argument: argument.map_or_else(String::new, |said| said.value),
    };
    read(trigger, draft, report);
}

fn read(trigger: Written, draft: &mut Draft, report: &mut Report) {
    match trigger.kind.value.as_str() {
        "timer" => timer(trigger, draft, report),
        "cos" => cos(trigger, draft, report),
        "mps" => mps(&trigger, draft, report),
        other => report.idle(trigger.kind.place, format!("{other} trigger")),
    }
}

/// The description as a tree: JSON text. `None` if it is none.
fn described(trigger: &Written) -> Option<Node> {
    let desc = trigger.desc.as_ref()?;
    let source = SourceFile::new("trigger_desc", &*desc.value);
    let node = yaml_tree::read(&source, desc.place.file).ok()?;
    matches!(node.value, Value::Pairs(_)).then(|| node.moved_to(desc.place))
}

/// Cron text, or JSON with it.
fn timer(trigger: Written, draft: &mut Draft, report: &mut Report) {
    let described = described(&trigger);
    let Some(desc) = trigger.desc else {
        let title = "the timer has no `trigger_desc` that is known";
        return report.mistake(trigger.kind.place, title, None);
    };
    let cron = described.and_then(|node| node.get("cron")?.scalar());
    let timer = Timer {
        name: trigger
            .name
            .map_or_else(|| "timer".to_owned(), |said| said.value),
        cron: cron.unwrap_or(desc.value),
        enabled: trigger.enabled,
        argument: trigger.argument,
    };
    draft.on_timer(timer, desc.place, report);
}

/// The name is the bucket's host; the description has the event and the filter.
fn cos(trigger: Written, draft: &mut Draft, report: &mut Report) {
    let place = trigger.kind.place;
    let described = described(&trigger);
    let (Some(bucket), Some(node)) = (trigger.name, described) else {
        let title =
            "a cos trigger needs a name, which is its bucket's host, and JSON in `trigger_desc`";
        return report.mistake(place, title, None);
    };
    let mut section = Section::of(&node, report);
    let events = section.node("event", report);
    let (prefix, suffix) = filter(&mut section, report);
    section.idle_without_note(&["bucketUrl"], report);
    section.end(report);
    let event = CosEvent {
        bucket,
        events: events.map_or_else(Vec::new, |events| patterns(events, report)),
        prefix,
        suffix,
        enabled: trigger.enabled,
    };
    draft.on_cos(event, place, report);
}

/// The type of the event is in the description; else it is the trigger's name, with or without `Event` after it.
fn mps(trigger: &Written, draft: &mut Draft, report: &mut Report) {
    let said = described(trigger).and_then(|node| {
        let kind = node.get("eventType")?;
        let place = kind.place;
        Some(Said {
            value: kind.scalar()?,
            place,
        })
    });
    let named = trigger.name.as_ref().map(|name| Said {
        value: name.value.trim_end_matches("Event").to_owned(),
        place: name.place,
    });
    let Some(kind) = said.or(named) else {
        let title = "an mps trigger needs `{\"eventType\":\"WorkflowTask\"}` in `trigger_desc`";
        return report.mistake(trigger.kind.place, title, None);
    };
    draft.on_mps(&kind, trigger.enabled, report);
}
