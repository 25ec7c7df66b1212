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

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};

use super::assignment::{Assignment, End, Push};
use super::canceling::{Cancel, Canceling};
use super::function::Function;
use super::function_runtime::FunctionRuntime;
use super::instance::{Init, Run, StartError};
use super::invocation::{Attempt, Report};
use super::launcher::LaunchError;
use super::outcome::{AttemptOutcome, Missed};
use super::output::LogLines;
use super::queue::{Next, later};
use super::slot::Slot;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::fault::{Call, Verdict};
use backlot_base::journal::{Lane, NoticeRecord, ScfRecord, What, finding};
use backlot_base::signal::StartWanted;
use backlot_http::auth::Acting;

const MEGABYTE: u64 = 1024 * 1024;
const NOTE_ON_CHILDREN: &str = "the first process ended while others that it had started were still running; start the one that takes events with `exec`";

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

/// What an attempt came to, before the stage's clock knows.
struct AttemptEnd {
    outcome: AttemptOutcome,
    /// The window that was missed: how long it is documented to be.
    charge: Option<Duration>,
    /// Why the instance has to go, if it has.
    stop: Option<String>,
    /// A hint for the author of the function.
    note: Option<&'static str>,
    /// Why the function never came to its event, if it did not.
    why: Option<String>,
}

