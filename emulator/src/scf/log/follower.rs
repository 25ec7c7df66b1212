//! Makes log lines of the journal's records. Follows: SCF reference, section 13.1.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::members::Members;
use super::record::LogRecord;
use super::tail::Usage;
use crate::scf::began::Began;
use crate::scf::status::Status;
use backlot_base::journal::{Lane, Record, ScfRecord, StageRecord, What};
use backlot_base::signal::{DEFAULT_ALIAS, FunctionTarget};

/// The status of a line that was written before the end was known.
const RUNNING: u16 = 202;

/// The log of all attempts in `records`, which should be in the journal's order; `memory_mb` knows the `MemorySize` of each
/// function, in MB.
pub fn records(records: &[Record], memory_mb: impl Fn(&FunctionTarget) -> u32) -> Vec<LogRecord> {
    let mut follower = Follower::default();
    let mut log = Vec::new();
    for record in records {
        follower.read(record, &memory_mb, &mut log);
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
    pub fn resume(&mut self, remembered: &[Record], memory_mb: impl Fn(&FunctionTarget) -> u32) {
        self.lanes.clear();
        let mut lines = Vec::new();
        for record in remembered {
            self.read(record, &memory_mb, &mut lines);
        }
    }

    /// Adds the lines that `record` comes to; `memory_mb` knows the `MemorySize` of each function, in MB.
    pub fn read(
        &mut self,
        record: &Record,
        memory_mb: impl Fn(&FunctionTarget) -> u32,
        log: &mut Vec<LogRecord>,
    ) {
        if let Some(began) = Began::of(&record.what) {
            let reader = Reader::new(&began, memory_mb(&began.target));
            self.lanes.insert(record.lane, reader);
            return;
        }
        match &record.what {
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
    memory_mb: u32,
    /// The invocation is synchronous: it has one attempt.
    is_called: bool,
    template: LogRecord,
}

impl Reader {
    fn new(began: &Began<'_>, memory_mb: u32) -> Self {
        let target = &began.target;
        // Choice: an event for a version, which came past all aliases, has the alias of an event that names none.
        let is_version = target.qualifier == began.version;
        let alias = if is_version {
            DEFAULT_ALIAS.into()
        } else {
            target.qualifier.clone()
        };
        let template = LogRecord {
            function_name: target.function.clone(),
            namespace: target.namespace.clone(),
            start_time: 0,
            log_time: 0,
            request_id: began.request_id.to_owned(),
            duration: 0,
            alias,
            qualifier: began.version.clone(),
            mem_usage: 0.0,
            level: "INFO",
            message: String::new(),
            kind: LogRecord::PLATFORM,
            status_code: RUNNING,
            retry_num: 0,
            members: Members::default(),
        };
        Self {
            memory_mb,
            is_called: began.is_called,
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
                    kind: LogRecord::CUSTOM,
                    members: Members::of(text),
                    ..line
                });
            }
            What::Scf(ScfRecord::AttemptFinished {
                status,
                result,
                duration_ms,
                memory_bytes,
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
                let usage = Usage {
                    duration_ms: *duration_ms,
                    memory_mb: self.memory_mb,
                    memory_bytes: *memory_bytes,
                };
                let line = self.line(usage.report(&id, ""));
                log.push(LogRecord {
                    duration: *duration_ms,
                    mem_usage: usage.megabytes(),
                    ..line
                });
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
