//! `template.yaml` of the discontinued local command, and `config.json` of the demo repository.
//!
//! Follows: SCF reference, section 16.2.

use std::path::Path;

use super::draft::Draft;
use super::event::{CosEvent, Timer, filter, patterns};
use super::imported::Drafts;
use super::refuse_kind;
use super::report::Report;
use super::section::{Said, Section, items};
use super::tree::{Node, Pair, Place, Value};

const NAMESPACE: &str = "TencentCloud::Serverless::Namespace";
const FUNCTION: &str = "TencentCloud::Serverless::Function";
/// The root of `config.json`.
pub(super) const DEMO: &str = "serverless-cloud-function-application";

/// Reads the functions of a template in `folder`.
pub(super) fn read(root: &Node, folder: &Path, report: &mut Report) -> Drafts {
    let mut drafts = Drafts::default();
    let mut top = Section::of(root, report);
    if let Some(demo) = top.section(DEMO, report) {
        read_demo(demo, folder, &mut drafts, report);
        top.end(report);
        return drafts;
    }
    let keys = [
        "Transform",
        "Description",
        "AWSTemplateFormatVersion",
        "Outputs",
        "Metadata",
    ];
    top.idle_without_note(&keys, report);
    let mut globals = top.section("Globals", report);
    let shared = globals
        .as_mut()
        .and_then(|globals| globals.node("Function", report));
    if let Some(globals) = globals {
        globals.end(report);
    }
    let Some(resources) = top.node("Resources", report) else {
        let hint = "functions are described under `Resources:`".to_owned();
        report.mistake(root.place, "there are no `Resources`", Some(hint));
        return drafts;
    };
    let mut resources = Section::of(resources, report);
    for pair in resources.others() {
        namespace(pair, shared, folder, &mut drafts, report);
    }
    top.end(report);
    drafts
}

/// A namespace with its functions.
fn namespace(
    pair: &Pair,
    shared: Option<&Node>,
    folder: &Path,
    drafts: &mut Drafts,
    report: &mut Report,
) {
    let mut section = Section::of(&pair.node, report);
    match section.text("Type", report) {
        Some(kind) if kind.value == NAMESPACE => {}
        Some(kind) => {
            let title = format!("resources of type `{}` are not imported", kind.value);
            let hint = format!("`{NAMESPACE}` is");
            return report.warn(kind.place, title, Some(hint));
        }
        None => {
            let hint = format!("write `Type: {NAMESPACE}`");
            return report.mistake(pair.place, "the resource has no `Type`", Some(hint));
        }
    }
    for function in section.others() {
        let mut section = Section::of(&function.node, report);
        match section.text("Type", report) {
            Some(kind) if kind.value == FUNCTION => {}
            Some(kind) => {
                let title = format!("resources of type `{}` are not imported", kind.value);
                report.warn(kind.place, title, Some(format!("`{FUNCTION}` is")));
                continue;
            }
            None => {
                let hint = format!("write `Type: {FUNCTION}`");
                report.mistake(function.place, "the resource has no `Type`", Some(hint));
                continue;
            }
        }
        let nothing = Node {
            place: function.place,
            value: Value::Pairs(Vec::new()),
        };
        let own = section.node("Properties", report).unwrap_or(&nothing);
        section.end(report);
        let properties = shared.map_or_else(|| own.clone(), |shared| own.over(shared));
        let mut draft = Draft::new(&pair.key, &function.key, function.place);
        fill(&properties, &mut draft, folder, report);
        drafts.add(draft, report);
    }
}

/// Fills a function from its properties.
fn fill(properties: &Node, draft: &mut Draft, folder: &Path, report: &mut Report) {
    let mut section = Section::of(properties, report);
    let (handler, runtime) = (
        section.filled("Handler", report),
        section.filled("Runtime", report),
    );
    match handler {
        Some(handler) => draft.handler(handler),
        None => lacking("Handler", "handler", draft, report),
    }
    match runtime {
        Some(runtime) => draft.runtime(runtime),
        None => lacking("Runtime", "runtime", draft, report),
    }
    code(&mut section, draft, folder, report);
    shared_settings(&mut section, draft, report);
    if let Some(kind) = section.filled("Type", report)
        && !kind.value.eq_ignore_ascii_case("event")
    {
        refuse_kind(&kind, draft, report);
    }
    if let Some(events) = section.node("Events", report) {
        triggers(events, draft, report);
    }
    section.idle(
        &["Policies", "VpcConfig", "Layers", "ClsConfig", "Tags"],
        report,
    );
    section.idle_without_note(&["Description"], report);
    section.end(report);
}

/// What `template.yaml` and `config.json` spell the same.
fn shared_settings(section: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    if let Some(memory) = section.whole("MemorySize", report) {
        draft.memory(&memory);
    }
    if let Some(timeout) = section.whole("Timeout", report) {
        draft.timeout(&timeout);
    }
    if let Some(role) = section.text("Role", report) {
        draft.role(&role);
    }
    if let Some(mut environment) = section.section("Environment", report) {
        if let Some(variables) = environment.node("Variables", report) {
            draft.environment(variables, report);
        }
        environment.end(report);
    }
}

fn lacking(key: &str, setting: &'static str, draft: &Draft, report: &mut Report) {
    let title = format!("the function `{}` has no `{key}`", draft.name);
    let hint = format!("the local command requires `{key}`");
    report.lacking(draft.place, (&draft.name, setting), title, hint);
}

