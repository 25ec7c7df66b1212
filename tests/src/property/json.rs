//! The JSON tree: what is read is written as it was, and means what another reader says that it means.

use backlot::base::json::{Assignment, Value, differences};
use serde_json::value::RawValue;

/// A document, and after a first line end perhaps an assignment to it.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (text, assignment) = match text.split_once("\n=") {
        Some((text, assignment)) => (text, Some(assignment)),
        None => (text, None),
    };
    let mut value = match Value::parse(text) {
        Ok(value) => value,
        Err(error) => {
            assert!(error.at <= text.len(), "{error} is outside of the text");
            assert!(
                text.is_char_boundary(error.at),
                "{error} is inside of a character"
            );
            return;
        }
    };
    // What is accepted here is JSON to others, too.
    let other: Result<&RawValue, _> = serde_json::from_str(text);
    assert!(other.is_ok(), "{other:?}");
    let compact = value.to_string();
    assert_eq!(Value::parse(&compact).as_ref(), Ok(&value), "compact");
    assert_eq!(
        Value::parse(&value.to_pretty()).as_ref(),
        Ok(&value),
        "pretty"
    );
    let is_plain = !text.contains(['\\', ' ', '\t', '\n', '\r', '\u{7f}']);
    assert!(
        !is_plain || compact == text,
        "an untouched text has changed"
    );
    assert!(differences(&value, &value).is_empty());
    let Some(Ok(assignment)) = assignment.map(str::parse::<Assignment>) else {
        return;
    };
    let before = value.clone();
    if value.set(&assignment).is_ok() {
        let once = value.clone();
        assert_eq!(Value::parse(&value.to_string()).as_ref(), Ok(&value));
        // Appending is the one assignment that does not come to the same when it is repeated.
        if value.set(&assignment).is_ok() && differences(&once, &value).is_empty() {
            assert_eq!(once.to_string(), value.to_string());
        }
    } else {
        assert_eq!(before, value, "a refused assignment changed the tree");
    }
}
