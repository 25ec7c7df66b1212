//! Where a value is unlike the field tree.

use std::fmt;

use backlot_base::json::Value;
use backlot_base::source::nearest;

use super::fields::Kind;
use super::known::{KNOWN, Known, OMITTED};
use super::walk::{Place, walk};
use crate::mps::profile::Profile;

/// One place where a value is unlike the field tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Where: names and positions joined by dots, as `--set` takes it.
    pub path: String,
    /// The struct that the field is in.
    pub owner: &'static str,
    /// The field's name.
    pub field: String,
    /// What is unlike.
    pub what: What,
    /// The entry of the list of published exceptions that covers it.
    pub known: Option<&'static Known>,
}

/// How a place can be unlike the field tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The model has no such field.
    Unknown {
        /// What is there, with its article.
        found: &'static str,
        /// A field with a similar name.
        near: Option<&'static str>,
    },
    /// The model says that the field is always there.
    Missing {
        /// The type that it should have.
        expected: &'static Kind,
    },
    /// The value has another type.
    Type {
        /// The type of the model.
        expected: &'static Kind,
        /// What is there, with its article.
        found: &'static str,
    },
    /// The value is `null`, which the model does not say that it may be.
    Null,
    /// The text is a value that the model does not list.
    Value {
        /// The text.
        found: String,
        /// Those of the model.
        known: &'static [&'static str],
    },
}

/// All places where `value` is unlike the struct `root`, in the order of the value. `profile` decides which fields must be
/// there: those that the model of its time always has.
pub fn deviations(root: &'static str, value: &Value, profile: Profile) -> Vec<Deviation> {
    let mut found = Vec::new();
    walk(root, value, &mut |path, place| {
        if let Some(what) = what(place, profile) {
            let mut known = KNOWN.iter();
            let known =
                known.find(|known| known.covers(place.owner, place.name, what.word(), profile));
            let is_omitted = !profile.is_modern()
                && place.value.is_none()
                && place.field.is_some_and(|field| field.may_be_null);
            let known = known.or_else(|| is_omitted.then_some(&OMITTED));
            found.push(Deviation {
                path: path.join("."),
                owner: place.owner,
                field: place.name.to_owned(),
                what,
                known,
            });
        }
    });
    found
}

fn what(place: Place<'_>, profile: Profile) -> Option<What> {
    let Some(field) = place.field else {
        let fields = super::fields_of(place.owner).iter();
        return Some(What::Unknown {
            found: place.value.map_or("nothing", Value::kind),
            near: nearest(place.name, fields.map(|field| field.name)),
        });
    };
    let Some(value) = place.value else {
        let is_of_the_time = field.is_legacy || profile.is_modern();
        let is_missing = field.is_always && is_of_the_time;
        return is_missing.then_some(What::Missing {
            expected: &field.kind,
        });
    };
    let kind = place.kind?;
    if value.is_null() {
        let is_item = !std::ptr::eq(kind, &raw const field.kind);
        let is_allowed = (field.may_be_null && !is_item) || *kind == Kind::Any;
        return (!is_allowed).then_some(What::Null);
    }
    if !is_of(value, kind) {
        return Some(What::Type {
            expected: kind,
            found: found(value, kind),
        });
    }
    let text = value.as_str()?;
    let is_listed = field.values.is_empty() || field.values.contains(&text);
    (!is_listed).then(|| What::Value {
        found: text.to_owned(),
        known: &field.values,
    })
}

fn is_of(value: &Value, kind: &Kind) -> bool {
    match (kind, value) {
        (Kind::Any, _)
        | (Kind::Text, Value::String(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Struct(_), Value::Object(_))
        | (Kind::List(_), Value::Array(_)) => true,
        (Kind::Integer, Value::Number(number)) => is_integer(number.as_str()),
        (Kind::Natural, Value::Number(number)) => {
            is_integer(number.as_str()) && !number.as_str().starts_with('-')
        }
        _ => false,
    }
}

fn is_integer(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// What is there; a number says why it is not the right one.
fn found(value: &Value, expected: &Kind) -> &'static str {
    match (value, expected) {
        (Value::Number(number), Kind::Integer | Kind::Natural) if is_integer(number.as_str()) => {
            "a negative number"
        }
        (Value::Number(_), Kind::Integer | Kind::Natural) => "a number with a fraction",
        _ => value.kind(),
    }
}

impl What {
    /// The word for it in JSON reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-field",
            Self::Missing { .. } => "missing-field",
            Self::Type { .. } => "other-type",
            Self::Null => "null",
            Self::Value { .. } => "unknown-value",
        }
    }
}

/// Fits behind a path.
impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { found, near } => {
                write!(out, "the model has no such field; it is {found}")?;
                match near {
                    Some(near) => write!(out, " (did the model mean `{near}`?)"),
                    None => Ok(()),
                }
            }
            Self::Missing { expected } => {
                write!(out, "missing; the model always has it, as {expected}")
            }
            Self::Type { expected, found } => {
                write!(out, "the model has {expected}, but this is {found}")
            }
            Self::Null => out.write_str("`null`, which the model does not allow"),
            Self::Value { found, known } => {
                write!(out, "`{found}` is not a value of the model: ")?;
                out.write_str(&known.join(", "))
            }
        }
    }
}
