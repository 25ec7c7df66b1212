//! What becomes of invocations on a running emulator, read from its journal.

use std::collections::BTreeMap;
use std::iter;
use std::ops::ControlFlow;

use bytes::BytesMut;
use serde_json::Value;

use super::exit::CommandError;
use super::remote::Remote;
use super::strict::Gap;
use super::{notice, tell};
use crate::scf::failure_lines;
use backlot_base::journal::{Lane, NoticeRecord, Record, ScfRecord, StageRecord, What};
use backlot_http::exchange::empty;

/// The status of an attempt that succeeded.
const SUCCESS: u16 = 200;

/// Invocations and what is known of them.
#[derive(Debug)]
pub(super) struct Progress {
    states: BTreeMap<Lane, State>,
    shown: Shown,
    /// Findings, and requests that are not supported.
    objections: usize,
}

/// What is told on stderr, beside findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing.
    Findings,
    /// What the function prints.
    Log,
    /// How attempts end, and when the next one follows.
    Attempts,
    /// Both.
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Another attempt may follow.
    Open,
    /// The caller waits for the only attempt.
    Called,
    Succeeded,
    Failed,
}

impl Progress {
    /// Of the invocations with these numbers.
    pub(super) fn of(invocations: impl IntoIterator<Item = u64>, shown: Shown) -> Self {
        let numbers = invocations
            .into_iter()
            .map(|number| u32::try_from(number).unwrap_or_default());
        Self {
            states: numbers
                .map(|number| (Lane::Invocation(number), State::Open))
                .collect(),
            shown,
            objections: 0,
        }
    }

    /// Whether all of them have succeeded.
    pub(super) fn is_success(&self) -> bool {
        self.states.values().all(|state| *state == State::Succeeded)
    }

    /// How many findings there are, and requests that are not supported.
    pub(super) fn objections(&self) -> usize {
        self.objections
    }

    /// Reads what the journal has of them, from the record `since` on.
    pub(super) async fn catch_up(
        &mut self,
        remote: Remote,
        since: u64,
    ) -> Result<(), CommandError> {
        self.read(remote, &format!("/journal?since={since}"), |_| {
            ControlFlow::Continue(())
        })
        .await
    }

