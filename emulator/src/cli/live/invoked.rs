//! Which function each invocation is of, and the lines of records with that name.

use std::collections::BTreeMap;

use anstyle::Style;

use super::line::line;
use super::palette::Palette;
use backlot_base::journal::{Lane, Record, ScfRecord, StageRecord, What};

/// The functions of invocations that are not over: records about attempts name only the invocation.
#[derive(Debug, Default)]
pub(super) struct Invoked {
    pub(super) lanes: BTreeMap<Lane, Invocation>,
    palette: Palette,
}

#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) function: String,
    /// Whether a caller waits for the only attempt.
    is_called: bool,
}

impl Invoked {
    /// The line of a record, with its time; `None` for details that other lines imply.
    pub(super) fn line(&mut self, record: &Record) -> Option<String> {
        let invocation = self.lanes.get(&record.lane);
        let function = match &record.what {
            What::Scf(
                ScfRecord::InvocationQueued { function, .. }
                | ScfRecord::InvocationCalled { function, .. }
                | ScfRecord::InvocationRefused { function, .. },
            ) => Some(function),
            _ => invocation.map(|found| &found.function),
        };
        let function = function.map_or_else(
            || "a function".to_owned(),
            |function| self.palette.paint(function),
        );
        let line = line(record, &function);
        self.note(record);
        let dim = Style::new().dimmed();
        let time = record.at.strftime("%H:%M:%S%.3f");
        Some(format!("{dim}{time}{dim:#}  {}", line?))
    }

    /// Notes which function an invocation is of, and forgets it when the invocation is over.
    pub(super) fn note(&mut self, record: &Record) {
        let invocation = |function: &String, is_called| Invocation {
            function: function.clone(),
            is_called,
        };
        match &record.what {
            What::Scf(ScfRecord::InvocationQueued { function, .. }) => {
                self.lanes.insert(record.lane, invocation(function, false));
            }
            What::Scf(ScfRecord::InvocationCalled { function, .. }) => {
                self.lanes.insert(record.lane, invocation(function, true));
            }
            What::Scf(ScfRecord::AttemptFinished { status, .. }) => {
                let found = self.lanes.get(&record.lane);
                if *status == 200 || found.is_some_and(|found| found.is_called) {
                    self.lanes.remove(&record.lane);
                }
            }
            What::Scf(ScfRecord::DeadLettered { .. } | ScfRecord::Dropped { .. }) => {
                _ = self.lanes.remove(&record.lane);
            }
            What::Stage(StageRecord::Reset) => self.lanes.clear(),
            _ => {}
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::{CosRecord, Journal, MpsRecord};
    use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

    /// The lines of these records, without color and time.
    fn lines(records: impl IntoIterator<Item = (Lane, What)>) -> Vec<String> {
        let journal = Journal::new(&Clock::virtual_default());
        for (lane, what) in records {
            journal.append(lane, what);
        }
        let mut invoked = Invoked::default();
        let records = journal.appended();
        let lines = records.iter().filter_map(|record| invoked.line(record));
        let plain = lines.map(|line| anstream::adapter::strip_str(&line).to_string());
        plain.map(|line| line[14..].to_owned()).collect()
    }

    fn put(status: u16, code: Option<&str>) -> What {
        What::Cos(CosRecord::Request {
            operation: "PutObject".into(),
            method: "PUT".into(),
            bucket: "media-1250000000".into(),
            key: "in/a.mp4".into(),
            status,
            code: code.map(str::to_owned),
            request_id: "R".into(),
            received: 2048,
        })
    }

    pub(in super::super) fn queued(function: &str) -> What {
        What::Scf(ScfRecord::InvocationQueued {
            function: function.into(),
            namespace: DEFAULT_NAMESPACE.into(),
            qualifier: DEFAULT_ALIAS.into(),
            version: LATEST.into(),
            source: "MPS_TRIGGER".into(),
            request_id: "R".into(),
            event: "{}".into(),
        })
    }

    pub(in super::super) fn finished(attempt: u32, status: u16) -> What {
        What::Scf(ScfRecord::AttemptFinished {
            attempt,
            status,
            result: "{}".into(),
            duration_ms: 37,
            memory_bytes: None,
        })
    }

    #[test]
    fn an_upload_is_followed_to_its_delivery() {
        let task = MpsRecord::TaskCreated {
            task_id: "2600000001-WorkflowTask-1".into(),
            workflow: "transcode".into(),
            bucket: "media-1250000000".into(),
            key: "in/a.mp4".into(),
        };
        let done = MpsRecord::TaskFinished {
            task_id: "2600000001-WorkflowTask-1".into(),
            event_type: "WorkflowTask".into(),
            err_code: 0,
        };
        let printed = ScfRecord::LogLine {
            attempt: 1,
            text: "stored".into(),
        };
        let shown = lines([
            (Lane::Stage, put(200, None)),
            (Lane::Task(1), task.into()),
            (Lane::Task(1), done.into()),
            (Lane::Invocation(1), queued("archive")),
            (Lane::Invocation(1), printed.into()),
            (Lane::Invocation(1), finished(1, 200)),
        ]);
        assert_eq!(
            shown,
            [
                "cos   PUT media-1250000000/in/a.mp4: 200 (PutObject, 2048 bytes)",
                "mps   task 1 created by workflow `transcode` for media-1250000000/in/a.mp4",
                "mps   task 1 finished: WorkflowTask",
                "scf   archive: invocation 1 queued by MPS_TRIGGER",
                "scf   archive: 1 | stored",
                "scf   archive: invocation 1, attempt 1: 200 in 37 ms",
            ]
        );
    }

    #[test]
    fn a_failure_is_followed_to_the_dead_letter_queue() {
        let retry = ScfRecord::RetryScheduled {
            attempt: 2,
            due: "2024-01-01T00:01:00Z".parse().unwrap(),
        };
        let dead = ScfRecord::DeadLettered {
            queue: "dlq".into(),
            reason: "execution-error".into(),
            message: "{}".into(),
        };
        let lane = Lane::Invocation(7);
        let shown = lines([
            (Lane::Stage, put(503, Some("SlowDown"))),
            (lane, queued("notify")),
            (lane, finished(1, 430)),
            (lane, retry.into()),
            (lane, finished(2, 430)),
            (lane, dead.into()),
        ]);
        assert_eq!(
            shown,
            [
                "cos   PUT media-1250000000/in/a.mp4: 503 SlowDown (PutObject, 2048 bytes)",
                "scf   notify: invocation 7 queued by MPS_TRIGGER",
                "scf   notify: invocation 7, attempt 1: 430 in 37 ms",
                "scf   notify: invocation 7, attempt 2 follows at 00:01:00.000",
                "scf   notify: invocation 7, attempt 2: 430 in 37 ms",
                "scf   notify: invocation 7 in dead-letter queue `dlq`: execution-error",
            ]
        );
    }
}
