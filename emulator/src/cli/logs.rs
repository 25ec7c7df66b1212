//! `backlot logs`: function logs.

use bytes::BytesMut;
use clap::Args;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::exit::{CommandError, Exit};
use super::remote::Target;
use super::status::Output;
use super::terminal::show;
use backlot_http::exchange::empty;

/// Shows function logs of the running emulator
#[derive(Debug, Args)]
pub(super) struct Logs {
    #[command(flatten)]
    target: Target,

    /// Keep printing new lines until the emulator stops
    #[arg(long, short)]
    follow: bool,

    /// Only this function
    #[arg(long, value_name = "NAME")]
    function: Option<String>,

    /// `text`, or `json`: the fields that SCF delivers, one object per line
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Logs {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let remote = self.target.find()?;
        let mut path = format!("/logs?follow={}", self.follow);
        if self.output == Output::Text {
            // They are no lines that SCF delivers.
            path.push_str("&findings=true");
        }
        if let Some(name) = &self.function {
            path.push_str("&function=");
            path.extend(utf8_percent_encode(name, NON_ALPHANUMERIC));
        }
        let mut body = remote.ask("GET", &path, empty()).await?.into_body();
        let mut read = BytesMut::new();
        while let Some(data) = remote.next_data(&mut body).await? {
            read.extend_from_slice(&data);
            while let Some(end) = read.iter().position(|byte| *byte == b'\n') {
                let line = read.split_to(end + 1);
                self.show(&String::from_utf8_lossy(&line))?;
            }
        }
        Ok(Exit::Passed)
    }

    fn show(&self, line: &str) -> Result<(), CommandError> {
        let record: Value = serde_json::from_str(line).map_err(|error| {
            CommandError::environment(format!("a log line cannot be read: {error}"))
        })?;
        if record["what"] == "forgotten" {
            tracing::warn!(
                "lines before record {} are no longer in the journal; keep more with `backlot up --journal-limit SIZE`",
                record["first"]
            );
            return Ok(());
        }
        match self.output {
            Output::Json => show(line),
            Output::Text => show(&text(&record)),
        }
    }
}

/// `12:00:00.123 archive  the line`
fn text(record: &Value) -> String {
    if record["what"] == "finding" {
        let part = |name: &str| record[name].as_str().unwrap_or_default();
        let at = part("at").parse::<Timestamp>();
        let at = at.map_or_else(|_| String::new(), |at| format!("{at:.3}"));
        return format!("{at} {}  finding: {}\n", part("function"), part("text"));
    }
    let time = record["SCF_LogTime"].as_i64();
    let time = time.and_then(|time| Timestamp::from_millisecond(time).ok());
    let time = time.map_or_else(String::new, |time| format!("{time:.3}"));
    let name = record["SCF_FunctionName"].as_str().unwrap_or_default();
    let message = record["SCF_Message"].as_str().unwrap_or_default();
    format!("{time} {name}  {message}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_time_and_its_function() {
        let record = serde_json::json!({
            "SCF_LogTime": 1_704_067_200_123_i64,
            "SCF_FunctionName": "archive",
            "SCF_Message": "stored",
        });
        assert_eq!(text(&record), "2024-01-01T00:00:00.123Z archive  stored\n");
        let record = serde_json::json!({
            "what": "finding",
            "at": "2024-01-01T00:00:00.123456Z",
            "function": "archive",
            "text": "it is slow",
        });
        let expected = "2024-01-01T00:00:00.123Z archive  finding: it is slow\n";
        assert_eq!(text(&record), expected);
    }
}
