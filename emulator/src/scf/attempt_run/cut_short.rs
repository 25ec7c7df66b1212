//! Attempts that do not come to their own end: a call of the API terminates them, or the emulator fails.

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::end::AttemptEnd;
use super::records::{Begun, finished, started};
use super::{AttemptResult, AttemptRun};
use crate::scf::canceling::{Cancel, Canceling};
use crate::scf::outcome::AttemptOutcome;
use crate::scf::output::LogLines;
use backlot_base::journal::{NoticeRecord, ScfRecord, What};

impl AttemptRun<'_> {
    /// Performs the attempt, unless a call of the API ends it before.
    pub(super) async fn perform_unless(&mut self, mut cancel: Canceling) -> AttemptEnd {
        let process = Arc::clone(&self.process);
        let mut said = Vec::new();
        let end = {
            let mut performing = pin!(self.perform(None));
            loop {
                tokio::select! {
                    biased;
                    end = &mut performing => break Some(end),
                    Some(how) = cancel.recv() => match how {
                        Cancel::Kill => break None,
                        Cancel::Ask => said.push(ask_to_end(&process)),
                    },
                }
            }
        };
        self.attempt.is_terminated = end.is_none() || !said.is_empty();
        let end = match end {
            Some(end) => end,
            None => self.cut_off().await,
        };
        self.printed.add(said);
        end
    }

    /// Ends what was begun of an attempt that a call of the API ends.
    async fn cut_off(&mut self) -> AttemptEnd {
        let name = self.slot.name();
        let (is_open, is_started) = self.what_was_begun(&name);
        if !self.slot.is_empty() {
            self.printed.append(self.slot.instance().kill().await);
        }
        if !is_started {
            let begun = if is_open {
                Begun::Warm(&name)
            } else {
                Begun::Nowhere
            };
            started(&self.runtime.context, &self.attempt, begun);
        }
        AttemptEnd {
            stop: is_open.then(|| "its event was terminated".to_owned()),
            ..AttemptEnd::of(AttemptOutcome::canceled(self.id()))
        }
    }

    /// After a panic: the platform failed, and says so as it says it of itself. Nothing that was begun stays open.
    pub(super) fn clear_away(&mut self, panic: &(dyn Any + Send)) -> AttemptResult {
        let runtime = Arc::clone(&self.runtime);
        let context = &runtime.context;
        let why = panic.downcast_ref::<&str>().copied();
        let why = why.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let message = format!("backlot failed: {}", why.unwrap_or("it panicked"));
        let (name, lane) = (self.slot.name(), self.lane());
        self.slot.abandon();
        self.printed = LogLines::default();
        let text = format!("{message}; this is a mistake in backlot, not in the function");
        context.record(lane, NoticeRecord::Diagnostic { text });
        let (is_open, is_started) = self.what_was_begun(&name);
        if !is_started {
            let begun = if is_open {
                Begun::Warm(&name)
            } else {
                Begun::Nowhere
            };
            started(context, &self.attempt, begun);
        }
        let outcome = AttemptOutcome::internal(self.id(), message);
        let next = finished(context, &self.attempt, &outcome, Duration::ZERO, None);
        if is_open {
            self.slot.vacate(lane, "backlot failed".to_owned());
        }
        AttemptResult {
            outcome,
            duration: Duration::ZERO,
            next,
        }
    }

    /// Whether the journal has the start of the instance `name` without its end, and the start of this attempt.
    fn what_was_begun(&self, name: &str) -> (bool, bool) {
        let (mut is_open, mut is_started) = (false, false);
        for record in self.runtime.context.journal.standing() {
            match &record.what {
                What::Scf(ScfRecord::InstanceStarted { instance, .. }) if instance == name => {
                    is_open = true;
                }
                What::Scf(ScfRecord::InstanceStopped { instance, .. }) if instance == name => {
                    is_open = false;
                }
                What::Scf(ScfRecord::AttemptStarted { attempt, .. })
                    if record.lane == self.lane() =>
                {
                    is_started |= *attempt == self.attempt.number;
                }
                _ => {}
            }
        }
        (is_open, is_started)
    }
}

/// Sends a process a SIGTERM; returns the line of the log that says so. Follows: SCF reference, section 11.
fn ask_to_end(process: &AtomicU32) -> &'static str {
    let id = i32::try_from(process.load(Ordering::Relaxed)).ok();
    let sent = id
        .and_then(Pid::from_raw)
        .map(|id| kill_process(id, Signal::TERM));
    match sent {
        Some(Ok(())) => "[PLATFORM] Signal received successfully.",
        Some(Err(_)) | None => "[PLATFORM] Signal reception failed.",
    }
}
