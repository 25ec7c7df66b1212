//! One line of JSON for each event, on standard output, which the platform collects.
//!
//! No times and no durations: the platform adds them, and without them equal runs have equal logs.

use std::io::Write as _;

use serde::Serialize;

/// Where lines go.
pub type Sink = Box<dyn Fn(&str) + Send + Sync>;

/// What became of one event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    /// `info` or `error`.
    pub level: &'static str,
    /// `archived`, `already` or `failed`.
    pub outcome: &'static str,
    /// Of the invocation, as in the platform's own lines.
    pub request_id: Option<&'a str>,
    /// The event type of MPS, `unrecognized` or `not-json`.
    pub event_type: &'a str,
    /// The task, if MPS speaks of one.
    pub task_id: Option<&'a str>,
    /// Its status.
    pub status: Option<&'a str>,
    /// Its error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i64>,
    /// Parts of the task that failed.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub failures: &'a [String],
    /// Where the event is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a str>,
    /// Bytes of the event.
    pub size: u64,
    /// How many tries it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// Kind of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'a str>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a str>,
}

impl Line<'_> {
    /// The line without its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a line is made of texts and numbers")
    }
}

/// The sink that writes to standard output.
pub fn to_stdout() -> Sink {
    Box::new(|line| {
        let mut out = std::io::stdout().lock();
        // A closed stdout does not fail an event, and there is nowhere else to report it.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    })
}
