//! From records to rows, and from rows to values.

use backlot_base::json::Value;

use super::SelectError;
use super::datum::Datum;
use super::sql::{Name, Step};

/// A row: what the expressions of a query read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row<'a> {
    /// A record of CSV, with the names of its columns if they are used.
    Fields(&'a [String], Option<&'a [String]>),
    /// A part of a document.
    Value(&'a Value),
    /// What the path of the source did not find.
    Missing,
}

impl Row<'_> {
    /// The value at a path.
    pub(super) fn at(&self, path: &[Step]) -> Result<Datum, SelectError> {
        match (self, path) {
            (Self::Missing, _) => Ok(Datum::Missing),
            (Self::Fields(..), []) => Ok(Datum::Json(Value::Object(self.members()))),
            (Self::Fields(fields, header), [Step::Member(name)]) => column(fields, *header, name),
            (Self::Fields(..), _) => Err(SelectError::new(
                "InvalidKeyPath",
                "A column of CSV has no members.",
            )),
            (Self::Value(value), path) => {
                let mut found = Some(*value);
                for step in path {
                    found = match found {
                        Some(value) => inside(value, step)?,
                        None => break,
                    };
                }
                Ok(found.map_or(Datum::Missing, Datum::of_json))
            }
        }
    }

    /// The members of the whole row with their names. What is no object is a member `_1`.
    pub(super) fn members(&self) -> Vec<(String, Value)> {
        match self {
            Self::Missing => Vec::new(),
            Self::Value(Value::Object(members)) => members.clone(),
            Self::Value(other) => vec![("_1".to_owned(), (*other).clone())],
            Self::Fields(fields, header) => {
                let named = fields.iter().enumerate().map(|(index, field)| {
                    let name = header.and_then(|names| names.get(index)).cloned();
                    let name = name.unwrap_or_else(|| format!("_{}", index + 1));
                    (name, Value::String(field.clone()))
                });
                named.collect()
            }
        }
    }
}

/// A column by its name in the header, or by its number as `_1`.
fn column(fields: &[String], header: Option<&[String]>, name: &Name) -> Result<Datum, SelectError> {
    let index = match header.map(|names| only(names.iter(), name)).transpose()? {
        Some(Some(index)) => index,
        _ => number(&name.text).ok_or_else(|| {
            let message = format!("The header has no column {}.", name.text);
            SelectError::new("MissingHeaderName", message)
        })?,
    };
    // A record may have fewer columns than others.
    Ok(fields
        .get(index)
        .map_or(Datum::Missing, |field| Datum::Text(field.clone())))
}

/// The index of the column `_1`, `_2` and so on.
fn number(name: &str) -> Option<usize> {
    let number = name.strip_prefix('_')?.parse::<usize>().ok()?;
    number.checked_sub(1)
}

/// The index of the only one of these that the name means; `None` if it means none.
fn only<'a>(
    found: impl Iterator<Item = &'a String>,
    name: &Name,
) -> Result<Option<usize>, SelectError> {
    let mut named = found.enumerate().filter(|(_, found)| name.is(found));
    let first = named.next().map(|(index, _)| index);
    if !name.is_exact && named.next().is_some() {
        let message = format!(
            "{} matches several names; put it in double quotes.",
            name.text
        );
        return Err(SelectError::new("AmbiguousFieldName", message));
    }
    Ok(first)
}

/// One step into a value.
fn inside<'a>(value: &'a Value, step: &Step) -> Result<Option<&'a Value>, SelectError> {
    match (value, step) {
        (Value::Object(members), Step::Member(name)) => {
            let index = only(members.iter().map(|(found, _)| found), name)?;
            Ok(index.map(|index| &members[index].1))
        }
        (Value::Array(items), Step::Item(index)) => Ok(items.get(*index)),
        _ => Ok(None),
    }
}

/// The rows of a record: what its path leads to. Follows: COS, "SELECT Command": a path that leads nowhere gives one row, which is
/// missing.
pub(super) fn rows<'a>(
    record: &'a Value,
    path: &[Step],
) -> Result<Vec<Option<&'a Value>>, SelectError> {
    let mut found = vec![Some(record)];
    for step in path {
        let mut next = Vec::with_capacity(found.len());
        for value in found {
            match (value, step) {
                (Some(Value::Array(items)), Step::EveryItem) if !items.is_empty() => {
                    next.extend(items.iter().map(Some));
                }
                (Some(Value::Object(members)), Step::EveryMember) if !members.is_empty() => {
                    next.extend(members.iter().map(|(_, value)| Some(value)));
                }
                (Some(value), step) => next.push(inside(value, step)?),
                (None, _) => next.push(None),
            }
        }
        found = next;
    }
    Ok(found)
}
