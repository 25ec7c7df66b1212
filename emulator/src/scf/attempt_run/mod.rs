//! One attempt on one slot, from the planned fault to the record of its end.
//!
//! It decides what the attempt comes to, writes it down, and charges missed windows to the stage's clock: the process was
//! measured in real time, and the clock then goes to where the documented limit puts it.
//!
//! Choice: a planned *kill*, and a planned status that ends the instance (433, 434, 439), hits the instance after its dispatch
//! and before it gets to see the event; how far it would come otherwise depends on the machine. To cut a function off in the
//! middle, plan a fault on a call that it makes.
//!
//! Follows: SCF reference, sections 2 and 3.6.

mod begin;
mod conclude;
mod cut_short;
mod dispatch;
mod end;
mod records;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::canceling::Canceling;
use super::function_runtime::FunctionRuntime;
use super::instance::Run;
use super::invocation::{Attempt, Report};
use super::outcome::AttemptOutcome;
use super::output::LogLines;
use super::queue::{Next, later};
use super::slot::Slot;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::fault::{Call, Verdict};
use backlot_base::journal::Lane;
use backlot_base::signal::StartWanted;
use end::AttemptEnd;
pub(super) use records::refuse;
use records::{Begun, started};

/// An attempt under way.
pub(super) struct AttemptRun<'a> {
    slot: &'a mut Slot,
    runtime: Arc<FunctionRuntime>,
    attempt: Attempt,
    /// `None` only while the attempt waits for the stage's clock.
    hold: Option<Hold>,
    /// When its window began, by the stage's clock.
    began: Timestamp,
    printed: LogLines,
    /// What the instance has had of memory, if that is measured.
    memory_bytes: Option<u64>,
    /// The number of the process that has the event; 0 if none has.
    process: Arc<AtomicU32>,
}

/// What an attempt came to, by the stage's clock.
struct AttemptResult {
    outcome: AttemptOutcome,
    duration: Duration,
    next: Next,
}

impl<'a> AttemptRun<'a> {
    pub(super) fn new(slot: &'a mut Slot, attempt: Attempt, hold: Hold) -> Self {
        let runtime = slot.runtime();
        Self {
            began: runtime.context.clock.now(),
            slot,
            runtime,
            attempt,
            hold: Some(hold),
            printed: LogLines::default(),
            memory_bytes: None,
            process: Arc::default(),
        }
    }

    /// Runs the attempt and writes down how it went, also if it is the emulator itself that fails at it.
    pub(super) async fn run(mut self, cancel: Canceling) -> (Report, Hold) {
        // What a panic may leave half done is the instance, and that goes.
        let attempt = AssertUnwindSafe(self.attempt(cancel));
        let result = match attempt.catch_unwind().await {
            Ok(result) => result,
            Err(panic) => self.clear_away(panic.as_ref()),
        };
        // A panic while the attempt waited for the clock took the hold with it.
        let hold = self.hold.unwrap_or_else(|| {
            let who = self.attempt.describe(&self.runtime.function.name);
            self.runtime.context.clock.hold(who)
        });
        let report = Report {
            attempt: self.attempt,
            outcome: result.outcome,
            lines: self.printed.into_texts(),
            duration: result.duration,
            memory_bytes: self.memory_bytes,
            next: result.next,
        };
        (report, hold)
    }

    /// Carries out the fault that is planned for the attempt, or performs it.
    async fn attempt(&mut self, cancel: Canceling) -> AttemptResult {
        let verdict = self.judge();
        if let Verdict::Delay(pause) = verdict {
            self.wait_until(later(self.now(), pause)).await;
        }
        self.began = self.now();
        let end = match &verdict {
            Verdict::Fail { status, code } if Status(*status).is_recycling() => {
                let end = self.recycled(Status(*status), code);
                self.perform(Some(end)).await
            }
            Verdict::Fail { status, code } => {
                started(&self.runtime.context, &self.attempt, Begun::Nowhere);
                AttemptEnd::of(AttemptOutcome::planned(self.id(), Status(*status), code))
            }
            Verdict::Kill => {
                let end = AttemptEnd {
                    stop: Some("killed by a planned fault".into()),
                    ..AttemptEnd::of(AttemptOutcome::exited(self.id()))
                };
                self.perform(Some(end)).await
            }
            Verdict::Pass | Verdict::Delay(_) => self.perform_unless(cancel).await,
        };
        self.conclude(end).await
    }

    fn judge(&self) -> Verdict {
        self.runtime.context.judge(&Call {
            service: "scf",
            operation: "Attempt",
            bucket: "",
            key: "",
            function: &self.runtime.function.name,
            attempt: self.attempt.number,
            lane: self.lane(),
        })
    }

    /// Finds or starts an instance and runs the attempt on it; or kills it, with the end that is planned.
    async fn perform(&mut self, planned: Option<AttemptEnd>) -> AttemptEnd {
        let lane = self.lane();
        let printed = self.slot.wake(lane).await;
        self.printed.append(printed);
        loop {
            let is_empty = self.slot.is_empty();
            let is_ahead = self.attempt.start() == StartWanted::Warm;
            if is_empty && let Some(end) = self.start(is_ahead).await {
                return end;
            }
            let is_cold = is_empty && !is_ahead;
            self.began = self.now();
            if let Some(end) = planned {
                self.kill(is_cold).await;
                return end;
            }
            match self.dispatch(is_cold).await {
                // It ended after its last result, and the news of its end came late.
                Run::Exited {
                    reason,
                    is_fetched: false,
                    ..
                } if self.slot.has_served() => {
                    let printed = self.slot.clear(lane, reason).await;
                    self.printed.append(printed);
                }
                run => return self.end_of(run, is_cold).await,
            }
        }
    }

    /// Gives the hold up until `due`.
    async fn wait_until(&mut self, due: Timestamp) {
        if let Some(hold) = self.hold.take() {
            self.hold = Some(hold.sleep_until(due).await);
        }
    }

    fn now(&self) -> Timestamp {
        self.runtime.context.clock.now()
    }

    fn lane(&self) -> Lane {
        self.attempt.invocation.lane()
    }

    fn id(&self) -> &str {
        &self.attempt.invocation.request_id
    }
}
