//! What is selected, as it is written: CSV or JSON, each record with its delimiter.

use backlot_base::json::Value;

use super::datum::Datum;
use super::serialization::{CsvOutput, Output, QuoteFields};
use super::source::Row;

/// Writes selected values. In JSON, what is missing is left out; in CSV it is empty.
pub(super) fn write(output: &Output, values: &[(&str, Datum)], to: &mut Vec<u8>) {
    match output {
        Output::Json { record } => {
            let members = values.iter().filter_map(|(name, value)| {
                let value = value.to_json()?;
                Some(((*name).to_owned(), value))
            });
            let object = Value::Object(members.collect());
            to.extend_from_slice(object.to_string().as_bytes());
            to.extend_from_slice(record.as_bytes());
        }
        Output::Csv(csv) => {
            let fields = values
                .iter()
                .map(|(_, value)| value.to_text().unwrap_or_default());
            write_fields(csv, fields, to);
        }
    }
}

/// Writes a whole row.
pub(super) fn write_row(output: &Output, row: Row<'_>, to: &mut Vec<u8>) {
    match (output, row) {
        (Output::Csv(csv), Row::Fields(fields, _)) => {
            write_fields(csv, fields.iter().map(|field| field.as_str().into()), to);
        }
        (output, row) => {
            let members = row.members();
            let values: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.as_str(), Datum::of_json(value)))
                .collect();
            write(output, &values, to);
        }
    }
}

fn write_fields<'a>(
    csv: &CsvOutput,
    fields: impl Iterator<Item = std::borrow::Cow<'a, str>>,
    to: &mut Vec<u8>,
) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            to.extend_from_slice(csv.field.as_bytes());
        }
        if csv.quotes == QuoteFields::Always || needs_quotes(csv, &field) {
            write_quoted(csv, &field, to);
        } else {
            to.extend_from_slice(field.as_bytes());
        }
    }
    to.extend_from_slice(csv.record.as_bytes());
}

fn needs_quotes(csv: &CsvOutput, field: &str) -> bool {
    let has = |text: &str| !text.is_empty() && field.contains(text);
    has(&csv.field) || has(&csv.record) || field.contains([csv.quote, '\n', '\r'])
}

fn write_quoted(csv: &CsvOutput, field: &str, to: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    let mut push = |letter: char, to: &mut Vec<u8>| {
        to.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
    };
    push(csv.quote, to);
    for letter in field.chars() {
        if letter == csv.quote || letter == csv.escape {
            push(csv.escape, to);
        }
        push(letter, to);
    }
    push(csv.quote, to);
}