fn code(section: &mut Section<'_>, draft: &mut Draft, folder: &Path, report: &mut Report) {
    let package = section.filled("LocalZipFile", report);
    match (section.filled("CodeUri", report), package) {
        (Some(code), _) | (None, Some(code)) => draft.code(&code, folder, report),
        (None, None) => draft.no_code(draft.place, "`CodeUri` is missing", report),
    }
}

/// `Events`: triggers by name.
fn triggers(events: &Node, draft: &mut Draft, report: &mut Report) {
    let mut events = Section::of(events, report);
    for pair in events.others() {
        let mut section = Section::of(&pair.node, report);
        let kind = section.text("Type", report);
        let properties = section.section("Properties", report);
        section.end(report);
        let Some(kind) = kind else {
            report.mistake(pair.place, "the trigger has no `Type`", None);
            continue;
        };
        let empty = Node {
            place: pair.place,
            value: Value::Nothing,
        };
        let mut properties = properties.unwrap_or_else(|| Section::of(&empty, report));
        match kind.value.to_ascii_lowercase().as_str() {
            "timer" => timer(pair, &mut properties, draft, report),
            "cos" => cos(pair, &mut properties, draft, report),
            other @ ("cmq" | "ckafka" | "apigw") => {
                report.idle(pair.place, other);
                continue;
            }
            _ => {
                let title = format!("unknown trigger `{}`", kind.value);
                let hint = "expected `COS`, `Timer`, `CMQ`, `Ckafka` or `APIGW`".to_owned();
                report.warn(kind.place, title, Some(hint));
                continue;
            }
        }
        properties.end(report);
    }
}

fn timer(pair: &Pair, properties: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    let argument = properties.text("Message", report);
    let enabled = properties.flag("Enable", report);
    let Some(cron) = properties.filled("CronExpression", report) else {
        return report.mistake(pair.place, "the timer has no `CronExpression`", None);
    };
    let timer = Timer {
        name: pair.key.clone(),
        cron: cron.value,
        enabled: enabled.is_none_or(|said| said.value),
        argument: argument.map_or_else(String::new, |said| said.value),
    };
    draft.on_timer(timer, cron.place, report);
}

/// A COS trigger. Without `Bucket`, its own name is that of the bucket.
fn cos(pair: &Pair, properties: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    let bucket = properties.filled("Bucket", report);
    let (prefix, suffix) = filter(properties, report);
    let enabled = properties.flag("Enable", report);
    let Some(events) = properties.node("Events", report) else {
        return report.mistake(pair.place, "the trigger has no `Events`", None);
    };
    let event = CosEvent {
        bucket: bucket.unwrap_or_else(|| Said {
            value: pair.key.clone(),
            place: pair.place,
        }),
        events: patterns(events, report),
        prefix,
        suffix,
        enabled: enabled.is_none_or(|said| said.value),
    };
    draft.on_cos(event, pair.place, report);
}

/// `config.json`: `functions` is one function, or several in a list.
fn read_demo(mut demo: Section<'_>, folder: &Path, drafts: &mut Drafts, report: &mut Report) {
    demo.idle_without_note(&["application", "version"], report);
    let place = demo.place;
    let Some(functions) = demo.node("functions", report) else {
        return report.mistake(place, "there are no `functions`", None);
    };
    demo.end(report);
    for function in items(functions) {
        demo_function(function, folder, drafts, report);
    }
}

fn demo_function(node: &Node, folder: &Path, drafts: &mut Drafts, report: &mut Report) {
    let mut section = Section::of(node, report);
    let Some(name) = section.filled("name", report) else {
        return report.mistake(node.place, "the function has no `name`", None);
    };
    let mut draft = Draft::new("", &name.value, name.place);
    if let Some(handler) = section.filled("handler", report) {
        draft.handler(handler);
    }
    match section.filled("runtime", report) {
        Some(runtime) => draft.runtime(runtime),
        None => lacking("runtime", "runtime", &draft, report),
    }
    shared_settings(&mut section, &mut draft, report);
    draft.code(&beside(node.place), folder, report);
    section.idle_without_note(&["description", "codeObject"], report);
    section.idle(&["VpcConfig"], report);
    if let Some(events) = section.node("Events", report) {
        triggers(events, &mut draft, report);
    }
    section.end(report);
    drafts.add(draft, report);
}

/// The folder of the file.
fn beside(place: Place) -> Said<String> {
    let value = ".".to_owned();
    Said { value, place }
}

/// JSON text without its `//` comments, replaced by spaces so that places stay.
pub(super) fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut is_text, mut is_escaped, mut is_comment) = (false, false, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        is_comment |= !is_text && letter == '/' && letters.peek() == Some(&'/');
        is_comment &= letter != '\n';
        if is_comment {
            kept.extend(std::iter::repeat_n(' ', letter.len_utf8()));
            continue;
        }
        match letter {
            '"' if !is_escaped => is_text = !is_text,
            // A text ends with its line at the latest.
            '\n' => is_text = false,
            _ => {}
        }
        is_escaped = is_text && letter == '\\' && !is_escaped;
        kept.push(letter);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_vanish_and_places_stay() {
        let text = "{ // a \u{e4} comment\n \"url\": \"https://x\\\"//y\" } // end";
        let kept = without_comments(text);
        assert_eq!(kept.len(), text.len());
        assert!(kept.starts_with("{  "), "{kept}");
        assert!(kept.contains("https://x\\\"//y"), "{kept}");
        assert!(!kept.contains("comment") && !kept.contains("end"), "{kept}");
    }
}
