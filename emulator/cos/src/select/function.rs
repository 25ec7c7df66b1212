//! Functions of one row. Those of nothing are nothing.

use std::borrow::Cow;

use jiff::Timestamp;

use super::SelectError;
use super::datum::{Datum, Numeric};
use super::sql::{Function, Type};
use super::time;

/// The value of a function. `now` is the time of the request.
pub(super) fn call(
    function: Function,
    given: &[Datum],
    now: Timestamp,
) -> Result<Datum, SelectError> {
    match function {
        Function::Coalesce => {
            let mut there = given.iter().filter(|value| !value.is_null());
            return Ok(there.next().cloned().unwrap_or(Datum::Null));
        }
        Function::NullIf => {
            let is_same = given[0]
                .compare(&given[1])
                .is_some_and(std::cmp::Ordering::is_eq);
            return Ok(if is_same {
                Datum::Null
            } else {
                given[0].clone()
            });
        }
        Function::UtcNow => return Ok(Datum::Time(now)),
        _ => {}
    }
    if given.iter().any(Datum::is_null) {
        return Ok(Datum::Null);
    }
    Ok(match function {
        Function::CharLength => {
            Datum::Int(i64::try_from(text(&given[0]).chars().count()).unwrap_or(i64::MAX))
        }
        Function::Lower => Datum::Text(text(&given[0]).to_lowercase()),
        Function::Upper => Datum::Text(text(&given[0]).to_uppercase()),
        Function::Substring => substring(given)?,
        Function::TrimBoth | Function::TrimLeading | Function::TrimTrailing => {
            trimmed(function, given)
        }
        Function::ToTimestamp => Datum::Time(at(&given[0])?),
        Function::ToString => {
            let pattern = text(&given[1]);
            let shown = time::format(at(&given[0])?, &pattern);
            Datum::Text(shown.ok_or_else(|| {
                let message = format!("The pattern {pattern} of a time is not valid.");
                SelectError::new("EvaluatorInvalidTimestampFormatPattern", message)
            })?)
        }
        Function::Extract(part) => Datum::Int(time::extract(part, at(&given[0])?)),
        Function::DateAdd(part) => {
            let later = time::add(part, int(&given[0])?, at(&given[1])?);
            Datum::Time(later.ok_or_else(|| invalid("The time is out of range."))?)
        }
        Function::DateDiff(part) => {
            let parts = time::difference(part, at(&given[0])?, at(&given[1])?);
            Datum::Int(parts.ok_or_else(|| invalid("Times have no difference in zones."))?)
        }
        Function::Coalesce | Function::NullIf | Function::UtcNow => Datum::Null,
    })
}

/// A value in another type; nothing stays nothing.
pub(super) fn cast(value: &Datum, to: Type) -> Result<Datum, SelectError> {
    if value.is_null() {
        return Ok(Datum::Null);
    }
    let found = match to {
        Type::Bool => value.truth().ok().flatten().map(Datum::Bool).or_else(|| {
            let number = value.numeric()?;
            Some(Datum::Bool(number.as_float() != 0.0))
        }),
        Type::Int => match (value, value.numeric()) {
            (Datum::Bool(value), _) => Some(Datum::Int(i64::from(*value))),
            (_, Some(number)) => whole(number).map(Datum::Int),
            _ => None,
        },
        Type::Float => value
            .numeric()
            .map(|number| Datum::Float(number.as_float())),
        Type::Text => value.to_text().map(|text| Datum::Text(text.into_owned())),
        Type::Timestamp => value.time().map(Datum::Time),
    };
    found.ok_or_else(|| {
        let shown = text(value).chars().take(40).collect::<String>();
        let message = format!("`{shown}` cannot be cast to the type {to:?}.");
        SelectError::new("CastFailed", message)
    })
}

/// The whole part of a number; `None` if it does not fit.
fn whole(number: Numeric) -> Option<i64> {
    match number {
        Numeric::Int(number) => Some(number),
        Numeric::Float(number) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is in the range of the type"
            )]
            let whole = number.trunc() as i64;
            (-9.2e18..9.2e18).contains(&number).then_some(whole)
        }
    }
}

/// Follows: SQL: positions begin at 1, and what lies before is empty.
fn substring(given: &[Datum]) -> Result<Datum, SelectError> {
    let text = text(&given[0]);
    let from = int(&given[1])?;
    let end = match given.get(2) {
        None => i64::MAX,
        Some(length) => match int(length)? {
            length if length < 0 => return Err(invalid("The length of a part is negative.")),
            length => from.saturating_add(length),
        },
    };
    let skipped = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
    let taken = usize::try_from((end - from.max(1)).max(0)).unwrap_or(usize::MAX);
    Ok(Datum::Text(
        text.chars().skip(skipped).take(taken).collect(),
    ))
}

fn trimmed(function: Function, given: &[Datum]) -> Datum {
    let text = text(&given[0]);
    let letters: Vec<char> = match given.get(1) {
        None => vec![' '],
        Some(letters) => self::text(letters).chars().collect(),
    };
    let letters = letters.as_slice();
    Datum::Text(
        match function {
            Function::TrimLeading => text.trim_start_matches(letters),
            Function::TrimTrailing => text.trim_end_matches(letters),
            _ => text.trim_matches(letters),
        }
        .to_owned(),
    )
}

fn text(value: &Datum) -> Cow<'_, str> {
    value.to_text().unwrap_or_default()
}

fn int(value: &Datum) -> Result<i64, SelectError> {
    let number = value.numeric().and_then(whole);
    number.ok_or_else(|| invalid("The argument of a function must be a number."))
}

fn at(value: &Datum) -> Result<Timestamp, SelectError> {
    value.time().ok_or_else(|| {
        let message = format!("`{}` is not a time.", text(value));
        SelectError::new("EvaluatorTimestampFormatPatternInvalid", message)
    })
}

fn invalid(message: &'static str) -> SelectError {
    SelectError::new("EvaluatorInvalidArguments", message)
}
