//! What `backlot up` shows while it runs in the foreground: one line for each request, task, attempt and delivery, read from
//! the journal.
//!
//! ```text
//! 12:00:00.101  cos   PUT media-1250000000/in/a.mp4: 200 (PutObject, 2048 bytes)
//! 12:00:00.102  mps   task 1 created by workflow `transcode` for media-1250000000/in/a.mp4
//! 12:00:02.102  mps   task 1 finished: WorkflowTask
//! 12:00:02.102  scf   archive: invocation 1 queued by MPS_TRIGGER
//! 12:00:02.120  scf   archive: 1 | stored in/a.mp4
//! 12:00:02.139  scf   archive: invocation 1, attempt 1: 200 in 37 ms
//! ```
//!
//! A line that a function printed has the number of its invocation, because several may print at the same time; the name of each
//! function has a color of its own.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use tracing::Level;

use super::tell;
use backlot_base::journal::{
    Batch, CosRecord, HttpRecord, Journal, Lane, MpsRecord, NoticeRecord, Record, ScfRecord,
    StageRecord, What,
};

/// Records that are read at once.
const BATCH: usize = 256;

/// Follows a journal and prints its records.
#[derive(Debug)]
pub(super) struct Live {
    journal: Journal,
    next: usize,
    invoked: Invoked,
    /// The function whose output is shown already.
    debugged: Option<String>,
}

/// The functions of invocations that are not over: records about attempts name only the invocation.
#[derive(Debug, Default)]
struct Invoked {
    lanes: BTreeMap<Lane, Invocation>,
    palette: Palette,
}

/// The colors of the functions' names: each new name gets the next one.
#[derive(Debug, Default)]
struct Palette(BTreeMap<String, AnsiColor>);

/// Colors that tell no outcome: green, yellow and red do.
const NAMES: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

#[derive(Debug)]
struct Invocation {
    function: String,
    /// Whether a caller waits for the only attempt.
    is_called: bool,
}

/// Whether lines are wanted: someone looks at the terminal, or has asked for them with `-v`.
pub(super) fn is_wanted() -> bool {
    let is_quiet = !tracing::enabled!(Level::WARN);
    let is_asked_for = tracing::enabled!(Level::INFO);
    is_asked_for || (!is_quiet && std::io::stderr().is_terminal())
}

impl Live {
    /// Shows what happens; `debugged` names a function whose output is shown in another way.
    pub(super) fn of(journal: &Journal, debugged: Option<&str>) -> Self {
        Self {
            journal: journal.clone(),
            next: 0,
            invoked: Invoked::default(),
            debugged: debugged.map(str::to_owned),
        }
    }

    /// Prints each record as it comes. Never ends; may be dropped at any time.
    pub(super) async fn follow(&mut self) -> Infallible {
        loop {
            self.journal.reached(self.next).await;
            self.show();
        }
    }

    /// Whether a record is a line of the function that is debugged.
    fn is_shown_already(&self, record: &Record) -> bool {
        let is_line = matches!(record.what, What::Scf(ScfRecord::LogLine { .. }));
        let invocation = self.invoked.lanes.get(&record.lane);
        is_line && invocation.is_some_and(|found| Some(&found.function) == self.debugged.as_ref())
    }

