//! The logs that SCF delivers, made from the journal: nothing is kept twice.
//!
//! Follows: SCF reference, sections 13.1 and 13.2.
//!
//! Deviates: `SCF_MemUsage` is always 0; it is not measured, as it differs from run to run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::status::Status;
use backlot_base::journal::{Lane, Record, ScfRecord, StageRecord, What};
use backlot_base::json::Value;

/// Bytes of the tail that a synchronous caller gets at most.
const TAIL_LIMIT: usize = 4096;
/// How the names of the platform's own fields begin.
const OWN: &str = "SCF_";
/// The status of a line that was written before the end was known.
const RUNNING: u16 = 202;

/// One line as SCF delivers it, with the 14 fields of the default format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogRecord {
    /// The function's name.
    #[serde(rename = "SCF_FunctionName")]
    pub function_name: String,
    /// Its namespace.
    #[serde(rename = "SCF_Namespace")]
    pub namespace: String,
    /// Start of the attempt, milliseconds since the epoch.
    #[serde(rename = "SCF_StartTime")]
    pub start_time: i64,
    /// Time of the line, milliseconds since the epoch.
    #[serde(rename = "SCF_LogTime")]
    pub log_time: i64,
    /// The invocation's id.
    #[serde(rename = "SCF_RequestId")]
    pub request_id: String,
    /// Milliseconds; 0 but in the report.
    #[serde(rename = "SCF_Duration")]
    pub duration: u64,
    /// Always `$DEFAULT`.
    #[serde(rename = "SCF_Alias")]
    pub alias: &'static str,
    /// Always `$LATEST`.
    #[serde(rename = "SCF_Qualifier")]
    pub qualifier: &'static str,
    /// `MemorySize` in MB.
    #[serde(rename = "SCF_MemUsage")]
    pub mem_usage: f64,
    /// Always `INFO`.
    #[serde(rename = "SCF_Level")]
    pub level: &'static str,
    /// The line.
    #[serde(rename = "SCF_Message")]
    pub message: String,
    /// `Platform` or `Custom`.
    #[serde(rename = "SCF_Type")]
    pub kind: &'static str,
    /// 202 while the attempt runs, its status afterwards.
    #[serde(rename = "SCF_StatusCode")]
    pub status_code: u16,
    /// 0 in the first attempt.
    #[serde(rename = "SCF_RetryNum")]
    pub retry_num: u32,
    /// The members of a line that is a JSON object, beside the 14 fields.
    #[serde(flatten)]
    pub members: Members,
}

/// The first-level members of a line that is a JSON object, as further fields of its record, in their order.
///
/// Choice: a member with the name of one of the platform's own fields is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members(Vec<(String, Value)>);

/// What a log says about a function that the journal does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedFunction {
    /// Its namespace.
    pub namespace: String,
    /// `MemorySize` in MB.
    pub memory_mb: u32,
}

/// The log of all attempts in `records`, which should be in the journal's order; `about` knows the functions.
pub fn records(records: &[Record], about: impl Fn(&str) -> LoggedFunction) -> Vec<LogRecord> {
    let mut follower = Follower::default();
    let mut log = Vec::new();
    for record in records {
        follower.read(record, &about, &mut log);
    }
    log
}

/// Makes log lines of a journal as it grows.
#[derive(Debug, Default)]
pub struct Follower {
    lanes: BTreeMap<Lane, Reader>,
}

impl Follower {
    /// Begins anew with what a journal remembers of the records that it has forgotten: invocations under way go on, and
    /// no line comes of it.
    pub fn resume(&mut self, remembered: &[Record], about: impl Fn(&str) -> LoggedFunction) {
        self.lanes.clear();
        let mut lines = Vec::new();
        for record in remembered {
            self.read(record, &about, &mut lines);
        }
    }

