//! Triggers in `serverless.yml`. Follows: SCF reference, section 16.1, the table of events.

use super::draft::Draft;
use super::event::{CosEvent, Timer, filter, patterns, qualifier};
use super::report::Report;
use super::section::{Said, Section};
use super::tree::{Node, Pair};

/// One item of `events`: a mapping with one key, its kind.
pub(super) fn triggers(event: &Node, draft: &mut Draft, report: &mut Report) {
    let mut event = Section::of(event, report);
    for pair in event.others() {
        trigger(pair, draft, report);
    }
}

/// A trigger: its kind, and under it its parameters.
pub(super) fn trigger(pair: &Pair, draft: &mut Draft, report: &mut Report) {
    {
        let mut outer = Section::of(&pair.node, report);
        let name = outer.filled("name", report);
        let nested = outer.section("parameters", report);
        let is_nested = nested.is_some();
        let mut parameters = nested.unwrap_or_else(|| Section::of(&pair.node, report));
        let kind = pair.key.to_ascii_lowercase();
        match kind.as_str() {
            "mps" => mps(pair, &mut parameters, draft, report),
            "cos" => cos(pair, &mut parameters, draft, report),
            "timer" => timer(pair, &mut parameters, name, draft, report),
            "cls" | "cmq" | "ckafka" | "apigw" | "clb" | "http" => {
                report.idle(pair.place, kind);
                return;
            }
            _ => {
                let title = format!("unknown trigger `{}`", pair.key);
                let hint = "expected `mps`, `cos`, `timer`, `cls`, `cmq`, `ckafka` or `apigw`";
                report.warn(pair.place, title, Some(hint.to_owned()));
                return;
            }
        }
        parameters.end(report);
        if is_nested {
            outer.end(report);
        }
    }
}

fn mps(pair: &Pair, parameters: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    qualifier(parameters, report);
    let enabled = parameters.flag("enable", report);
    let Some(kind) = parameters.filled("type", report) else {
        let hint = "`type: WorkflowTask` or `type: EditMediaTask`".to_owned();
        return report.mistake(pair.place, "the trigger has no `type`", Some(hint));
    };
    draft.on_mps(&kind, enabled.is_none_or(|said| said.value), report);
}

fn cos(pair: &Pair, parameters: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    qualifier(parameters, report);
    let bucket = parameters.filled("bucket", report);
    let (prefix, suffix) = filter(parameters, report);
    let events = parameters.node("events", report);
    let enabled = parameters.flag("enable", report);
    let Some(bucket) = bucket else {
        return report.mistake(pair.place, "the trigger has no `bucket`", None);
    };
    let event = CosEvent {
        bucket,
        events: events.map_or_else(Vec::new, |events| patterns(events, report)),
        prefix,
        suffix,
        enabled: enabled.is_none_or(|said| said.value),
    };
    draft.on_cos(event, pair.place, report);
}

fn timer(
    pair: &Pair,
    parameters: &mut Section<'_>,
    name: Option<Said<String>>,
    draft: &mut Draft,
    report: &mut Report,
) {
    qualifier(parameters, report);
    let name = parameters.filled("name", report).or(name);
    let argument = parameters.text("argument", report);
    let enabled = parameters.flag("enable", report);
    let Some(cron) = parameters.filled("cronExpression", report) else {
        return report.mistake(pair.place, "the timer has no `cronExpression`", None);
    };
    let timer = Timer {
        name: name.map_or_else(|| "timer".to_owned(), |said| said.value),
        cron: cron.value,
        enabled: enabled.is_none_or(|said| said.value),
        argument: argument.map_or_else(String::new, |said| said.value),
    };
    draft.on_timer(timer, cron.place, report);
}
