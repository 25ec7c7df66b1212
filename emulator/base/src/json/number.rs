//! A number as its text: `11.260` stays `11.260`.

use std::fmt;
use std::str::FromStr;

use super::{ParseError, Value};

/// A JSON number, spelled as it was written. Equality is equality of spelling; see [`Number::is_same`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(String);

impl Number {
    /// The spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn from_spelling(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The shortest spelling of a finite number.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(value.to_string()))
    }
}

impl FromStr for Number {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match Value::parse(text)? {
            Value::Number(number) if number.0 == text => Ok(number),
            _ => Err(ParseError::new(0, "expected a number")),
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_string())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn spelling_differs_where_the_value_does_not() {
        assert_ne!(number("60"), number("60.0"));
        assert!(number("60").is_same(&number("60.0")));
        assert!(number("6e1").is_same(&number("60")));
        assert!(!number("60").is_same(&number("60.1")));
    }

    #[test]
    fn large_integers_are_not_compared_as_floats() {
        assert!(!number("9007199254740993").is_same(&number("9007199254740992")));
    }

    #[test]
    fn only_numbers_are_numbers() {
        for text in ["", " 1", "1 ", "01", "+1", "1.", ".5", "1e", "NaN", "true"] {
            assert!(text.parse::<Number>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn floats_that_are_not_finite_have_no_spelling() {
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(62.82), Some(number("62.82")));
    }
}
