//! What becomes of the records of an object: they are judged, and what is selected of them is written.

use backlot_base::json::Value;
use jiff::Timestamp;

use super::SelectError;
use super::aggregate::Running;
use super::datum::Datum;
use super::evaluate::Scope;
use super::serialization::Output;
use super::source::{self, Row};
use super::sql::{Item, Projection, Query};
use super::writer;

/// The maximal size of a record, in bytes. Follows: COS, "COS Select overview".
pub(super) const MAX_RECORD: usize = 1 << 20;

/// The maximal size of a JSON value that is not on a line of its own, in bytes. Choice: it is in memory as a whole.
pub(super) const MAX_DOCUMENT: usize = 64 << 20;

/// A record of the object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Record<'a> {
    Fields(&'a [String]),
    Value(&'a Value),
}

/// What becomes of records.
pub(super) struct Sink {
    query: Query,
    /// The names of the columns, if they are used.
    header: Option<Vec<String>>,
    aggregates: Vec<Running>,
    selected: u64,
    output: Output,
    written: Vec<u8>,
    now: Timestamp,
}

impl Sink {
    pub(super) fn new(query: Query, output: Output, now: Timestamp) -> Self {
        let aggregates = query.aggregates.iter();
        let aggregates = aggregates.map(|aggregate| Running::new(aggregate.kind));
        Self {
            aggregates: aggregates.collect(),
            query,
            header: None,
            selected: 0,
            output,
            written: Vec::new(),
            now,
        }
    }

    /// The size of what is written and not taken yet.
    pub(super) fn pending(&self) -> usize {
        self.written.len()
    }

    /// Takes what is written so far.
    pub(super) fn take_written(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.written)
    }

    /// Whether the limit is reached. The rows of an aggregate do not count: it has one.
    pub(super) fn is_done(&self) -> bool {
        let limit = self.query.limit.unwrap_or(u64::MAX);
        let is_empty = limit == 0;
        is_empty || (self.aggregates.is_empty() && self.selected >= limit)
    }

    pub(super) fn name_columns(&mut self, names: Vec<String>) {
        self.header = Some(names);
    }

    /// Judges a record.
    pub(super) fn take(&mut self, record: Record<'_>) -> Result<(), SelectError> {
        match record {
            Record::Fields(fields) => {
                let header = self.header.take();
                let taken = self.row(Row::Fields(fields, header.as_deref()));
                self.header = header;
                taken
            }
            Record::Value(value) => {
                for row in source::rows(value, &self.query.source)? {
                    if self.is_done() {
                        break;
                    }
                    self.row(row.map_or(Row::Missing, Row::Value))?;
                }
                Ok(())
            }
        }
    }

    fn row(&mut self, row: Row<'_>) -> Result<(), SelectError> {
        let scope = Scope {
            row,
            aggregates: &[],
            now: self.now,
        };
        if let Some(condition) = &self.query.condition
            && scope.truth(condition)? != Some(true)
        {
            return Ok(());
        }
        if !self.aggregates.is_empty() {
            for (running, aggregate) in self.aggregates.iter_mut().zip(&self.query.aggregates) {
                running.add(match &aggregate.argument {
                    Some(argument) => scope.evaluate(argument)?,
                    None => Datum::Bool(true),
                })?;
            }
            return Ok(());
        }
        self.selected += 1;
        match &self.query.projection {
            Projection::All => writer::write_row(&self.output, row, &mut self.written),
            Projection::Items(items) => {
                let values = evaluated(&scope, items)?;
                writer::write(&self.output, &values, &mut self.written);
            }
        }
        Ok(())
    }

    /// Writes the aggregates, if there are any.
    pub(super) fn finish(&mut self) -> Result<(), SelectError> {
        if self.aggregates.is_empty() || self.query.limit == Some(0) {
            return Ok(());
        }
        let aggregates = std::mem::take(&mut self.aggregates).into_iter();
        let values: Vec<_> = aggregates.map(Running::finish).collect();
        let scope = Scope {
            row: Row::Missing,
            aggregates: &values,
            now: self.now,
        };
        if let Projection::Items(items) = &self.query.projection {
            let values = evaluated(&scope, items)?;
            writer::write(&self.output, &values, &mut self.written);
        }
        Ok(())
    }
}

fn evaluated<'a>(
    scope: &Scope<'_>,
    items: &'a [Item],
) -> Result<Vec<(&'a str, Datum)>, SelectError> {
    let values = items.iter().map(|item| {
        let value = scope.evaluate(&item.expression)?;
        Ok((item.name.as_str(), value))
    });
    values.collect()
}

/// The error for a record that is too large.
pub(super) fn too_large() -> SelectError {
    SelectError::new(
        "OverMaxRecordSize",
        "A record of the object is larger than 1 MB.",
    )
}