    /// Prints the records that are there and not printed yet.
    pub(super) fn show(&mut self) {
        loop {
            let Batch { lost, records } = self.journal.read(self.next, BATCH);
            if let Some(lost) = lost {
                self.invoked.lanes.clear();
                for record in &lost.remembered {
                    self.invoked.note(record);
                }
                if !lost.by_reset {
                    let skipped = lost.first - lost.since;
                    tell(&format!(
                        "… {skipped} records are not shown: they came faster than they could be printed"
                    ));
                }
            }
            let Some(last) = records.last() else {
                return;
            };
            self.next = last.number + 1;
            let mut text = String::new();
            for record in &records {
                if self.is_shown_already(record) {
                    continue;
                }
                if let Some(line) = self.invoked.line(record) {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
            if !text.is_empty() {
                tell(text.trim_end());
            }
        }
    }
}

impl Invoked {
    /// The line of a record, with its time; `None` for details that other lines imply.
    fn line(&mut self, record: &Record) -> Option<String> {
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
    fn note(&mut self, record: &Record) {
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

impl Palette {
    fn paint(&mut self, function: &str) -> String {
        let next = NAMES[self.0.len() % NAMES.len()];
        let color = match self.0.get(function) {
            Some(color) => *color,
            None => *self.0.entry(function.to_owned()).or_insert(next),
        };
        painted(color, function)
    }
}

/// `scf   archive: invocation 1, attempt 1: 200 in 37 ms`
fn line(record: &Record, function: &str) -> Option<String> {
    let number = match record.lane {
        Lane::Task(number) | Lane::Invocation(number) => number,
        Lane::Stage | Lane::Step(_) => 0,
    };
    let what = &record.what;
    if let Some(text) = of_cos(what) {
        return Some(format!("cos   {text}"));
    }
    if let Some(text) = of_mps(what, number) {
        return Some(format!("mps   {text}"));
    }
    if let Some(text) = of_scf(what, function, number) {
        return Some(format!("scf   {text}"));
    }
    of_others(what)
}

/// Requests to COS, and what lifecycles do.
fn of_cos(what: &What) -> Option<String> {
    Some(match what {
        What::Cos(CosRecord::Request { .. }) => cos_request(what),
        What::Cos(CosRecord::ObjectMoved {
            bucket,
            key,
            from,
            to,
        }) => format!("lifecycle moved {bucket}/{key} from {from} to {to}"),
        What::Cos(CosRecord::UploadAborted { bucket, key, .. }) => {
            format!("lifecycle aborted an upload to {bucket}/{key}")
        }
        _ => return None,
    })
}

/// Tasks, by their number.
fn of_mps(what: &What, number: u32) -> Option<String> {
    Some(match what {
        What::Mps(MpsRecord::TaskCreated {
            workflow,
            bucket,
            key,
            ..
        }) => format!("task {number} created by workflow `{workflow}` for {bucket}/{key}"),
        What::Mps(MpsRecord::TaskFinished {
            event_type,
            err_code: 0,
            ..
        }) => format!("task {number} finished: {event_type}"),
        What::Mps(MpsRecord::TaskFinished {
            event_type,
            err_code,
            ..
        }) => {
            let failure = painted(AnsiColor::Red, format_args!("error code {err_code}"));
            format!("task {number} finished: {event_type}, {failure}")
        }
        What::Mps(MpsRecord::TriggerMissing { event_type }) => {
            let text = format!("{event_type} is not delivered, as no trigger is bound to it");
            format!("task {number}: {}", painted(AnsiColor::Yellow, text))
        }
        _ => return None,
    })
}

/// Invocations of a function, by their number.
fn of_scf(what: &What, function: &str, number: u32) -> Option<String> {
    Some(match what {
        What::Scf(ScfRecord::InvocationQueued { source, .. }) => {
            format!("{function}: invocation {number} queued by {source}")
        }
        What::Scf(ScfRecord::InvocationCalled { source, .. }) => {
            format!("{function}: invocation {number} called by {source}")
        }
        What::Scf(ScfRecord::InvocationRefused {
            source,
            status,
            message,
            ..
        }) => {
            let outcome = painted(AnsiColor::Red, format_args!("{status} {message}"));
            format!("{function}: event from {source} refused: {outcome}")
        }
        What::Scf(ScfRecord::AttemptStarted {
            attempt,
            instance,
            cold: true,
        }) => format!("{function}: invocation {number}, attempt {attempt} starts {instance}"),
        What::Scf(ScfRecord::LogLine { text, .. }) => format!("{function}: {number} | {text}"),
        What::Scf(ScfRecord::AttemptFinished {
            attempt,
            status,
            duration_ms,
            ..
        }) => {
            let color = match status {
                200 => AnsiColor::Green,
                _ => AnsiColor::Red,
            };
            let status = painted(color, status);
            format!(
                "{function}: invocation {number}, attempt {attempt}: {status} in {duration_ms} ms"
            )
        }
        What::Scf(ScfRecord::RetryScheduled { attempt, due }) => {
            let due = due.strftime("%H:%M:%S%.3f");
            format!("{function}: invocation {number}, attempt {attempt} follows at {due}")
        }
        What::Scf(ScfRecord::DeadLettered { queue, reason, .. }) => {
            let text = format!("in dead-letter queue `{queue}`: {reason}");
            let outcome = painted(AnsiColor::Red, text);
            format!("{function}: invocation {number} {outcome}")
        }
        What::Scf(ScfRecord::Dropped { reason }) => {
            let outcome = painted(AnsiColor::Red, format_args!("dropped: {reason}"));
            format!("{function}: invocation {number} {outcome}")
        }
        What::Scf(ScfRecord::InstanceStopped { instance, reason }) => {
            format!("instance {instance} stopped: {reason}")
        }
        _ => return None,
    })
}

/// All the rest that is shown.
fn of_others(what: &What) -> Option<String> {
    let (room, text) = match what {
        What::Stage(StageRecord::Reset) => (
            "",
            "reset: all objects, events and records are gone".to_owned(),
        ),
        What::Http(HttpRecord::ApiRequest {
            service,
            action,
            code,
            ..
        }) => {
            let outcome = match code {
                None => painted(AnsiColor::Green, "OK"),
                Some(code) => painted(AnsiColor::Yellow, code),
            };
            (service.as_str(), format!("{action}: {outcome}"))
        }
        What::Stage(StageRecord::ChainStopped {
            wanted,
            bucket,
            key,
            limit,
            ..
        }) => {
            let cause = match &bucket[..] {
                "" => "a call".to_owned(),
                bucket => format!("{bucket}/{key}"),
            };
            let text = format!(
                "{cause} does not start {wanted}: {limit} events have followed from one another"
            );
            ("", painted(AnsiColor::Red, text))
        }
        What::Notice(NoticeRecord::Diagnostic { text } | NoticeRecord::Finding { text, .. }) => {
            ("", painted(AnsiColor::Yellow, text))
        }
        What::Http(HttpRecord::RequestRefused {
            host,
            method,
            status,
        }) => {
            let status = painted(AnsiColor::Yellow, status);
            let text = format!("{method} {host}: {status} (no service has this address)");
            ("http", text)
        }
        What::Http(HttpRecord::PageRefused {
            origin,
            host,
            method,
            path,
        }) => {
            let refused = painted(AnsiColor::Yellow, "refused");
            let text = format!("{method} {host}{path}: {refused} (a page of {origin} sent it)");
            ("http", text)
        }
        What::Http(HttpRecord::OutboundCall {
            method,
            host,
            path,
            outcome,
            status,
            ..
        }) => {
            let status = status.map_or_else(String::new, |status| format!("{} ", of_http(status)));
            ("out", format!("{method} {host}{path}: {status}({outcome})"))
        }
        What::Notice(NoticeRecord::FaultFired {
            rule,
            call,
            verdict,
        }) => {
            let text = format!("`{rule}`: {call}: {verdict}");
            ("fault", painted(AnsiColor::Magenta, text))
        }
        What::Notice(NoticeRecord::Unsupported {
            service,
            feature,
            text,
            ..
        }) => {
            let text = format!("{feature}: {text}");
            (service.as_str(), painted(AnsiColor::Yellow, text))
        }
        _ => return None,
    };
    Some(format!("{room:<5} {text}"))
}

/// `PUT media-1250000000/in/a.mp4: 200 (PutObject, 2048 bytes)`
fn cos_request(what: &What) -> String {
    let What::Cos(CosRecord::Request {
        operation,
        method,
        bucket,
        key,
        status,
        code,
        received,
        ..
    }) = what
    else {
        return String::new();
    };
    let mut text = format!("{method} {bucket}/{key}: {}", of_http(*status));
    if let Some(code) = code {
        text.push(' ');
        text.push_str(code);
    }
    let _ = match received {
        0 => write!(text, " ({operation})"),
        1 => write!(text, " ({operation}, 1 byte)"),
        bytes => write!(text, " ({operation}, {bytes} bytes)"),
    };
    text
}

/// The status of an HTTP response.
fn of_http(status: u16) -> String {
    let color = match status {
        ..400 => AnsiColor::Green,
        400..500 => AnsiColor::Yellow,
        500.. => AnsiColor::Red,
    };
    painted(color, status)
}

fn painted(color: AnsiColor, text: impl fmt::Display) -> String {
    let style = Style::new().fg_color(Some(color.into()));
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
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

    fn queued(function: &str) -> What {
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

    fn finished(attempt: u32, status: u16) -> What {
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

    #[test]
    fn each_function_has_a_color_of_its_own() {
        let mut palette = Palette::default();
        let painted: Vec<_> = ["archive", "notify", "archive", "resize"]
            .map(|name| palette.paint(name))
            .to_vec();
        assert_eq!(painted[0], painted[2]);
        let color = |text: &str| text.split_once('m').unwrap().0.to_owned();
        let colors = [0, 1, 3].map(|index: usize| color(&painted[index]));
        assert!(colors[0] != colors[1] && colors[1] != colors[2] && colors[0] != colors[2]);
    }

    #[test]
    fn names_of_functions_are_kept_no_longer_than_needed() {
        let journal = Journal::new(&Clock::virtual_default());
        let mut live = Live::of(&journal, None);
        for number in 1..=100 {
            journal.append(Lane::Invocation(number), queued("archive"));
            journal.append(Lane::Invocation(number), finished(1, 200));
        }
        journal.append(Lane::Invocation(101), queued("archive"));
        live.show();
        assert_eq!(live.next, 201);
        assert_eq!(live.invoked.lanes.len(), 1);
    }
}
