//! Expressions over a row. What has nothing in it is unknown, and only what is true is selected.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::datum::{Datum, Numeric};
use super::source::Row;
use super::sql::{Arithmetic, Comparison, Expression};
use super::{SelectError, function, like};

/// What expressions are evaluated in.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) row: Row<'a>,
    /// The values of the aggregates, once all rows are read.
    pub(super) aggregates: &'a [Datum],
    /// The time of the request.
    pub(super) now: Timestamp,
}

impl Scope<'_> {
    /// The value of an expression.
    pub(super) fn evaluate(&self, expression: &Expression) -> Result<Datum, SelectError> {
        Ok(match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Path(steps) => self.row.at(steps)?,
            Expression::Aggregate(number) => {
                self.aggregates.get(*number).cloned().unwrap_or(Datum::Null)
            }
            Expression::Not(_)
            | Expression::And(_)
            | Expression::Or(_)
            | Expression::Compare(..)
            | Expression::In(..)
            | Expression::Like { .. }
            | Expression::IsNull(_)
            | Expression::IsMissing(_)
            | Expression::IsTruth(..) => match self.truth(expression)? {
                Some(truth) => Datum::Bool(truth),
                None => Datum::Null,
            },
            Expression::Negative(value) => {
                compute(&Datum::Int(0), Arithmetic::Subtract, &self.evaluate(value)?)?
            }
            Expression::Compute(left, operator, right) => {
                compute(&self.evaluate(left)?, *operator, &self.evaluate(right)?)?
            }
            Expression::Concat(left, right) => {
                match (
                    self.evaluate(left)?.to_text(),
                    self.evaluate(right)?.to_text(),
                ) {
                    (Some(left), Some(right)) => Datum::Text(format!("{left}{right}")),
                    _ => Datum::Null,
                }
            }
            Expression::Case {
                branches,
                otherwise,
            } => {
                for (condition, result) in branches {
                    if self.truth(condition)? == Some(true) {
                        return self.evaluate(result);
                    }
                }
                match otherwise {
                    Some(otherwise) => self.evaluate(otherwise)?,
                    None => Datum::Null,
                }
            }
            Expression::Cast(value, to) => function::cast(&self.evaluate(value)?, *to)?,
            Expression::Call(function, arguments) => {
                let given = arguments.iter().map(|argument| self.evaluate(argument));
                let given = given.collect::<Result<Vec<_>, _>>()?;
                function::call(*function, &given, self.now)?
            }
        })
    }

    /// The truth of a condition; `None` if it is unknown.
    pub(super) fn truth(&self, condition: &Expression) -> Result<Option<bool>, SelectError> {
        Ok(match condition {
            Expression::Not(value) => self.truth(value)?.map(|truth| !truth),
            Expression::And(all) => self.joined(all, false)?,
            Expression::Or(all) => self.joined(all, true)?,
            Expression::Compare(left, comparison, right) => {
                self.compare(left, *comparison, right)?
            }
            Expression::In(value, list) => {
                let value = self.evaluate(value)?;
                let (mut is_known, mut is_in) = (!value.is_null(), false);
                for item in list {
                    let item = self.evaluate(item)?;
                    is_known &= !item.is_null();
                    is_in |= value.compare(&item).is_some_and(Ordering::is_eq);
                }
                (is_in || is_known).then_some(is_in)
            }
            Expression::Like {
                value,
                pattern,
                escape,
            } => self.like(value, pattern, escape.as_deref())?,
            Expression::IsNull(value) => Some(self.evaluate(value)?.is_null()),
            Expression::IsMissing(value) => Some(self.evaluate(value)? == Datum::Missing),
            Expression::IsTruth(value, wanted) => Some(self.truth(value)? == Some(*wanted)),
            other => self.evaluate(other)?.truth()?,
        })
    }

    /// The truth of several conditions, of which one is enough if it is `decisive`.
    fn joined(&self, all: &[Expression], decisive: bool) -> Result<Option<bool>, SelectError> {
        let mut truth = Some(!decisive);
        for condition in all {
            match self.truth(condition)? {
                Some(found) if found == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => truth = None,
            }
        }
        Ok(truth)
    }

    fn compare(
        &self,
        left: &Expression,
        comparison: Comparison,
        right: &Expression,
    ) -> Result<Option<bool>, SelectError> {
        let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
        if left.is_null() || right.is_null() {
            return Ok(None);
        }
        let order = left.compare(&right);
        Ok(match (comparison, order) {
            // Values that have nothing in common are different, but none is greater.
            (Comparison::Equal, order) => Some(order == Some(Ordering::Equal)),
            (Comparison::NotEqual, order) => Some(order != Some(Ordering::Equal)),
            (_, None) => None,
            (Comparison::Less, Some(order)) => Some(order.is_lt()),
            (Comparison::LessOrEqual, Some(order)) => Some(order.is_le()),
            (Comparison::Greater, Some(order)) => Some(order.is_gt()),
            (Comparison::GreaterOrEqual, Some(order)) => Some(order.is_ge()),
        })
    }

    fn like(
        &self,
        value: &Expression,
        pattern: &Expression,
        escape: Option<&Expression>,
    ) -> Result<Option<bool>, SelectError> {
        let wrong = |message| SelectError::new("LikeInvalidInputs", message);
        let (value, pattern) = (self.evaluate(value)?, self.evaluate(pattern)?);
        let (Some(text), Some(pattern)) = (value.to_text(), pattern.to_text()) else {
            return Ok(None);
        };
        let escape = match escape {
            None => None,
            Some(escape) => {
                let escape = self.evaluate(escape)?;
                let escape = escape.to_text().unwrap_or_default();
                let mut letters = escape.chars();
                match (letters.next(), letters.next()) {
                    (Some(letter), None) => Some(letter),
                    _ => return Err(wrong("The ESCAPE of LIKE must be one character.")),
                }
            }
        };
        match like::matches(&text, &pattern, escape) {
            Some(fits) => Ok(Some(fits)),
            None => Err(wrong("The pattern of LIKE escapes what needs no escape.")),
        }
    }
}