/// On which instance an attempt begins, by its name.
#[derive(Clone, Copy)]
enum Begun<'a> {
    /// On none.
    Nowhere,
    /// On one that was there.
    Warm(&'a str),
    /// On one that is started for it.
    Cold(&'a str),
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

    /// The end of an attempt with a status that ends the instance, too. Without a text of its own it is as the platform would
    /// write it.
    fn recycled(&self, status: Status, code: &str) -> AttemptEnd {
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

    /// Performs the attempt, unless a call of the API ends it before.
    async fn perform_unless(&mut self, mut cancel: Canceling) -> AttemptEnd {
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

    /// Starts an instance and waits until it is ready; the attempt's end if it does not become so.
    ///
    /// One that is started ahead is warm when the attempt begins: its start is no part of the attempt, and neither is what it
    /// prints before it is ready.
    async fn start(&mut self, is_ahead: bool) -> Option<AttemptEnd> {
        let acting = Acting {
            lane: self.lane(),
            attempt: self.attempt.number,
        };
        let name = self.slot.announce(acting.lane);
        if !is_ahead {
            started(&self.runtime.context, &self.attempt, Begun::Cold(&name));
        }
        if !self.runtime.context.clock.is_virtual() {
            // Those of an instance that has ended come before those of the new one.
            self.record_lines();
        }
        let source = &self.attempt.invocation.source;
        let instance = match self.slot.start(name.clone(), acting, source).await {
            Ok(instance) => instance,
            Err(error) => {
                if is_ahead {
                    started(&self.runtime.context, &self.attempt, Begun::Cold(&name));
                }
                return Some(AttemptEnd::of_start(self.id(), &error));
            }
        };
        let init_timeout = self.runtime.function.init_timeout;
        let init = instance.init(&self.runtime).await;
        if matches!(init, Init::Ready) {
            if is_ahead {
                instance.forget_output();
            }
            return None;
        }
        if is_ahead {
            started(&self.runtime.context, &self.attempt, Begun::Cold(&name));
        }
        let note = instance.has_left_children().then_some(NOTE_ON_CHILDREN);
        let has_spoken = instance.has_spoken();
        let is_out_of_memory = instance.is_out_of_memory();
        self.printed.append(instance.kill().await);
        if is_out_of_memory {
            return Some(self.recycled(Status::MEMORY_LIMIT, ""));
        }
        let id = self.id();
        Some(match init {
            Init::NotLoaded(reason) => AttemptEnd {
                stop: Some("its code did not load".into()),
                ..AttemptEnd::of(AttemptOutcome::not_loaded(id, &reason))
            },
            Init::Exited(reason) => AttemptEnd {
                note,
                why: Some(ended_before_ready(
                    &self.runtime.function,
                    &reason,
                    has_spoken,
                )),
                stop: Some(reason.clone()),
                ..AttemptEnd::of(AttemptOutcome::ended_early(id, &reason))
            },
            Init::TimedOut | Init::Ready => AttemptEnd {
                charge: Some(init_timeout),
                stop: Some("initialization timed out".into()),
                ..AttemptEnd::of(AttemptOutcome::not_ready(id, init_timeout))
            },
        })
    }

    /// Gives the event to the instance and waits until that has come to an end.
    async fn dispatch(&mut self, is_begun: bool) -> Run {
        let assignment = Assignment {
            lane: self.lane(),
            attempt: self.attempt.number,
            request_id: self.attempt.header(),
            event: self.attempt.invocation.event.clone(),
            is_begun,
        };
        let Self {
            slot,
            runtime,
            attempt,
            hold,
            began,
            process,
            ..
        } = self;
        let early = |answer| {
            let duration = runtime.context.clock.now().duration_since(*began);
            let hold = hold.as_ref().expect("the clock is not waited for");
            attempt.answer_early(answer, duration.try_into().unwrap_or_default(), hold);
        };
        let instance = slot.instance();
        let id = instance.process_id().unwrap_or_default();
        process.store(id, Ordering::Relaxed);
        let run = instance.run(runtime, assignment, early).await;
        // From here on the number may belong to another process.
        process.store(0, Ordering::Relaxed);
        if let Some(memory) = instance.memory(runtime) {
            self.memory_bytes = Some(memory.bytes);
            if memory.is_news {
                self.warn_of_memory(memory.bytes);
            }
        }
        run
    }

    /// Says that the platform would have ended the attempt.
    fn warn_of_memory(&self, bytes: u64) {
        let Function {
            name, memory_mb, ..
        } = &self.runtime.function;
        let used = bytes.div_ceil(MEGABYTE);
        let finding = NoticeRecord::Finding {
            function: name.clone(),
            kind: finding::MEMORY_EXCEEDED.to_owned(),
            hosts: String::new(),
            text: format!(
                "`{name}` had {used} MB of memory, more than its {memory_mb} MB: SCF ends such an attempt with status 434; \
                 raise `memory`, or let it keep less at a time"
            ),
        };
        self.runtime.context.record(self.lane(), finding);
    }

    /// A planned fault kills the instance that has just been given the event.
    async fn kill(&mut self, is_begun: bool) {
        self.printed.append(self.slot.instance().kill().await);
        if !is_begun {
            started(
                &self.runtime.context,
                &self.attempt,
                Begun::Warm(&self.slot.name()),
            );
        }
    }

    /// What a run comes to.
    async fn end_of(&mut self, run: Run, is_begun: bool) -> AttemptEnd {
        match run {
            Run::Ended(End { push, printed }) => {
                self.printed.append(printed);
                AttemptEnd::of(match push {
                    Push::Response(body) => AttemptOutcome::answered(body),
                    Push::Error(body) => AttemptOutcome::reported(self.id(), &body),
                    Push::TooLarge => AttemptOutcome::answer_too_large(self.id()),
                })
            }
            Run::TimedOut(missed) => {
                self.printed.append(self.slot.instance().kill().await);
                let timeout = self.runtime.function.timeout;
                AttemptEnd {
                    charge: Some(timeout),
                    stop: Some("timed out".into()),
                    ..AttemptEnd::of(AttemptOutcome::timed_out(self.id(), timeout, missed))
                }
            }
            Run::Exited {
                reason,
                is_fetched,
                has_left_children,
            } => {
                if !is_fetched && !is_begun {
                    started(
                        &self.runtime.context,
                        &self.attempt,
                        Begun::Warm(&self.slot.name()),
                    );
                }
                let is_out_of_memory = self.slot.instance().is_out_of_memory();
                self.printed.append(self.slot.instance().kill().await);
                if is_out_of_memory {
                    return self.recycled(Status::MEMORY_LIMIT, "");
                }
                AttemptEnd {
                    stop: Some(reason),
                    note: has_left_children.then_some(NOTE_ON_CHILDREN),
                    ..AttemptEnd::of(AttemptOutcome::exited(self.id()))
                }
            }
        }
    }

    /// Charges a missed window to the clock and writes the end down.
    async fn conclude(&mut self, end: AttemptEnd) -> AttemptResult {
        self.record_lines();
        self.record_notes(end.note);
        self.record_finding(&end);
        if let Some(limit) = end.charge {
            self.wait_until(later(self.began, limit)).await;
        }
        let duration = self.now().duration_since(self.began);
        let duration = Duration::try_from(duration).unwrap_or_default();
        let next = finished(
            &self.runtime.context,
            &self.attempt,
            &end.outcome,
            duration,
            self.memory_bytes,
        );
        let is_spent = self.runtime.function.async_run && !end.outcome.status.is_success();
        match end.stop {
            Some(reason) => self.slot.vacate(self.lane(), reason),
            // Follows: SCF reference, section 2: any failure of asynchronous execution recycles the instance.
            None if is_spent && !self.slot.is_empty() => {
                let reason = "a failure of asynchronous execution".to_owned();
                let _unattached = self.slot.clear(self.lane(), reason).await;
            }
            None => self.slot.freeze(self.lane()).await,
        }
        AttemptResult {
            outcome: end.outcome,
            duration,
            next,
        }
    }

    /// Writes down what the end of the attempt shows about the function.
    fn record_finding(&self, end: &AttemptEnd) {
        let function = &self.runtime.function.name;
        let (kind, text) = match &end.why {
            Some(why) => (finding::ENDED_BEFORE_READY, why.clone()),
            None if end.outcome.status == Status::RESPONSE_TOO_LARGE => {
                let text = format!(
                    "the answer of `{function}` is larger than 6 MB and is discarded: write large results to COS and \
                     answer with their key"
                );
                (finding::ANSWER_TOO_LARGE, text)
            }
            None => return,
        };
        let found = NoticeRecord::Finding {
            function: function.clone(),
            kind: kind.to_owned(),
            hosts: String::new(),
            text,
        };
        self.runtime.context.record(self.lane(), found);
    }

    /// Writes down what the attempt printed, as far as that was not done while it ran.
    fn record_lines(&mut self) {
        let (lane, attempt) = (self.lane(), self.attempt.number);
        let context = &self.runtime.context;
        for line in &mut self.printed.lines {
            if !std::mem::replace(&mut line.is_recorded, true) {
                let text = line.text.clone();
                context.record(lane, ScfRecord::LogLine { attempt, text });
            }
        }
    }

    /// Writes down what there is to say about the attempt's log.
    fn record_notes(&self, note: Option<&str>) {
        let (context, lane) = (&self.runtime.context, self.lane());
        if self.printed.lost > 0 {
            let lost = self.printed.lost;
            let what = if lost == 1 {
                "1 line is"
            } else {
                &format!("{lost} lines are")
            };
            let text =
                format!("{what} not in the log, whose limit is 5000 lines or 1 MB in five seconds");
            context.record(lane, NoticeRecord::Diagnostic { text });
        }
        if let Some(note) = note {
            let text = note.to_owned();
            context.record(lane, NoticeRecord::Diagnostic { text });
        }
    }

    /// After a panic: the platform failed, and says so as it says it of itself. Nothing that was begun stays open.
    fn clear_away(&mut self, panic: &(dyn Any + Send)) -> AttemptResult {
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

impl AttemptEnd {
    /// On an instance that is kept.
    fn of(outcome: AttemptOutcome) -> Self {
        Self {
            outcome,
            charge: None,
            stop: None,
            note: None,
            why: None,
        }
    }

    /// No instance could be started.
    fn of_start(request_id: &str, error: &StartError) -> Self {
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

/// Why a process that ended before it was ready never came to its event, and what to do about it.
fn ended_before_ready(function: &Function, reason: &str, has_spoken: bool) -> String {
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

/// Ends an attempt that the platform does not begin, for which no instance is needed.
pub(super) fn refuse(context: &Context, attempt: Attempt, outcome: AttemptOutcome) -> Report {
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

fn started(context: &Context, attempt: &Attempt, begun: Begun<'_>) {
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
fn finished(
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