    /// Adds the lines that `record` comes to; `about` knows the functions.
    pub fn read(
        &mut self,
        record: &Record,
        about: impl Fn(&str) -> LoggedFunction,
        log: &mut Vec<LogRecord>,
    ) {
        match &record.what {
            What::Scf(
                ScfRecord::InvocationQueued {
                    function,
                    request_id,
                    ..
                }
                | ScfRecord::InvocationCalled {
                    function,
                    request_id,
                    ..
                },
            ) => {
                let is_called =
                    matches!(record.what, What::Scf(ScfRecord::InvocationCalled { .. }));
                let reader = Reader::new(function, request_id, is_called, about(function));
                self.lanes.insert(record.lane, reader);
            }
            What::Stage(StageRecord::Reset) => self.lanes.clear(),
            what => {
                if let Some(reader) = self.lanes.get_mut(&record.lane) {
                    reader.read(record.at, what, log);
                    if reader.is_over(what) {
                        self.lanes.remove(&record.lane);
                    }
                }
            }
        }
    }
}

/// Follows one invocation.
#[derive(Debug)]
struct Reader {
    about: LoggedFunction,
    /// The invocation is synchronous: it has one attempt.
    is_called: bool,
    template: LogRecord,
}

impl Reader {
    fn new(function: &str, request_id: &str, is_called: bool, about: LoggedFunction) -> Self {
        let template = LogRecord {
            function_name: function.to_owned(),
            namespace: about.namespace.clone(),
            start_time: 0,
            log_time: 0,
            request_id: request_id.to_owned(),
            duration: 0,
            alias: "$DEFAULT",
            qualifier: "$LATEST",
            mem_usage: 0.0,
            level: "INFO",
            message: String::new(),
            kind: "Platform",
            status_code: RUNNING,
            retry_num: 0,
            members: Members::default(),
        };
        Self {
            about,
            is_called,
            template,
        }
    }

    fn read(&mut self, at: Timestamp, what: &What, log: &mut Vec<LogRecord>) {
        let id = self.template.request_id.clone();
        self.template.log_time = at.as_millisecond();
        match what {
            What::Scf(ScfRecord::AttemptStarted { attempt, .. }) => {
                self.template.start_time = at.as_millisecond();
                self.template.retry_num = attempt.saturating_sub(1);
                self.template.status_code = RUNNING;
                log.push(self.line(format!("START RequestId:{id}")));
            }
            What::Scf(ScfRecord::LogLine { text, .. }) => {
                let line = self.line(text.clone());
                log.push(LogRecord {
                    kind: "Custom",
                    members: Members::of(text),
                    ..line
                });
            }
            What::Scf(ScfRecord::AttemptFinished {
                status,
                result,
                duration_ms,
                ..
            }) => {
                self.template.status_code = *status;
                let result = String::from_utf8_lossy(&result.0);
                log.push(self.line(if Status(*status).is_success() {
                    format!("Response RequestId:{id} RetMsg:{result}")
                } else {
                    format!("ERROR RequestId:{id} Result:{result}")
                }));
                log.push(self.line(format!("END RequestId:{id}")));
                let report = report(&id, "", *duration_ms, self.about.memory_mb);
                let line = self.line(report);
                let duration = *duration_ms;
                log.push(LogRecord { duration, ..line });
            }
            _ => {}
        }
    }

    /// Whether nothing more is printed after `what`.
    fn is_over(&self, what: &What) -> bool {
        match what {
            What::Scf(ScfRecord::AttemptFinished { status, .. }) => {
                self.is_called || Status(*status).is_success()
            }
            What::Scf(ScfRecord::DeadLettered { .. } | ScfRecord::Dropped { .. }) => true,
            _ => false,
        }
    }

    fn line(&self, message: String) -> LogRecord {
        LogRecord {
            message,
            ..self.template.clone()
        }
    }
}

