//! The parameters of a call: whatever was sent, an error names a parameter that was sent, or one that is required.

use std::collections::BTreeSet;

use backlot::base::json::Value;
use backlot::http::cloud_api::{ApiError, Parameter, ParameterError, Parameters, Problem};

/// What is required, with `N` for a position.
const REQUIRED: &[&str] = &["Name", "Input", "Input.Bucket", "Files.N.Id"];

/// A document.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(call) = Value::parse(text) else {
        return;
    };
    let Err(error) = read(&Parameters::new(&call)) else {
        return;
    };
    let mut sent = BTreeSet::new();
    collect(&call, "", &mut sent);
    if error.problem == Problem::Missing {
        let parts = error.path.split('.').map(|part| match part.parse() {
            Ok::<usize, _>(_) => "N",
            Err(_) => part,
        });
        let path = parts.collect::<Vec<_>>().join(".");
        assert!(REQUIRED.contains(&path.as_str()), "{error}: {text}");
    } else {
        assert!(sent.contains(&error.path), "{error}: {text}");
    }
    let (path, problem) = (error.path.clone(), error.problem.clone());
    let error = ApiError::from(error);
    assert!(error.message.contains(&path), "{error}: {problem:?}");
    assert!(
        !error.message.contains('\n') || path.contains('\n'),
        "{error}"
    );
}

/// Reads a call with every reader there is.
fn read(all: &Parameters<'_>) -> Result<(), ParameterError> {
    all.required("Name", Parameter::filled_text)?;
    let limit = all.optional("Limit", |limit| limit.integer_in(1..=100))?;
    assert!(limit.is_none_or(|limit| (1..=100).contains(&limit)));
    all.optional("Publish", Parameter::boolean)?;
    all.optional("Type", |kind| kind.one_of(&[("Event", ()), ("HTTP", ())]))?;
    let input = all.required("Input", Parameter::object)?;
    input.only(&["Bucket", "Start"])?;
    input.required("Bucket", |bucket| bucket.text_up_to(50))?;
    let start = input.optional("Start", Parameter::number)?;
    assert!(start.is_none_or(f64::is_finite));
    all.optional("Files", |files| files.list_up_to(10, file))?;
    all.only(&["Name", "Limit", "Publish", "Type", "Input", "Files"])
}

fn file(file: Parameter<'_>) -> Result<i64, ParameterError> {
    let file = file.object()?;
    file.optional("Tags", |tags| tags.list(Parameter::text))?;
    file.required("Id", Parameter::integer)
}

/// The path of everything in a document.
fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let mut add = |name: &str, value: &Value| {
        let path = match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        collect(value, &path, found);
        found.insert(path);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| add(name, value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(position, value)| add(&position.to_string(), value)),
        _ => {}
    }
}
