//! `serverless.yml` of the Serverless Framework, component `scf`.
//!
//! Follows: SCF reference, section 16.1, and the row "`InitTimeout` default" of section 0.1.

use std::path::Path;

use super::draft::{Draft, Timer};
use super::event::{CosEvent, filter, patterns, qualifier};
use super::imported::Drafts;
use super::report::Report;
use super::section::{Said, Section, items};
use super::surroundings::Surroundings;
use super::tree::{Node, Pair, Value};
use super::variables::Variables;

/// The runtime of a function that names none.
const RUNTIME: &str = "Nodejs10.15";
/// The init timeout that the component sends where none is written, in seconds.
const INIT_TIMEOUT: u32 = 3;
/// What is understood and has no effect here.
const IDLE: [&str; 15] = [
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
];

/// Reads the functions of a file in `folder`.
pub(super) fn read(
    root: &Node,
    folder: &Path,
    surroundings: &Surroundings<'_>,
    report: &mut Report,
) -> Drafts {
    let mut drafts = Drafts::default();
    let mut top = Section::of(root, report);
    let mut variables = Variables::new(root, folder, surroundings);
    for key in ["org", "app", "stage", "name"] {
        let said = top.filled(key, report);
        let said = said.map(|said| variables.resolve_text(&said.value, said.place, report));
        match (key, said) {
            (_, Some(said)) => variables.know(key, said),
            ("stage", None) => variables.know("stage", "dev".to_owned()),
            _ => {}
        }
    }
    component(&mut top, report);
    top.idle(&["description"], report);
    if let Some(pair) = top.pair("inputs", report) {
        let inputs = variables.resolve(&pair.node, report);
        function(pair, &inputs, &variables, folder, &mut drafts, report);
    } else {
        let hint = "the function is described under `inputs:`".to_owned();
        report.mistake(root.place, "there are no `inputs`", Some(hint));
    }
    top.end(report);
    drafts
}

/// Refuses other components than `scf`.
fn component(top: &mut Section<'_>, report: &mut Report) {
    let Some(said) = top.text("component", report) else {
        let hint = "only files with `component: scf` are imported".to_owned();
        return report.mistake(top.place, "there is no `component`", Some(hint));
    };
    let name = said.value.split('@').next().unwrap_or_default();
    if name != "scf" {
        let title = format!("the component `{}` is not supported", said.value);
        let hint = "only files with `component: scf` are imported".to_owned();
        report.mistake(said.place, title, Some(hint));
    }
}

fn function(
    pair: &Pair,
    node: &Node,
    variables: &Variables<'_>,
    folder: &Path,
    drafts: &mut Drafts,
    report: &mut Report,
) {
    let mut inputs = Section::of(node, report);
    let name = inputs.filled("name", report);
    let (name, place) = match name {
        Some(said) => (said.value, said.place),
        None => (default_name(variables), pair.place),
    };
    let namespace = inputs.filled("namespace", report);
    let namespace = namespace.map_or(String::new(), |said| said.value);
    let mut draft = Draft::new(&namespace, &name, place);
    settings(&mut inputs, &mut draft, report);
    source(&mut inputs, &mut draft, folder, report);
    asynchronous(&mut inputs, &mut draft, report);
    kind(&mut inputs, &draft, report);
    drafts.region(inputs.filled("region", report), report);
    inputs.idle(&["layers", "description"], report);
    if let Some(events) = inputs.node("events", report) {
        for event in items(events) {
            triggers(event, &mut draft, report);
        }
    }
    inputs.idle(&IDLE, report);
    inputs.end(report);
    drafts.add(draft, report);
}

/// `${name}-${stage}-${app}`. Choice: without `app`, which is unusual, the name of the instance is that of the application too.
fn default_name(variables: &Variables<'_>) -> String {
    let named = |name| variables.named(name).unwrap_or("function");
    let app = variables.named("app").unwrap_or(named("name"));
    format!("{}-{}-{app}", named("name"), named("stage"))
}

fn settings(inputs: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    let place = draft.place;
    let runtime = inputs.filled("runtime", report);
    draft.runtime(runtime.unwrap_or_else(|| {
        let value = RUNTIME.to_owned();
        Said { value, place }
    }));
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
        queue.idle(&["type", "filterType"], report);
        queue.end(report);
    }
}

/// `src`: a folder, a folder with exceptions, or an object.
fn source(inputs: &mut Section<'_>, draft: &mut Draft, folder: &Path, report: &mut Report) {
    let Some(src) = inputs.node("src", report) else {
        return draft.no_code(draft.place, "`src` is missing", report);
    };
    if !matches!(src.value, Value::Pairs(_)) {
        if let Some(said) = super::section::text(src, report) {
            draft.code(&said, folder, report);
        }
        return;
    }
    let mut section = Section::of(src, report);
    let path = section.filled("src", report);
    section.idle(&["exclude"], report);
    let bucket = section.filled("bucket", report);
    let object = section.filled("object", report);
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
        super::refuse_kind(&kind, draft, report);
    }
}

/// One item of `events`: a mapping with one key, its kind.
fn triggers(event: &Node, draft: &mut Draft, report: &mut Report) {
    let mut event = Section::of(event, report);
    for pair in event.others() {
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
                continue;
            }
            _ => {
                let title = format!("unknown trigger `{}`", pair.key);
                let hint = "expected `mps`, `cos`, `timer`, `cls`, `cmq`, `ckafka` or `apigw`";
                report.warn(pair.place, title, Some(hint.to_owned()));
                continue;
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
