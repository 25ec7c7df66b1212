//! Reading and changing one place of a tree: `WorkflowTaskEvent.MediaProcessResultSet.0.Type=Transcode`.
//!
//! A path is written like the flattened parameters of the Cloud API: names and array positions from 0, joined by dots.
//! A dot within a name is written `\.`.

use std::str::FromStr;

use super::Value;
use super::parse::MAX_DEPTH;
use super::pointer::index;

/// A path and the value that shall be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    path: Vec<String>,
    value: Value,
}

/// A value cannot be put where the path says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// The text has no `=`.
    #[error("`{0}` is not of the form `path=value`")]
    NoValue(String),
    /// The path is empty or has an empty part.
    #[error("`{0}` has an empty name")]
    EmptyName(String),
    /// What comes of it could not be read any more.
    #[error("it would nest more than {MAX_DEPTH} values in each other")]
    TooDeep,
    /// The path goes on below something that has no members.
    #[error("`{path}` is {found}, which has no member `{name}`")]
    NotAContainer {
        /// The path up to the obstacle.
        path: String,
        /// What is there, with its article.
        found: &'static str,
        /// The part that should follow.
        name: String,
    },
    /// An array is asked for something that is not a position in it or right behind its end.
    #[error("`{path}` is an array of length {length}, which has no position `{name}`")]
    NoPosition {
        /// The path up to the array.
        path: String,
        /// Its length.
        length: usize,
        /// The part that should follow.
        name: String,
    },
}

impl Assignment {
    /// Puts `value` at a dotted path.
    pub fn new(path: &str, value: impl Into<Value>) -> Result<Self, AssignmentError> {
        let path = split(path)?;
        let value = value.into();
        if path.len() + depth(&value) > MAX_DEPTH as usize {
            return Err(AssignmentError::TooDeep);
        }
        Ok(Self { path, value })
    }
}

impl Assignment {
    /// The names and positions on the way to the value, at least one.
    pub fn path(&self) -> &[String] {
        &self.path
    }
}

/// Reads `path=value`; a value that is not JSON is taken as text.
impl FromStr for Assignment {
    type Err = AssignmentError;

    fn from_str(text: &str) -> Result<Self, AssignmentError> {
        let (path, value) = text
            .split_once('=')
            .ok_or_else(|| AssignmentError::NoValue(text.to_owned()))?;
        let value = Value::parse(value).unwrap_or_else(|_| value.into());
        Self::new(path, value)
    }
}

impl Value {
    /// The value at a dotted path, as an [`Assignment`] writes it: `a.0.b`. The error says what is wrong with the
    /// path itself.
    pub fn at(&self, path: &str) -> Result<Option<&Value>, AssignmentError> {
        let names = split(path)?;
        Ok(names.iter().try_fold(self, |value, name| match value {
            Value::Array(items) => items.get(index(name)?),
            value => value.get(name),
        }))
    }

    /// Puts a value in its place. Missing members are created; a `null` on the way becomes an object, or an array if
    /// position 0 is asked of it; the position right behind an array's end appends.
    ///
    /// On an error the tree is unchanged.
    pub fn set(&mut self, assignment: &Assignment) -> Result<(), AssignmentError> {
        let Assignment { path, value } = assignment;
        self.check(path)?;
        let mut place = self;
        for name in path {
            place = place.enter(name);
        }
        place.clone_from(value);
        Ok(())
    }

    fn check(&self, path: &[String]) -> Result<(), AssignmentError> {
        let mut place = Some(self);
        for (depth, name) in path.iter().enumerate() {
            let at = || join(&path[..depth]);
            place = match place {
                None | Some(Value::Null) => None,
                Some(Value::Object(_)) => place.and_then(|place| place.get(name)),
                Some(Value::Array(items)) => {
                    let position = index(name).filter(|&position| position <= items.len());
                    let position = position.ok_or_else(|| AssignmentError::NoPosition {
                        path: at(),
                        length: items.len(),
                        name: name.clone(),
                    })?;
                    items.get(position)
                }
                Some(scalar) => {
                    return Err(AssignmentError::NotAContainer {
                        path: at(),
                        found: scalar.kind(),
                        name: name.clone(),
                    });
                }
            };
        }
        Ok(())
    }