    /// Reads the journal from the record `since` on, until all of them are over.
    pub(super) async fn follow(&mut self, remote: Remote, since: u64) -> Result<(), CommandError> {
        self.read(
            remote,
            &format!("/journal?follow=true&since={since}"),
            |progress| {
                if progress.is_over() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )
        .await?;
        if self.is_over() {
            return Ok(());
        }
        Err(CommandError::environment(format!(
            "the emulator at {} was stopped before the event was done with",
            remote.address
        )))
    }

    async fn read(
        &mut self,
        remote: Remote,
        path: &str,
        enough: impl Fn(&Self) -> ControlFlow<()>,
    ) -> Result<(), CommandError> {
        let mut body = remote.ask("GET", path, empty()).await?.into_body();
        let mut read = BytesMut::new();
        while let Some(data) = remote.next_data(&mut body).await? {
            read.extend_from_slice(&data);
            while let Some(end) = read.iter().position(|byte| *byte == b'\n') {
                let line = read.split_to(end + 1);
                self.take_line(&line)?;
                if enough(self).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), CommandError> {
        let unreadable = |error: serde_json::Error| {
            CommandError::environment(format!("a record of the journal cannot be read: {error}"))
                .hint("`backlot --version` and `backlot status` tell whether the emulator is of another version")
        };
        let value: Value = serde_json::from_slice(line).map_err(unreadable)?;
        if value["what"] == "forgotten" {
            notice(
                "records are no longer in the journal; keep more with `backlot up --journal-limit SIZE`",
            );
            return Ok(());
        }
        let record: Record = serde_json::from_value(value).map_err(unreadable)?;
        self.take(&record)
    }

    fn take(&mut self, record: &Record) -> Result<(), CommandError> {
        if matches!(record.what, What::Stage(StageRecord::Reset)) {
            return Err(CommandError::environment(
                "the emulator was reset before the event was done with",
            ));
        }
        let Some(state) = self.states.get_mut(&record.lane) else {
            return Ok(());
        };
        if let What::Scf(what) = &record.what {
            *state = state.after(what);
        }
        if Gap::of(record).is_some() {
            self.objections += 1;
        }
        if let Some(text) = self.shown.line(record) {
            tell(&text);
        }
        if let What::Notice(NoticeRecord::Finding { text, .. }) = &record.what {
            notice(&format!("finding: {text}"));
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let mut states = self.states.values();
        states.all(|state| matches!(state, State::Succeeded | State::Failed))
    }
}

impl State {
    fn after(self, what: &ScfRecord) -> Self {
        match what {
            ScfRecord::InvocationCalled { .. } => Self::Called,
            ScfRecord::AttemptFinished { status, .. } if *status == SUCCESS => Self::Succeeded,
            ScfRecord::AttemptFinished { .. } if self == Self::Called => Self::Failed,
            ScfRecord::DeadLettered { .. }
            | ScfRecord::Dropped { .. }
            | ScfRecord::InvocationRefused { .. } => Self::Failed,
            _ => self,
        }
    }
}

impl Shown {
    /// What is told of a record.
    fn line(self, record: &Record) -> Option<String> {
        let What::Scf(what) = &record.what else {
            return None;
        };
        let of_attempts = match what {
            ScfRecord::LogLine { text, .. } => {
                let is_shown = matches!(self, Self::Log | Self::All);
                return is_shown.then(|| text.clone());
            }
            ScfRecord::AttemptFinished {
                attempt,
                status,
                duration_ms,
                result,
                ..
            } => {
                let why = match *status {
                    SUCCESS => Vec::new(),
                    _ => failure_lines(&result.0),
                };
                let first = format!("attempt {attempt}: {status} in {duration_ms} ms");
                let lines = iter::once(first).chain(why);
                lines.collect::<Vec<_>>().join("\n    ")
            }
            ScfRecord::RetryScheduled { attempt, due } => {
                format!("attempt {attempt} follows at {}", due.strftime("%H:%M:%S"))
            }
            ScfRecord::DeadLettered { queue, reason, .. } => {
                format!("given up ({reason}), in dead-letter queue `{queue}`")
            }
            ScfRecord::Dropped { reason } => {
                format!("given up ({reason}), and there is no dead-letter queue")
            }
            _ => return None,
        };
        let is_shown = matches!(self, Self::Attempts | Self::All);
        let Lane::Invocation(number) = record.lane else {
            return None;
        };
        is_shown.then(|| format!("invocation {number}, {of_attempts}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::Journal;

    fn finished(status: u16) -> ScfRecord {
        ScfRecord::AttemptFinished {
            attempt: 1,
            status,
            result: "null".into(),
            duration_ms: 3,
            memory_bytes: None,
        }
    }

    #[test]
    fn an_event_that_is_queued_is_over_when_no_attempt_follows() {
        let journal = Journal::new(&Clock::virtual_default());
        let due = Clock::virtual_default().now();
        let dropped = ScfRecord::Dropped {
            reason: "execution-error".into(),
        };
        let mut progress = Progress::of([1, 2], Shown::Findings);
        for (number, what, is_over) in [
            (1, finished(430), false),
            (1, ScfRecord::RetryScheduled { attempt: 2, due }, false),
            (3, finished(200), false),
            (2, finished(200), false),
            (1, finished(200), true),
        ] {
            journal.append(Lane::Invocation(number), what);
            let record = journal.appended().pop().unwrap();
            progress.take(&record).unwrap();
            assert_eq!(progress.is_over(), is_over, "{record:?}");
        }
        assert!(progress.is_success());
        let mut progress = Progress::of([4], Shown::Findings);
        for what in [finished(430), dropped] {
            journal.append(Lane::Invocation(4), what);
            let record = journal.appended().pop().unwrap();
            progress.take(&record).unwrap();
        }
        assert!(progress.is_over() && !progress.is_success());
        journal.append(Lane::Stage, StageRecord::Reset);
        let reset = journal.appended().pop().unwrap();
        progress.take(&reset).unwrap_err();
    }

    #[test]
    fn a_line_tells_what_became_of_an_attempt() {
        let journal = Journal::new(&Clock::virtual_default());
        journal.append(Lane::Invocation(7), finished(433));
        let record = journal.appended().pop().unwrap();
        let line = Shown::All.line(&record);
        assert_eq!(
            line.as_deref(),
            Some("invocation 7, attempt 1: 433 in 3 ms")
        );
        assert_eq!(Shown::Log.line(&record), None);
    }

    #[test]
    fn a_failed_attempt_says_why() {
        let journal = Journal::new(&Clock::virtual_default());
        let failed = ScfRecord::AttemptFinished {
            attempt: 1,
            status: 430,
            result: r#"{"errorMessage":"caught","stackTrace":"File a.py\nKeyError: 'x'\n"}"#.into(),
            duration_ms: 3,
            memory_bytes: None,
        };
        journal.append(Lane::Invocation(7), failed);
        let record = journal.appended().pop().unwrap();
        assert_eq!(
            Shown::Attempts.line(&record).as_deref(),
            Some("invocation 7, attempt 1: 430 in 3 ms\n    File a.py\n    KeyError: 'x'")
        );
    }
}
