//! What an attempt comes to, before the stage's clock knows.

use std::time::Duration;

use super::AttemptRun;
use crate::scf::function::Function;
use crate::scf::instance::StartError;
use crate::scf::launcher::LaunchError;
use crate::scf::outcome::{AttemptOutcome, Missed};
use crate::scf::status::Status;

/// A hint for the author of a function.
pub(super) const NOTE_ON_CHILDREN: &str = "the first process ended while others that it had started were still running; start the one that takes events with `exec`";

/// What an attempt came to, before the stage's clock knows.
pub(super) struct AttemptEnd {
    pub(super) outcome: AttemptOutcome,
    /// The window that was missed: how long it is documented to be.
    pub(super) charge: Option<Duration>,
    /// Why the instance has to go, if it has.
    pub(super) stop: Option<String>,
    /// A hint for the author of the function.
    pub(super) note: Option<&'static str>,
    /// Why the function never came to its event, if it did not.
    pub(super) why: Option<String>,
}

impl AttemptEnd {
    /// On an instance that is kept.
    pub(super) fn of(outcome: AttemptOutcome) -> Self {
        Self {
            outcome,
            charge: None,
            stop: None,
            note: None,
            why: None,
        }
    }

    /// No instance could be started.
    pub(super) fn of_start(request_id: &str, error: &StartError) -> Self {
        let outcome = match error {
            StartError::Launch(LaunchError::Missing { .. }) => {
                AttemptOutcome::bootstrap_missing(request_id)
            }
            StartError::Launch(
                LaunchError::NotExecutable { .. } | LaunchError::Unrunnable { .. },
            ) => AttemptOutcome::bootstrap_not_executable(request_id),
            StartError::Launch(LaunchError::NoEntry { file, .. }) => {
                AttemptOutcome::no_entry_file(request_id, file)
            }
            StartError::Launch(LaunchError::NoInterpreter(missing)) => {
                AttemptOutcome::not_loaded(request_id, &missing.to_string())
            }
            StartError::Launch(LaunchError::Machine { .. }) | StartError::Machine(_) => {
                AttemptOutcome::internal(request_id, error.to_string())
            }
        };
        let mut reason = error.to_string();
        if let StartError::Launch(LaunchError::Unrunnable { source, .. }) = error {
            reason = format!("{reason}: {source}; a script needs a `#!` line and LF line ends");
        }
        Self {
            stop: Some(reason),
            ..Self::of(outcome)
        }
    }
}

impl AttemptRun<'_> {
    /// The end of an attempt with a status that ends the instance, too. Without a text of its own it is as the platform would
    /// write it.
    pub(super) fn recycled(&self, status: Status, code: &str) -> AttemptEnd {
        let (id, function) = (self.id(), &self.runtime.function);
        let timeout = function.timeout;
        let (outcome, stop) = match status {
            Status::MEMORY_LIMIT => (
                AttemptOutcome::out_of_memory(id, function.memory_mb),
                "memory exceeded",
            ),
            Status::TIME_LIMIT => (
                AttemptOutcome::timed_out(id, timeout, Missed::Result),
                "timed out",
            ),
            _ => (AttemptOutcome::exited(id), "killed by a planned fault"),
        };
        let outcome = if code.is_empty() {
            outcome
        } else {
            AttemptOutcome::planned(id, status, code)
        };
        AttemptEnd {
            charge: (status == Status::TIME_LIMIT).then_some(timeout),
            stop: Some(stop.into()),
            ..AttemptEnd::of(outcome)
        }
    }
}

/// Why a process that ended before it was ready never came to its event, and what to do about it.
pub(super) fn ended_before_ready(function: &Function, reason: &str, has_spoken: bool) -> String {
    let program = function.code.program();
    if has_spoken {
        return format!(
            "`{program}` {reason} before it was ready for an event: see what it printed"
        );
    }
    format!(
        "`{program}` {reason} before it asked for an event: it does not speak the runtime API; if it is an ordinary \
         handler, set `runtime` and `handler` of the function, else let it post `/runtime/init/ready` and get \
         `/runtime/invocation/next` in a loop"
    )
}