    /// The place below this one, made if missing. The path has been checked.
    fn enter(&mut self, name: &str) -> &mut Value {
        if self.is_null() {
            *self = if name == "0" {
                Self::Array(Vec::new())
            } else {
                Self::Object(Vec::new())
            };
        }
        match self {
            Self::Array(items) => {
                let position = index(name).expect("the path has been checked");
                if position == items.len() {
                    items.push(Self::Null);
                }
                &mut items[position]
            }
            Self::Object(members) => {
                let found = members.iter().rposition(|(found, _)| found == name);
                let position = found.unwrap_or_else(|| {
                    members.push((name.to_owned(), Self::Null));
                    members.len() - 1
                });
                &mut members[position].1
            }
            _ => unreachable!("the path has been checked"),
        }
    }
}

/// How many values are around the innermost one.
fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.iter().map(|(_, value)| depth(value)).max(),
        _ => None,
    };
    deepest.map_or(0, |deepest| deepest + 1)
}

/// The names of a dotted path.
pub(super) fn split(path: &str) -> Result<Vec<String>, AssignmentError> {
    let mut names = vec![String::new()];
    let mut rest = path.chars().peekable();
    while let Some(c) = rest.next() {
        let name = names.last_mut().expect("there is always a name");
        match c {
            '\\' if matches!(rest.peek(), Some('.' | '\\')) => name.extend(rest.next()),
            '.' => names.push(String::new()),
            c => name.push(c),
        }
    }
    if names.iter().any(String::is_empty) {
        return Err(AssignmentError::EmptyName(path.to_owned()));
    }
    Ok(names)
}

/// A dotted path of these names, as [`Assignment`] reads it.
pub(super) fn join(names: &[String]) -> String {
    let names: Vec<_> = names
        .iter()
        .map(|name| name.replace('\\', "\\\\").replace('.', "\\."))
        .collect();
    names.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, assignment: &str) -> Result<String, String> {
        let mut value = Value::parse(text).unwrap();
        let assignment: Assignment = assignment.parse().map_err(|e| format!("{e}"))?;
        value.set(&assignment).map_err(|e| e.to_string())?;
        Ok(value.to_string())
    }

    #[test]
    fn values_are_replaced_and_created() {
        for (text, assignment, expected) in [
            (r#"{"a":{"b":1}}"#, "a.b=2", r#"{"a":{"b":2}}"#),
            (r#"{"a":[1,2]}"#, "a.1=x y", r#"{"a":[1,"x y"]}"#),
            (r#"{"a":[1]}"#, "a.1.b=[]", r#"{"a":[1,{"b":[]}]}"#),
            (r#"{"a":null}"#, "a.0.b=null", r#"{"a":[{"b":null}]}"#),
            ("{}", r"x\.y.z=1.10", r#"{"x.y":{"z":1.10}}"#),
            ("{}", "a==", r#"{"a":"="}"#),
            ("{}", "a=\"1\"", r#"{"a":"1"}"#),
        ] {
            assert_eq!(set(text, assignment).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_set_can_be_read_again() {
        let path = |count: usize| vec!["a"; count].join(".");
        let deepest = set("null", &format!("{}=1", path(128))).unwrap();
        assert!(Value::parse(&deepest).is_ok());
        let nested = set("null", &format!("{}=[[1]]", path(126))).unwrap();
        assert!(Value::parse(&nested).is_ok());
        let expected = "it would nest more than 128 values in each other";
        for (count, value) in [(129, "1"), (127, "[[1]]"), (127, "{\"b\":{\"c\":1}}")] {
            let refused = set("null", &format!("{}={value}", path(count)));
            assert_eq!(refused, Err(expected.to_owned()), "{count} {value}");
        }
    }

    #[test]
    fn obstacles_are_named() {
        for (text, assignment, expected) in [
            ("{}", "a", "`a` is not of the form `path=value`"),
            ("{}", "a..b=1", "`a..b` has an empty name"),
            (
                r#"{"a":{"b":1}}"#,
                "a.b.c=2",
                "`a.b` is a number, which has no member `c`",
            ),
            (
                r#"{"a":[1]}"#,
                "a.5=2",
                "`a` is an array of length 1, which has no position `5`",
            ),
        ] {
            assert_eq!(set(text, assignment), Err(expected.to_owned()));
        }
    }

    #[test]
    fn dotted_paths() {
        let value = Value::parse(r#"{"a":[{"b.c":1}]}"#).unwrap();
        for (path, expected) in [
            (r"a.0.b\.c", Some("1")),
            ("a.1", None),
            ("a.0.b", None),
            ("x", None),
        ] {
            let found = value.at(path).unwrap().map(ToString::to_string);
            assert_eq!(found.as_deref(), expected, "{path}");
        }
        assert!(value.at("a..b").is_err());
    }
}
