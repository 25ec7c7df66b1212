//! A journal as text, one JSON object a line, that can be read back.
//!
//! The first line names the version of the format: `{"journal":1}`. Every other line is a [`Record`]. A file needs the version,
//! because it may be read long after it was written; an answer over HTTP says it in a header instead.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Record;

/// The version of the format that is written here, and the only one that is read.
pub const VERSION: u32 = 1;

/// A text that cannot be read as a journal.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The first line does not name a version.
    #[error("not a journal: its first line is not `{{\"journal\":{VERSION}}}`")]
    NotAJournal,
    /// The version is not [`VERSION`].
    #[error("version {found} of the journal is unsupported, expected {VERSION}")]
    UnknownVersion {
        /// The version in the first line.
        found: u64,
    },
    /// A line is not a record.
    #[error("line {line} is not a record")]
    NotARecord {
        /// From 1, where the first line has the version.
        line: usize,
        /// What is wrong with the line.
        #[source]
        source: serde_json::Error,
    },
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    journal: u64,
}

/// The records as text, with all that is known about them.
pub fn write<'a>(records: impl IntoIterator<Item = &'a Record>) -> String {
    let as_json = |record: &Record| serde_json::to_string(record).expect("a record is plain data");
    text(records.into_iter().map(as_json))
}

/// The records as text, without what depends on the machine: two runs of one scenario write the same bytes.
pub fn write_repeatable<'a>(records: impl IntoIterator<Item = &'a Record>) -> String {
    text(
        records
            .into_iter()
            .map(|record| record.repeatable().to_string()),
    )
}

/// The records of a text that [`write`](fn@write) or [`write_repeatable`] has made, in its order. Records without a number get that of
/// their place, from 0.
pub fn read(text: &str) -> Result<Vec<Record>, ReadError> {
    let mut lines = text.lines();
    let header: Option<Header> = lines
        .next()
        .and_then(|line| serde_json::from_str(line).ok());
    match header {
        None => return Err(ReadError::NotAJournal),
        Some(Header { journal }) if journal != u64::from(VERSION) => {
            return Err(ReadError::UnknownVersion { found: journal });
        }
        Some(_) => {}
    }
    let record = |(place, line)| {
        read_record(place, line).map_err(|source| ReadError::NotARecord {
            line: place + 2,
            source,
        })
    };
    lines.enumerate().map(record).collect()
}

fn read_record(place: usize, line: &str) -> Result<Record, serde_json::Error> {
    let mut fields: Map<String, Value> = serde_json::from_str(line)?;
    fields.entry("number").or_insert_with(|| place.into());
    serde_json::from_value(Value::Object(fields))
}

fn text(records: impl Iterator<Item = String>) -> String {
    let header = Header {
        journal: VERSION.into(),
    };
    let mut text = serde_json::to_string(&header).expect("a number is plain data");
    text.push('\n');
    for record in records {
        text.push_str(&record);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use jiff::Timestamp;
    use proptest::prelude::*;
    use proptest::strategy::Union;
    use proptest::test_runner::TestRunner;

    use super::super::room::Field;
    use super::super::{Journal, Lane, ScfRecord, StageRecord, What};
    use super::*;
    use crate::clock::Clock;

    fn lane() -> impl Strategy<Value = Lane> {
        prop_oneof![
            Just(Lane::Stage),
            any::<u32>().prop_map(Lane::Step),
            any::<u32>().prop_map(Lane::Task),
            any::<u32>().prop_map(Lane::Invocation),
        ]
    }

    fn record(what: BoxedStrategy<What>) -> impl Strategy<Value = Record> {
        let others = (
            any::<usize>(),
            Timestamp::any(),
            any::<u64>(),
            any::<u32>(),
            lane(),
        );
        (others, what).prop_map(|((number, at, phase, micros, lane), what)| Record {
            number,
            at,
            phase,
            real: Duration::from_micros(micros.into()),
            lane,
            what,
        })
    }

    fn runner() -> TestRunner {
        TestRunner::new(ProptestConfig::with_cases(64))
    }

    #[test]
    fn a_record_of_every_kind_reads_back() {
        for what in What::strategies() {
            let reads_back = |record: Record| {
                let text = write([&record]);
                let read = read(&text);
                prop_assert_eq!(
                    read.expect("what is written can be read"),
                    [record],
                    "{}",
                    text
                );
                Ok(())
            };
            let ended = runner().run(&record(what), reads_back);
            ended.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn a_repeatable_journal_reads_back_in_its_order() {
        let what = Union::new(What::strategies()).boxed();
        let records = prop::collection::vec(record(what), 0..20);
        let reads_back = |records: Vec<Record>| {
            let text = write_repeatable(&records);
            let read = read(&text).expect("what is written can be read");
            let numbers: Vec<_> = read.iter().map(|record| record.number).collect();
            prop_assert_eq!(numbers, (0..records.len()).collect::<Vec<_>>());
            prop_assert_eq!(write_repeatable(&read), text);
            Ok(())
        };
        let ended = runner().run(&records, reads_back);
        ended.unwrap_or_else(|error| panic!("{error}"));
    }

    #[test]
    fn a_journal_reads_back_as_it_was_appended() {
        let journal = Journal::new(&Clock::virtual_default());
        journal.append(Lane::Stage, StageRecord::Reset);
        let printed = ScfRecord::LogLine {
            attempt: 1,
            text: "stored\u{2028}\u{0}".into(),
        };
        journal.append(Lane::Invocation(1), printed);
        assert_eq!(
            read(&write(&journal.appended())).unwrap(),
            journal.appended()
        );
    }

    #[test]
    fn names_of_kinds_are_unique_among_all_rooms() {
        let kinds = What::kinds();
        assert_eq!(kinds.iter().collect::<BTreeSet<_>>().len(), kinds.len());
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let record = r#"{"at":"2026-01-01T00:00:00Z","lane":"stage","what":"#;
        for (text, expected) in [
            ("", "not a journal: its first line is not `{\"journal\":1}`"),
            (
                "{\"what\":\"stage-reset\"}\n",
                "not a journal: its first line is not `{\"journal\":1}`",
            ),
            (
                "{\"journal\":2}\n",
                "version 2 of the journal is unsupported, expected 1",
            ),
            (
                "{\"journal\":1}\n{}\n",
                "line 2 is not a record: missing field `at`",
            ),
            (
                &format!("{{\"journal\":1}}\n{record}\"stage-reset\"}}\n{record}\"forgotten\"}}\n"),
                "line 3 is not a record: `forgotten` is not a kind of record",
            ),
            (
                &format!("{{\"journal\":1}}\n{record}\"dropped\"}}\n"),
                "line 2 is not a record: missing field `reason`",
            ),
        ] {
            let error = read(text).unwrap_err();
            let source = std::error::Error::source(&error);
            let source = source.map(|source| format!(": {source}"));
            assert_eq!(format!("{error}{}", source.unwrap_or_default()), expected);
        }
    }
}