/// Computes with two numbers. Whole numbers stay whole; with nothing, the result is nothing.
pub(super) fn compute(
    left: &Datum,
    operator: Arithmetic,
    right: &Datum,
) -> Result<Datum, SelectError> {
    if left.is_null() || right.is_null() {
        return Ok(Datum::Null);
    }
    let (Some(left), Some(right)) = (left.numeric(), right.numeric()) else {
        return Err(SelectError::new(
            "EvaluatorInvalidArguments",
            "Only numbers can be computed with.",
        ));
    };
    let (Numeric::Int(one), Numeric::Int(other)) = (left, right) else {
        return floats(left.as_float(), operator, right.as_float());
    };
    let whole = match operator {
        Arithmetic::Add => one.checked_add(other),
        Arithmetic::Subtract => one.checked_sub(other),
        Arithmetic::Multiply => one.checked_mul(other),
        Arithmetic::Divide | Arithmetic::Modulo if other == 0 => return Err(by_zero()),
        Arithmetic::Divide => one.checked_div(other),
        Arithmetic::Modulo => one.checked_rem(other),
    };
    whole.map(Datum::Int).ok_or_else(|| {
        SelectError::new("IntegerOverflow", "A number is too large for the type INT.")
    })
}

fn floats(one: f64, operator: Arithmetic, other: f64) -> Result<Datum, SelectError> {
    Ok(Datum::Float(match operator {
        Arithmetic::Add => one + other,
        Arithmetic::Subtract => one - other,
        Arithmetic::Multiply => one * other,
        Arithmetic::Divide | Arithmetic::Modulo if other == 0.0 => return Err(by_zero()),
        Arithmetic::Divide => one / other,
        Arithmetic::Modulo => one % other,
    }))
}

fn by_zero() -> SelectError {
    SelectError::new("EvaluatorInvalidArguments", "A number is divided by zero.")
}
