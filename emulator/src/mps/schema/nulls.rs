//! The emptiest form that the model allows.

use backlot_base::json::Value;

use super::fields::Kind;
use super::fields_of;

/// The value with `null` wherever the model allows it, except for the results themselves: they are what the event is about.
/// Members that are absent stay absent.
pub(in crate::mps) fn with_nulls(owner: &'static str, value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let fields = fields_of(owner);
    let members = members.into_iter().map(|(name, value)| {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            return (name, value);
        };
        let is_emptied = field.may_be_null && !is_result(&field.kind);
        let value = if is_emptied {
            Value::Null
        } else {
            inside(&field.kind, value)
        };
        (name, value)
    });
    Value::Object(members.collect())
}

fn inside(kind: &Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::Struct(name), value) => with_nulls(name, value),
        (Kind::List(item), Value::Array(items)) => {
            let items = items.into_iter().map(|value| inside(item, value));
            Value::Array(items.collect())
        }
        (_, value) => value,
    }
}

/// Whether a type is a task or a result: the models name them so.
fn is_result(kind: &Kind) -> bool {
    match kind {
        Kind::Struct(name) => name.ends_with("Result") || name.ends_with("Task"),
        Kind::List(item) => is_result(item),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stay_and_what_they_hold_is_emptied() {
        let text = r#"{"EventType":"WorkflowTask","WorkflowTaskEvent":{"TaskId":"1","InputInfo":{"Type":"COS"},"MediaProcessResultSet":[{"Type":"Transcode","TranscodeTask":{"Status":"SUCCESS","Output":{"Path":"/a"}},"ImageSpriteTask":null}],"X":1}}"#;
        let emptied = with_nulls("Notification", Value::parse(text).unwrap());
        assert_eq!(
            emptied.to_string(),
            r#"{"EventType":"WorkflowTask","WorkflowTaskEvent":{"TaskId":"1","InputInfo":null,"MediaProcessResultSet":[{"Type":"Transcode","TranscodeTask":{"Status":"SUCCESS","Output":null},"ImageSpriteTask":null}],"X":1}}"#
        );
    }
}
