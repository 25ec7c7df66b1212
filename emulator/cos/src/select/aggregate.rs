//! Aggregates over all rows. What is nothing does not count.

use super::SelectError;
use super::datum::{Datum, Numeric};
use super::evaluate::compute;
use super::sql::{AggregateKind, Arithmetic};

/// An aggregate in the making.
#[derive(Clone, Debug)]
pub(super) struct Running {
    kind: AggregateKind,
    count: i64,
    /// The sum, or the least or greatest value so far.
    value: Option<Datum>,
}

impl Running {
    pub(super) fn new(kind: AggregateKind) -> Self {
        Self {
            kind,
            count: 0,
            value: None,
        }
    }

    /// Takes the value of one row.
    pub(super) fn add(&mut self, value: Datum) -> Result<(), SelectError> {
        if value.is_null() {
            return Ok(());
        }
        self.count += 1;
        let next = match self.kind {
            AggregateKind::Count => return Ok(()),
            AggregateKind::Sum | AggregateKind::Avg => {
                let number = Datum::from(number(&value)?);
                match self.value.take() {
                    None => number,
                    Some(sum) => compute(&sum, Arithmetic::Add, &number)?,
                }
            }
            AggregateKind::Max | AggregateKind::Min => match self.value.take() {
                None => value,
                Some(before) => {
                    let is_less = is_less(&value, &before);
                    if is_less == (self.kind == AggregateKind::Min) {
                        value
                    } else {
                        before
                    }
                }
            },
        };
        self.value = Some(next);
        Ok(())
    }

    /// The value over all rows; nothing without rows, but for a count.
    pub(super) fn finish(self) -> Datum {
        match (self.kind, self.value) {
            (AggregateKind::Count, _) => Datum::Int(self.count),
            (_, None) => Datum::Null,
            (AggregateKind::Avg, Some(sum)) => {
                let sum = sum.numeric().map_or(0.0, Numeric::as_float);
                Datum::Float(sum / Numeric::Int(self.count).as_float())
            }
            (_, Some(value)) => value,
        }
    }
}

/// Texts that read as numbers are compared as numbers.
fn is_less(one: &Datum, other: &Datum) -> bool {
    let order = match (one.numeric(), other.numeric()) {
        (Some(one), Some(other)) => one.compare(other),
        _ => one.compare(other),
    };
    order.is_some_and(std::cmp::Ordering::is_lt)
}

fn number(value: &Datum) -> Result<Numeric, SelectError> {
    value.numeric().ok_or_else(|| {
        let shown = value.to_text().unwrap_or_default();
        let message = format!(
            "`{}` is not a number.",
            shown.chars().take(40).collect::<String>()
        );
        SelectError::new("ValueParseFailure", message)
    })
}
