//! One function in `serverless.yml`: the keys of `inputs`, which the other forms of the file have too.
//!
//! Follows: SCF reference, section 16.1, and the row "`InitTimeout` default" of section 0.1.

use std::path::Path;

use super::draft::Draft;
use super::refuse_kind;
use super::report::Report;
use super::section::{Said, Section, items, text};
use super::serverless_event::triggers;
use super::tree::Value;

/// The runtime of a function that names none.
const RUNTIME: &str = "Nodejs10.15";
/// The init timeout that the component sends where none is written, in seconds.
const INIT_TIMEOUT: u32 = 3;
/// What is understood and has no effect here.
const IDLE: [&str; 20] = [
    "layers",
    "include",
    "exclude",
    "enableRoleAuth",
    "entryFile",
    "cls",
    "asyncRunEnable",
    "traceEnable",
    "publicAccess",
    "eip",
    "vpcConfig",
    "cfs",
    "tags",
    "image",
    "installDependency",
    "protocolType",
    "protocolParams",
    "provisionedNum",
    "ignoreTriggers",
    "package",
];

/// Fills a function from its keys, all but its name, namespace and region.
pub(super) fn fill(
    inputs: &mut Section<'_>,
    draft: &mut Draft,
    folder: &Path,
    report: &mut Report,
) {
    settings(inputs, draft, report);
    source(inputs, draft, folder, report);
    asynchronous(inputs, draft, report);
    kind(inputs, draft, report);
    if let Some(events) = inputs.node("events", report) {
        for event in items(events) {
            triggers(event, draft, report);
        }
    }
    inputs.idle_without_note(&["description"], report);
    inputs.idle(&IDLE, report);
}

fn settings(inputs: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    let place = draft.place;
    match inputs.filled("runtime", report) {
        Some(runtime) => draft.runtime(runtime),
        None => draft.unsaid_runtime(RUNTIME),
    }
    if let Some(handler) = inputs.filled("handler", report) {
        draft.handler(handler);
    }
    if let Some(memory) = inputs.whole("memorySize", report) {
        draft.memory(&memory);
    }
    if let Some(timeout) = inputs.whole("timeout", report) {
        draft.timeout(&timeout);
    }
    let init_timeout = inputs.whole("initTimeout", report);
    draft.init_timeout(&init_timeout.unwrap_or(Said {
        value: INIT_TIMEOUT,
        place,
    }));
    if let Some(role) = inputs.text("role", report) {
        draft.role(&role);
    }
    if let Some(mut environment) = inputs.section("environment", report) {
        if let Some(variables) = environment.node("variables", report) {
            draft.environment(variables, report);
        }
        environment.end(report);
    }
    if let Some(mut queue) = inputs.section("deadLetter", report) {
        if let Some(name) = queue.filled("name", report) {
            draft.dead_letter(name);
        }
        queue.idle_without_note(&["type"], report);
        queue.idle(&["filterType"], report);
        queue.end(report);
    }
}

/// `src`: a folder, a folder with exceptions, or an object.
fn source(inputs: &mut Section<'_>, draft: &mut Draft, folder: &Path, report: &mut Report) {
    let old = inputs.node("codeUri", report);
    let Some(src) = inputs.node("src", report).or(old) else {
        return draft.no_code(draft.place, "`src` is missing", report);
    };
    if !matches!(src.value, Value::Pairs(_)) {
        if let Some(said) = text(src, report) {
            draft.code(&said, folder, report);
        }
        return;
    }
    let mut section = Section::of(src, report);
    let path = section.filled("src", report);
    section.idle(&["exclude", "include"], report);
    let bucket = section.filled("bucket", report);
    let key = section.filled("key", report);
    let object = section.filled("object", report).or(key);
    section.end(report);
    match (path, bucket.zip(object)) {
        (Some(path), _) => draft.code(&path, folder, report),
        (None, Some((bucket, object))) => {
            let title = format!(
                "the code is the object `{}` in the bucket `{}`, not a folder",
                object.value, bucket.value
            );
            draft.no_code(object.place, &title, report);
        }
        (None, None) => draft.no_code(src.place, "`src` names no folder", report),
    }
}

/// `msgTTL` and `retryNum`, which the component sends only for functions in asynchronous execution mode.
fn asynchronous(inputs: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    let age = inputs.whole::<u32>("msgTTL", report);
    let retries = inputs.whole::<u8>("retryNum", report);
    let is_sent = inputs.flag("asyncRunEnable", report);
    if is_sent.is_some_and(|said| said.value) {
        if let Some(age) = &age {
            draft.event_age(age);
        }
        if let Some(retries) = &retries {
            draft.retries(retries);
        }
        return;
    }
    let ignored = [
        ("msgTTL", age.map(|said| said.place), "21600 s"),
        ("retryNum", retries.map(|said| said.place), "2"),
    ];
    for (key, place, default) in ignored {
        if let Some(place) = place {
            let title = format!("`{key}` is not deployed without `asyncRunEnable: true`");
            let hint = format!(
                "the platform's {default} is in force; `functions.{}` in `backlot.yaml` can say otherwise",
                draft.name
            );
            report.warn(place, title, Some(hint));
        }
    }
}

/// Refuses functions that are no event functions.
fn kind(inputs: &mut Section<'_>, draft: &Draft, report: &mut Report) {
    let Some(kind) = inputs.filled("type", report) else {
        return;
    };
    if !kind.value.eq_ignore_ascii_case("event") {
        refuse_kind(&kind, draft, report);
    }
}
