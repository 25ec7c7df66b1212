//! The values that expressions compute with.
//!
//! Choice: columns of CSV are text, and a text that reads as a number is compared and computed as one with numbers, so that
//! `WHERE _2 > 10` works without `CAST`.

use std::borrow::Cow;
use std::cmp::Ordering;

use backlot_base::json::{Number, Value};
use jiff::Timestamp;

use super::SelectError;
use super::time;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum {
    /// A member that the record does not have.
    Missing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Time(Timestamp),
    /// A number, a list or an object of a document, as it is spelled there.
    Json(Value),
}

/// A number that is computed with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Numeric {
    Int(i64),
    Float(f64),
}

impl Datum {
    /// The number that a text spells; `None` if it spells something else.
    pub(super) fn number(text: &str) -> Option<Self> {
        Some(match numeric(text)? {
            Numeric::Int(number) => Self::Int(number),
            Numeric::Float(number) => Self::Float(number),
        })
    }

    /// A value of a document.
    pub(super) fn of_json(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::String(text) => Self::Text(text.clone()),
            other => Self::Json(other.clone()),
        }
    }

    /// The value in a document; `None` if it is missing.
    pub(super) fn to_json(&self) -> Option<Value> {
        Some(match self {
            Self::Missing => return None,
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(number) => Value::from(*number),
            Self::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text.clone()),
            Self::Time(at) => Value::String(time::text(*at)),
            Self::Json(value) => value.clone(),
        })
    }

    /// The value as text; `None` for a missing value and for null.
    pub(super) fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(text.into()),
            Self::Missing | Self::Null => None,
            other => other
                .to_json()
                .map(|value| value.to_string().into())
                .map(unquoted),
        }
    }

    /// Whether there is no value.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }

    /// The truth of a condition; `None` if it is unknown.
    pub(super) fn truth(&self) -> Result<Option<bool>, SelectError> {
        match self {
            Self::Bool(value) => Ok(Some(*value)),
            Self::Missing | Self::Null => Ok(None),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(SelectError::new(
                "EvaluatorInvalidArguments",
                "A condition must be true or false.",
            )),
        }
    }

    /// The value as a number; `None` if it is not one.
    pub(super) fn numeric(&self) -> Option<Numeric> {
        match self {
            Self::Int(number) => Some(Numeric::Int(*number)),
            Self::Float(number) => Some(Numeric::Float(*number)),
            Self::Text(text) => numeric(text.trim()),
            Self::Json(Value::Number(number)) => numeric(number.as_str()),
            _ => None,
        }
    }

    /// How two values compare; `None` if that is unknown: one of them is nothing, or they have nothing in common.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Missing | Self::Null, _) | (_, Self::Missing | Self::Null) => None,
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Bool(_), _) | (_, Self::Bool(_)) => {
                let (one, other) = (self.truth().ok()??, other.truth().ok()??);
                Some(one.cmp(&other))
            }
            (Self::Time(_), _) | (_, Self::Time(_)) => Some(self.time()?.cmp(&other.time()?)),
            _ => match (self.numeric(), other.numeric()) {
                (Some(one), Some(other)) => one.compare(other),
                _ => (self.to_json() == other.to_json()).then_some(Ordering::Equal),
            },
        }
    }

    /// The value as a time; `None` if it is not one.
    pub(super) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(at) => Some(*at),
            Self::Text(text) => time::parse(text),
            _ => None,
        }
    }
}

impl Numeric {
    pub(super) fn as_float(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as SQL does where types meet")]
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            _ => self.as_float().partial_cmp(&other.as_float()),
        }
    }
}

impl From<Numeric> for Datum {
    fn from(number: Numeric) -> Self {
        match number {
            Numeric::Int(number) => Self::Int(number),
            Numeric::Float(number) => Self::Float(number),
        }
    }
}

fn numeric(text: &str) -> Option<Numeric> {
    // `inf` and `nan` are words here.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.parse() {
        Ok(number) => Some(Numeric::Int(number)),
        Err(_) => text.parse().ok().map(Numeric::Float),
    }
}

/// A time is written without the quotes that it has in a document.
fn unquoted(text: Cow<'_, str>) -> Cow<'_, str> {
    match text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        Some(inner) => inner.to_owned().into(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Datum {
        Datum::of_json(&Value::parse(text).unwrap())
    }

    #[test]
    fn values_compare_by_what_they_have_in_common() {
        use Ordering::{Equal, Greater, Less};

        let text = |text: &str| Datum::Text(text.into());
        for (one, other, expected) in [
            (Datum::Int(2), Datum::Int(10), Some(Less)),
            (text("2"), Datum::Int(10), Some(Less)),
            (text("2"), text("10"), Some(Greater)),
            (Datum::Float(1.5), json("1.50"), Some(Equal)),
            (
                json("9007199254740993"),
                Datum::Int(9_007_199_254_740_992),
                Some(Greater),
            ),
            (text("x"), Datum::Int(1), None),
            (text("TRUE"), Datum::Bool(true), Some(Equal)),
            (Datum::Null, Datum::Null, None),
            (Datum::Missing, Datum::Int(1), None),
            (json("[1,2]"), json("[1,2]"), Some(Equal)),
            (text("nan"), Datum::Int(1), None),
        ] {
            assert_eq!(one.compare(&other), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn numbers_of_documents_keep_their_spelling() {
        assert_eq!(json("11.260").to_json().unwrap().to_string(), "11.260");
        assert_eq!(json("11.260").to_text().unwrap(), "11.260");
        assert_eq!(Datum::Float(2.0).to_text().unwrap(), "2");
        assert_eq!(Datum::Bool(true).to_text().unwrap(), "true");
        assert_eq!(json("{\"a\": [1]}").to_text().unwrap(), "{\"a\":[1]}");
        assert_eq!(Datum::Missing.to_json(), None);
    }
}
