//! The records of the start and the end of an attempt.

use std::time::Duration;

use crate::scf::invocation::{Attempt, Report};
use crate::scf::outcome::AttemptOutcome;
use crate::scf::queue::Next;
use backlot_base::context::Context;
use backlot_base::journal::ScfRecord;

/// On which instance an attempt begins, by its name.
#[derive(Clone, Copy)]
pub(super) enum Begun<'a> {
    /// On none.
    Nowhere,
    /// On one that was there.
    Warm(&'a str),
    /// On one that is started for it.
    Cold(&'a str),
}

/// Ends an attempt that the platform does not begin, for which no instance is needed.
pub(in crate::scf) fn refuse(
    context: &Context,
    attempt: Attempt,
    outcome: AttemptOutcome,
) -> Report {
    started(context, &attempt, Begun::Nowhere);
    let next = finished(context, &attempt, &outcome, Duration::ZERO, None);
    Report {
        attempt,
        outcome,
        lines: Vec::new(),
        duration: Duration::ZERO,
        memory_bytes: None,
        next,
    }
}

pub(super) fn started(context: &Context, attempt: &Attempt, begun: Begun<'_>) {
    let (instance, cold) = match begun {
        Begun::Nowhere => ("", false),
        Begun::Warm(instance) => (instance, false),
        Begun::Cold(instance) => (instance, true),
    };
    let started = ScfRecord::AttemptStarted {
        attempt: attempt.number,
        instance: instance.to_owned(),
        cold,
    };
    context.record(attempt.invocation.lane(), started);
}

/// Records the end of an attempt and decides what is done next. That is kept first: whoever sees the record may stop the
/// stage.
pub(super) fn finished(
    context: &Context,
    attempt: &Attempt,
    outcome: &AttemptOutcome,
    duration: Duration,
    memory_bytes: Option<u64>,
) -> Next {
    let next = attempt.decide(outcome.status, context.clock.now());
    let finished = ScfRecord::AttemptFinished {
        attempt: attempt.number,
        status: outcome.status.0,
        result: outcome.result.clone().into(),
        duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        memory_bytes,
    };
    context.record(attempt.invocation.lane(), finished);
    next
}
