//! Which entries of the catalogue an event shows: the way back.

use crate::mps::notification::EventType;
use crate::mps::request::TaskKind;
use crate::mps::result::ai::Family;
use backlot_base::json::Value;

use super::form::Form;
use super::subject::{EditShape, Subject, Whole};
use super::{Entry, entries};

/// What an event shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An entry of the catalogue.
    Known(&'static Entry),
    /// A type of result that the catalogue does not have: where it is, and the type.
    Unknown(String),
}

/// What an event of MPS shows, each once, in the order of the event; nothing if it is no event of MPS.
pub fn shapes_of(event: &Value) -> Vec<Shape> {
    let Some(event_type) = event.get("EventType").and_then(Value::as_str) else {
        return Vec::new();
    };
    let Some(task) = event.get(&format!("{event_type}Event")) else {
        return Vec::new();
    };
    let mut shapes = Vec::new();
    let mut add = |shape: Shape| {
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    };
    match event_type.parse() {
        Ok(EventType::WorkflowTask) => of_workflow(task, &mut add),
        Ok(EventType::ScheduleTask) => of_schedule(task, &mut add),
        Ok(EventType::EditMediaTask) => of_edit(task, &mut add),
        Err(_) => add(Shape::Unknown(format!("EventType {event_type}"))),
    }
    shapes
}

fn known(is_wanted: impl Fn(Subject) -> bool, form: Form) -> Option<Shape> {
    let mut entries = entries().iter();
    let found = entries.find(|entry| entry.form() == form && is_wanted(entry.subject));
    found.map(Shape::Known)
}

fn items<'a>(task: &'a Value, member: &str) -> &'a [Value] {
    task.get(member)
        .and_then(Value::as_array)
        .unwrap_or_default()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn of_workflow(task: &Value, add: &mut impl FnMut(Shape)) {
    let results = results_of(task);
    let is_broken = task
        .get("ErrCode")
        .and_then(Value::as_i64)
        .is_some_and(|code| code != 0);
    let whole = match (is_broken, results.is_empty()) {
        (true, _) => Some(Whole::SourceError),
        (false, true) => Some(Whole::Empty),
        (false, false) => None,
    };
    results.into_iter().for_each(&mut *add);
    if let Some(whole) = whole {
        let is_it = |subject| matches!(subject, Subject::Whole(known) if known == whole);
        known(is_it, Form::Success).into_iter().for_each(add);
    }
}

/// The results of a workflow task.
fn results_of(task: &Value) -> Vec<Shape> {
    let mut results = Vec::new();
    for entry in items(task, "MediaProcessResultSet") {
        let kind = text(entry, "Type");
        let found = TaskKind::ALL
            .into_iter()
            .find(|known| known.result_type() == kind);
        let shape = found.and_then(|kind| {
            let form = form_of(entry.get(kind.member()));
            known(
                |subject| matches!(subject, Subject::Media(known) if known == kind),
                form,
            )
        });
        results.push(shape.unwrap_or_else(|| unknown("MediaProcessResultSet", kind)));
    }
    for family in Family::ALL {
        let member = family.workflow_member();
        if !family.is_set() {
            if let Some(result) = task.get(member).filter(|result| !result.is_null()) {
                let form = form_of(Some(result));
                let shape = known(
                    |subject| matches!(subject, Subject::Ai(known, _) if known == family),
                    form,
                );
                results.push(shape.unwrap_or_else(|| unknown(member, "")));
            }
            continue;
        }
        for entry in items(task, member) {
            let kind = text(entry, "Type");
            let found = family.kinds().iter().find(|known| known.name == kind);
            let shape = found.and_then(|kind| {
                let form = form_of(entry.get(kind.member));
                let is_it = |subject| {
                    matches!(subject, Subject::Ai(of, known) if of == family && known.name == kind.name)
                };
                known(is_it, form)
            });
            results.push(shape.unwrap_or_else(|| unknown(member, kind)));
        }
    }
    results
}

fn of_schedule(task: &Value, add: &mut impl FnMut(Shape)) {
    for activity in items(task, "ActivityResultSet") {
        let kind = text(activity, "ActivityType");
        let result = |member: &str| activity.get("ActivityResItem")?.get(member);
        let media = TaskKind::ALL
            .into_iter()
            .find(|known| known.result_type() == kind);
        let family = Family::ALL
            .into_iter()
            .find(|known| known.activity_type() == kind);
        let shape = match (media, family) {
            (Some(media), _) => known(
                |subject| matches!(subject, Subject::MediaActivity(known) if known == media),
                form_of(result(media.member())),
            ),
            (None, Some(family)) => known(
                |subject| matches!(subject, Subject::AiActivity(known) if known == family),
                activity_form(result(family.activity_member())),
            ),
            (None, None) => None,
        };
        add(shape.unwrap_or_else(|| unknown("ActivityResultSet", kind)));
    }
}

fn of_edit(task: &Value, add: &mut impl FnMut(Shape)) {
    let form = form_of_task(task);
    let path = task.get("Output").map_or("", |output| text(output, "Path"));
    let id = text(task, "TaskId");
    let files = task
        .get("Input")
        .map_or(0, |input| items(input, "FileInfoSet").len());
    let shape = if form == Form::Success && !id.is_empty() && path.contains(id) {
        EditShape::Compose
    } else if files > 1 {
        EditShape::Splice
    } else {
        EditShape::Clip
    };
    let is_it = |subject| matches!(subject, Subject::Edit(known) if known == shape);
    known(is_it, form).into_iter().for_each(add);
}

fn form_of_task(task: &Value) -> Form {
    let code = task.get("ErrCode").and_then(Value::as_i64);
    match (text(task, "Status"), code) {
        ("PROCESSING", _) => Form::Processing,
        (_, Some(code)) if code != 0 => Form::Failure,
        _ if is_nothing(task.get("Output")) => Form::Null,
        _ => Form::Success,
    }
}

fn form_of(result: Option<&Value>) -> Form {
    let Some(result) = result else {
        return Form::Null;
    };
    match text(result, "Status") {
        "PROCESSING" => Form::Processing,
        "FAIL" => Form::Failure,
        "SUCCESS" if !is_nothing(result.get("Output")) => Form::Success,
        _ => Form::Null,
    }
}

/// The form of an activity, whose output may be a set that has nothing in it but `null`.
fn activity_form(result: Option<&Value>) -> Form {
    let form = form_of(result);
    let output = result.and_then(|result| result.get("Output")?.as_array());
    match output {
        Some(entries) if form == Form::Success => {
            let results = entries.iter().filter_map(Value::as_object).flatten();
            let mut results =
                results.filter(|(name, value)| name.ends_with("Task") && !value.is_null());
            if results.all(|(_, result)| is_nothing(result.get("Output"))) {
                Form::Null
            } else {
                Form::Success
            }
        }
        _ => form,
    }
}

fn is_nothing(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_null)
}

fn unknown(member: &str, kind: &str) -> Shape {
    Shape::Unknown(format!("{member} {kind}").trim_end().to_owned())
}
