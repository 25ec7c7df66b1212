//! Lines of SCF.

use std::iter;

use anstyle::AnsiColor;

use super::palette::painted;
use crate::scf::failure_lines;
use backlot_base::journal::{ScfRecord, What};

/// Invocations of a function, by their number.
pub(super) fn line(what: &What, function: &str, number: u32) -> Option<String> {
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
        _ => return attempt(what, function, number),
    })
}

/// An attempt, from its start to its end, and what it prints.
fn attempt(what: &What, function: &str, number: u32) -> Option<String> {
    Some(match what {
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
            result,
            ..
        }) => {
            let color = match status {
                200 => AnsiColor::Green,
                _ => AnsiColor::Red,
            };
            let why = match status {
                200 => Vec::new(),
                _ => failure_lines(&result.0),
            };
            let status = painted(color, status);
            let first = format!(
                "{function}: invocation {number}, attempt {attempt}: {status} in {duration_ms} ms"
            );
            let why = why
                .iter()
                .map(|line| format!("{function}: {number} ! {line}"));
            iter::once(first)
                .chain(why)
                .collect::<Vec<_>>()
                .join("\n      ")
        }
        _ => return None,
    })
}
