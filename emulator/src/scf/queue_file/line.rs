//! A line of the queue file: what has happened to an event.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Kept;
use backlot_base::journal::Blob;
use backlot_base::signal::FunctionTarget;

/// The format that is written. Format 1, in which events have no version, is read as well.
pub(super) const FORMAT: u32 = 2;

/// One line of JSON.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Line {
    /// The first line: what the others look like.
    Format(u32),
    /// An event is in a queue.
    Queued(Queued),
    /// An attempt failed, and another is planned.
    Retry {
        /// The request id.
        id: String,
        /// The number of the coming attempt, from 1.
        attempt: u32,
        /// Retries so far that count against `RetryNum`, the coming attempt included.
        retries: u8,
        /// When the coming attempt is due.
        due: Timestamp,
    },
    /// Nothing more is done about an event.
    Ended {
        /// The request id.
        id: String,
    },
}

/// An event with where it stands.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Queued {
    pub(super) id: String,
    namespace: String,
    function: String,
    qualifier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    source: String,
    at: Timestamp,
    retry_num: u8,
    /// In seconds.
    msg_ttl: u64,
    attempt: u32,
    retries: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<Timestamp>,
    event: Blob,
}

impl Line {
    /// The line with its end.
    pub(super) fn text(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a line is plain data");
        text.push('\n');
        text
    }
}

impl From<&Kept> for Queued {
    fn from(kept: &Kept) -> Self {
        Self {
            id: kept.request_id.clone(),
            namespace: kept.target.namespace.clone().into_owned(),
            function: kept.target.function.clone(),
            qualifier: kept.target.qualifier.clone().into_owned(),
            version: kept.version.clone(),
            source: kept.source.clone(),
            at: kept.queued,
            retry_num: kept.retry_num,
            msg_ttl: kept.msg_ttl.as_secs(),
            attempt: kept.attempt,
            retries: kept.retries,
            due: kept.due,
            event: kept.event.clone().into(),
        }
    }
}

impl From<Queued> for Kept {
    fn from(queued: Queued) -> Self {
        Self {
            request_id: queued.id,
            target: FunctionTarget {
                namespace: queued.namespace.into(),
                function: queued.function,
                qualifier: queued.qualifier.into(),
            },
            version: queued.version,
            source: queued.source,
            event: queued.event.0,
            queued: queued.at,
            retry_num: queued.retry_num,
            msg_ttl: Duration::from_secs(queued.msg_ttl),
            attempt: queued.attempt,
            retries: queued.retries,
            due: queued.due,
        }
    }
}
