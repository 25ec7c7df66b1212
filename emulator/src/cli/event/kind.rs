//! What an event of `backlot event` is about: a task of MPS, or the records of a log topic.

use std::str::FromStr;

use jiff::Timestamp;

use crate::mps::sample::{EventKind, UnknownEventKind};
use crate::scf::triggers::cls::LogTopic;
use backlot_base::json::Value;

/// Records of a log, unless others are given: a line that is JSON, and one that is not.
const RECORDS: [&str; 2] = [
    r#"{"level":"info","msg":"task finished"}"#,
    "a line of text",
];

/// The kind of an event, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A task of MPS.
    Mps(EventKind),
    /// Records of a log topic.
    Cls,
}

impl FromStr for Kind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, UnknownEventKind> {
        match text {
            "cls" => Ok(Self::Cls),
            kind => kind.parse().map(Self::Mps),
        }
    }
}

/// The records of a log topic that were written at `at`, as a function finds them in its event.
pub(super) fn logs(at: Timestamp, records: &[String]) -> Value {
    let topic = LogTopic::default();
    if records.is_empty() {
        return topic.records(at, RECORDS);
    }
    topic.records(at, records.iter().map(String::as_str))
}