impl Members {
    fn of(line: &str) -> Self {
        let line = line.trim();
        if !line.starts_with('{') {
            return Self::default();
        }
        let Ok(Value::Object(mut members)) = Value::parse(line) else {
            return Self::default();
        };
        members.retain(|(name, _)| !name.starts_with(OWN));
        // The last member of a name counts, as for most readers of JSON.
        let mut seen = BTreeSet::new();
        members.reverse();
        members.retain(|(name, _)| seen.insert(name.clone()));
        members.reverse();
        Self(members)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// `Log` of a synchronous call with `Tail`: the last 4096 bytes of its text.
pub(super) fn tail(
    request_id: &str,
    lines: &[String],
    duration: Duration,
    memory_mb: u32,
) -> String {
    let mut text = format!("START RequestId: {request_id}\nEvent RequestId: {request_id}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let report = report(request_id, " ", milliseconds, memory_mb);
    // Writing into a string cannot fail.
    let _ = write!(text, "END RequestId: {request_id}\n{report}");
    let start = text.len().saturating_sub(TAIL_LIMIT);
    // A character that would be cut in two is left out.
    let start = (start..text.len()).find(|start| text.is_char_boundary(*start));
    text.split_off(start.unwrap_or(0))
}

fn report(request_id: &str, space: &str, duration_ms: u64, memory_mb: u32) -> String {
    format!(
        "Report RequestId:{space}{request_id} Duration:{duration_ms}ms Memory:{memory_mb}MB MemUsage:0MB"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

    fn record(number: usize, what: What) -> Record {
        Record {
            number,
            at: Timestamp::from_millisecond(1_666_014_960_123).unwrap(),
            phase: 0,
            real: Duration::ZERO,
            lane: Lane::Invocation(1),
            what,
        }
    }

    #[test]
    fn an_attempt_becomes_the_lines_of_the_platform() {
        let journal: Vec<Record> = [
            What::Scf(ScfRecord::InvocationQueued {
                function: "hello-from-scf".into(),
                namespace: DEFAULT_NAMESPACE.into(),
                qualifier: DEFAULT_ALIAS.into(),
                version: LATEST.into(),
                source: "OTHERS".into(),
                request_id: "R".into(),
                event: "{}".into(),
            }),
            What::Scf(ScfRecord::AttemptStarted {
                attempt: 2,
                instance: "hello-from-scf/1.1".into(),
            }),
            What::Scf(ScfRecord::LogLine {
                attempt: 2,
                text: "try exception".into(),
            }),
            What::Scf(ScfRecord::AttemptFinished {
                attempt: 2,
                status: 430,
                result: "{}".into(),
                duration_ms: 3,
            }),
        ]
        .into_iter()
        .enumerate()
        .map(|(number, what)| record(number, what))
        .collect();
        let log = records(&journal, |_| LoggedFunction {
            namespace: "default".into(),
            memory_mb: 128,
        });
        let texts: Vec<_> = log
            .iter()
            .map(|line| (line.kind, line.status_code, line.message.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                ("Platform", 202, "START RequestId:R"),
                ("Custom", 202, "try exception"),
                ("Platform", 430, "ERROR RequestId:R Result:{}"),
                ("Platform", 430, "END RequestId:R"),
                (
                    "Platform",
                    430,
                    "Report RequestId:R Duration:3ms Memory:128MB MemUsage:0MB"
                ),
            ]
        );
        assert!(log.iter().all(|line| line.retry_num == 1));
        let fields = serde_json::to_value(&log[0]).unwrap();
        assert_eq!(fields.as_object().unwrap().len(), 14);
        assert_eq!(fields["SCF_StartTime"], 1_666_014_960_123_i64);
    }

    #[test]
    fn the_members_of_a_line_of_json_are_fields_of_its_record() {
        let members = |line| serde_json::to_string(&Members::of(line)).unwrap();
        let line = r#" {"level":"warn","n":1.50,"deep":{"a":[1]},"SCF_Level":"x","n":2.0} "#;
        assert_eq!(
            members(line),
            r#"{"level":"warn","deep":{"a":[1]},"n":2.0}"#
        );
        for line in ["", "{", "[1]", "7", "{'a': 1}", r#"{"a":1} and more"#] {
            assert_eq!(members(line), "{}", "{line}");
        }
        let about = LoggedFunction {
            namespace: "default".into(),
            memory_mb: 128,
        };
        let record = LogRecord {
            members: Members::of(r#"{"level":"warn"}"#),
            ..Reader::new("f", "R", false, about).template
        };
        let fields = serde_json::to_value(record).unwrap();
        assert_eq!(fields["level"], "warn");
        assert_eq!(fields.as_object().unwrap().len(), 15);
    }

    #[test]
    fn a_tail_keeps_the_end() {
        let lines = vec!["é".repeat(3000)];
        let tail = tail("R", &lines, Duration::from_millis(7), 64);
        assert!(tail.len() <= TAIL_LIMIT, "{}", tail.len());
        let end = "é\nEND RequestId: R\nReport RequestId: R Duration:7ms Memory:64MB MemUsage:0MB";
        assert!(tail.ends_with(end), "{tail}");
    }
}
