//! What an expectation misses in a value: members that are expected must be there, others may be.

use std::fmt;

use super::Value;
use super::assign::join;

/// One place where a value is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where, as a dotted path that [`super::Assignment`] understands; empty for the whole.
    pub path: String,
    /// What should be there.
    pub expected: Value,
    /// What is there; `None` if nothing is.
    pub actual: Option<Value>,
}

/// Every place where `actual` is not as `expected`, in the order of `expected`.
///
/// An object may have more members than expected; of those with one name, the last one counts on both sides. An array must
/// have the same length, item by item; numbers are equal by value, whatever their spelling.
pub fn differences(expected: &Value, actual: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), expected, Some(actual), &mut found);
    found
}

fn compare(
    path: &mut Vec<String>,
    expected: &Value,
    actual: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (expected, actual) {
        (Value::Object(members), Some(Value::Object(_))) => {
            for (position, (name, expected)) in members.iter().enumerate() {
                if members[position + 1..]
                    .iter()
                    .any(|(later, _)| later == name)
                {
                    continue;
                }
                path.push(name.clone());
                let actual = actual.and_then(|actual| actual.get(name));
                compare(path, expected, actual, found);
                path.pop();
            }
        }
        (Value::Array(expected), Some(Value::Array(actual))) if expected.len() == actual.len() => {
            for (position, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                path.push(position.to_string());
                compare(path, expected, Some(actual), found);
                path.pop();
            }
        }
        (Value::Number(expected), Some(Value::Number(actual))) if expected.is_same(actual) => {}
        (expected, Some(actual)) if expected == actual => {}
        (expected, actual) => found.push(Difference {
            path: join(path),
            expected: expected.clone(),
            actual: actual.cloned(),
        }),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "the value"
        } else {
            &self.path
        };
        write!(out, "`{path}`: expected `{}`, found ", self.expected)?;
        match &self.actual {
            Some(actual) => write!(out, "`{actual}`"),
            None => out.write_str("nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_members_with_one_name_the_last_one_counts() {
        let twice = Value::parse(r#"{"a":1,"b":0,"a":[2]}"#).unwrap();
        assert_eq!(differences(&twice, &twice), []);
        let once = Value::parse(r#"{"a":[2],"b":0}"#).unwrap();
        assert_eq!(differences(&twice, &once), []);
        assert_eq!(differences(&once, &twice), []);
    }

    fn lines(expected: &str, actual: &str) -> Vec<String> {
        let expected = Value::parse(expected).unwrap();
        let actual = Value::parse(actual).unwrap();
        differences(&expected, &actual)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn more_members_are_welcome_more_items_are_not() {
        assert!(lines(r#"{"a":60}"#, r#"{"b":1,"a":60.0}"#).is_empty());
        assert_eq!(
            lines(r#"{"a":[1]}"#, r#"{"a":[1,2]}"#),
            ["`a`: expected `[1]`, found `[1,2]`"]
        );
    }

    #[test]
    fn every_difference_has_its_path() {
        assert_eq!(
            lines(
                r#"{"a":[{"b":1},{"b":2}],"c":null,"d.e":"x"}"#,
                r#"{"a":[{"b":1},{"b":"2"}],"d.e":"y"}"#
            ),
            [
                "`a.1.b`: expected `2`, found `\"2\"`",
                "`c`: expected `null`, found nothing",
                "`d\\.e`: expected `\"x\"`, found `\"y\"`",
            ]
        );
    }
}
