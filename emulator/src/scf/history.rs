//! What became of each invocation, read from the journal for the API.
//!
//! Nothing is kept for it: the journal has every record, and its limit is that of the history, too. A stage that stays keeps
//! 16 MiB of records unless it is told otherwise, and never forgets how an invocation under way began and where it stands;
//! a scenario keeps all. So a long run does not grow, and an event that is not over is always found.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::began::Began;
use super::log::{Follower, LogRecord};
use super::status::Status;
use backlot_base::journal::{Blob, Journal, Lane, Record, ScfRecord, StageRecord, What};
use backlot_base::signal::FunctionTarget;

/// One invocation with its attempts so far.
#[derive(Debug)]
pub(super) struct Past {
    /// The invocation's number on this stage, from 1.
    pub(super) number: u32,
    pub(super) function: String,
    /// The version that runs.
    pub(super) version: String,
    /// `MPS_TRIGGER`, `COS`, `OTHERS`, …
    pub(super) source: String,
    pub(super) request_id: String,
    /// Whether a caller waited for the outcome.
    pub(super) is_called: bool,
    /// When the event was accepted.
    pub(super) arrived: Timestamp,
    /// In their order. The log of a run whose records were forgotten in part is not whole.
    pub(super) runs: Vec<Run>,
    /// When there was nothing more to do, if that time has come.
    pub(super) ended: Option<Timestamp>,
}

/// One attempt.
#[derive(Debug)]
pub(super) struct Run {
    /// From 1.
    pub(super) attempt: u32,
    pub(super) started: Timestamp,
    /// Every line of the log, as it is delivered.
    pub(super) lines: Vec<LogRecord>,
    /// `None` while it runs.
    pub(super) end: Option<RunEnd>,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) struct RunEnd {
    pub(super) status: Status,
    /// What the function answered, or the platform's error object.
    pub(super) result: Blob,
    pub(super) duration_ms: u64,
    /// The most memory that the instance has had so far; 0 where it is not measured.
    pub(super) memory_bytes: u64,
}

/// The invocations that `wanted` asks for, in the order of their numbers; `memory_mb` knows the `MemorySize` of functions.
///
/// `wanted` is asked while the journal is locked: see [`Journal::select`].
pub(super) fn read(
    journal: &Journal,
    mut wanted: impl FnMut(&Began<'_>) -> bool,
    memory_mb: impl Fn(&FunctionTarget) -> u32,
) -> Vec<Past> {
    let mut lanes = BTreeSet::new();
    let records = journal.select(|record| {
        if matches!(record.what, What::Stage(StageRecord::Reset)) {
            return true;
        }
        if let Some(began) = Began::of(&record.what)
            && wanted(&began)
        {
            lanes.insert(record.lane);
        }
        lanes.contains(&record.lane)
    });
    let mut reader = Reader::default();
    for record in records {
        reader.read(&record, &memory_mb);
    }
    reader.invocations.into_values().collect()
}

#[derive(Default)]
struct Reader {
    follower: Follower,
    invocations: BTreeMap<Lane, Past>,
}

impl Reader {
    fn read(&mut self, record: &Record, memory_mb: impl Fn(&FunctionTarget) -> u32) {
        if matches!(record.what, What::Stage(StageRecord::Reset)) {
            self.invocations.clear();
        }
        let mut lines = Vec::new();
        self.follower.read(record, memory_mb, &mut lines);
        if let Some(began) = Began::of(&record.what)
            && let Lane::Invocation(number) = record.lane
        {
            let past = Past::new(number, began, record.at);
            self.invocations.insert(record.lane, past);
        }
        let past = self.invocations.get_mut(&record.lane);
        if let (Some(past), What::Scf(what)) = (past, &record.what) {
            past.read(record.at, what, lines);
        }
    }
}

impl Past {
    fn new(number: u32, began: Began<'_>, arrived: Timestamp) -> Self {
        Self {
            number,
            function: began.target.function,
            version: began.version.into_owned(),
            source: began.source.to_owned(),
            request_id: began.request_id.to_owned(),
            is_called: began.is_called,
            arrived,
            runs: Vec::new(),
            ended: None,
        }
    }

    /// How the last attempt ended, if there was one and it is over.
    pub(super) fn last_status(&self) -> Option<Status> {
        let end = self.runs.last()?.end.as_ref()?;
        Some(end.status)
    }

    fn read(&mut self, at: Timestamp, what: &ScfRecord, mut lines: Vec<LogRecord>) {
        match what {
            ScfRecord::AttemptStarted { attempt, .. } | ScfRecord::LogLine { attempt, .. } => {
                self.run(*attempt, at).lines.append(&mut lines);
            }
            ScfRecord::AttemptFinished {
                attempt,
                status,
                result,
                duration_ms,
                memory_bytes,
            } => {
                let (status, duration_ms) = (Status(*status), *duration_ms);
                let run = self.run(*attempt, at);
                run.lines.append(&mut lines);
                run.end = Some(RunEnd {
                    status,
                    result: result.clone(),
                    duration_ms,
                    memory_bytes: memory_bytes.unwrap_or_default(),
                });
                if self.is_called || status.is_success() {
                    self.ended = Some(at);
                }
            }
            ScfRecord::DeadLettered { .. } | ScfRecord::Dropped { .. } => self.ended = Some(at),
            _ => {}
        }
    }

    /// The run of an attempt. Its start may have been forgotten; then it is as old as what is known of it.
    fn run(&mut self, attempt: u32, at: Timestamp) -> &mut Run {
        let is_new = self.runs.last().is_none_or(|run| run.attempt != attempt);
        if is_new {
            self.runs.push(Run {
                attempt,
                started: at,
                lines: Vec::new(),
                end: None,
            });
        }
        self.runs.last_mut().expect("there is one at least")
    }
}
