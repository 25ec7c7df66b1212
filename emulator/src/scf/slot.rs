//! One place for an instance: runs one attempt after the other, and puts a new process there when the old one is gone.
//!
//! The task owns its instance. It decides what an attempt comes to, writes it down, and charges missed windows to the
//! stage's clock: the process was measured in real time, and the clock then goes to where the documented limit puts it.
//!
//! Choice: a planned *kill* hits the instance after its dispatch and before it gets to see the event; how far it would
//! come otherwise depends on the machine. To cut a function off in the middle, plan a fault on a call that it makes.
//!
//! Follows: SCF reference, sections 2 and 3.6.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::concurrency::{Fate, Start};
use super::exchange::{Assignment, End, Push};
use super::instance::{FunctionRuntime, Init, Instance, Run, StartError};
use super::invocation::{Attempt, Report};
use super::launcher::LaunchError;
use super::outcome::AttemptOutcome;
use super::output::LogLines;
use super::queue::later;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::fault::{Call, Verdict};
use backlot_base::journal::{Lane, NoticeRecord, ScfRecord, What};
use backlot_http::auth::Acting;

const NOTE_ON_CHILDREN: &str = "the first process ended while others that it had started were still running; start the one that takes events with `exec`";

/// The task behind one slot.
#[derive(Debug)]
pub(super) struct Slot {
    runtime: Arc<FunctionRuntime>,
    /// From 0.
    index: usize,
    /// How many instances there were.
    generation: u32,
    instance: Option<Instance>,
}

/// An attempt for a slot.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) attempt: Attempt,
    pub(super) start: Start,
    pub(super) hold: Hold,
}

/// An attempt that is over, in a slot counted from 0.
#[derive(Debug)]
pub(super) struct Over {
    pub(super) slot: usize,
    pub(super) fate: Fate,
    pub(super) report: Report,
    pub(super) hold: Hold,
}

/// An attempt that is over, without what it was about.
struct Played {
    outcome: AttemptOutcome,
    lines: Vec<String>,
    /// By the stage's clock.
    duration: Duration,
}

/// What an attempt came to, before the stage's clock knows.
struct Ending {
    outcome: AttemptOutcome,
    printed: LogLines,
    /// The window that was missed: how long it is documented to be.
    charge: Option<Duration>,
    /// Why the instance has to go, if it has.
    stop: Option<String>,
    /// What a careful user should know.
    note: Option<&'static str>,
}

impl Slot {
    pub(super) fn new(runtime: Arc<FunctionRuntime>, index: usize) -> Self {
        Self {
            runtime,
            index,
            generation: 0,
            instance: None,
        }
    }

    /// Runs attempts until `stopping`; then its instance is gone.
    pub(super) async fn run(
        mut self,
        mut assigned: mpsc::UnboundedReceiver<Assigned>,
        over: mpsc::UnboundedSender<Over>,
        stopping: CancellationToken,
    ) {
        let working = async {
            loop {
                let assigned = tokio::select! {
                    biased;
                    assigned = assigned.recv() => assigned,
                    () = rest(self.instance.as_mut()) => unreachable!("it never ends"),
                };
                let Some(Assigned {
                    attempt,
                    start,
                    hold,
                }) = assigned
                else {
                    return;
                };
                if start == Start::Cold {
                    self.reclaim().await;
                }
                let (report, hold) = self.attempt(attempt, hold).await;
                let fate = match self.instance {
                    Some(_) => Fate::Kept,
                    None => Fate::Recycled,
                };
                let slot = self.index;
                let over = over.send(Over {
                    slot,
                    fate,
                    report,
                    hold,
                });
                if over.is_err() {
                    return;
                }
            }
        };
        // Either way there will be no more attempts.
        let _finished = stopping.run_until_cancelled(working).await;
        self.stop().await;
    }

    /// Stops the instance because the stage stops.
    async fn stop(mut self) {
        let Some(mut instance) = self.instance.take() else {
            return;
        };
        let name = self.name();
        instance.settle(&self.runtime).await;
        let reason = instance
            .ended()
            .unwrap_or_else(|| "stage stopped".to_owned());
        // Choice: what it printed after its last result is in no log, as no invocation follows.
        let _unattached = instance.kill().await;
        instance.until_gone(&self.runtime).await;
        stopped(&self.runtime.context, Lane::Stage, name, reason);
    }

    /// Stops an instance that had nothing to do for too long.
    ///
    /// Choice: nobody misses it before the next event, so it is stopped then, as if it had been before.
    async fn reclaim(&mut self) {
        let Some(mut instance) = self.instance.take() else {
            return;
        };
        let reason = instance.ended();
        let _unattached = instance.kill().await;
        let reason = reason.unwrap_or_else(|| "idle for too long".to_owned());
        stopped(&self.runtime.context, Lane::Stage, self.name(), reason);
    }

    /// The name of the latest instance: `<function>/<slot>.<generation>`, with slots counted from 1.
    fn name(&self) -> String {
        let function = &self.runtime.function.name;
        format!("{function}/{}.{}", self.index + 1, self.generation)
    }

    /// Runs one attempt and writes down how it went, also if it is the emulator itself that fails at it.
    async fn attempt(&mut self, attempt: Attempt, hold: Hold) -> (Report, Hold) {
        let mut hold = Some(hold);
        // What a panic may leave half done is the instance, and that goes.
        let playing = AssertUnwindSafe(self.play(&attempt, &mut hold));
        let Played {
            outcome,
            lines,
            duration,
        } = match playing.catch_unwind().await {
            Ok(played) => played,
            Err(panic) => self.clear_away(&attempt, panic.as_ref()),
        };
        let hold = hold.unwrap_or_else(|| {
            let who = attempt.describe(&self.runtime.function.name);
            self.runtime.context.clock.hold(who)
        });
        let report = Report {
            attempt,
            outcome,
            lines,
            duration,
        };
        (report, hold)
    }

    /// After a panic: the platform failed, and says so as it says it of itself. Nothing that was begun stays open.
    fn clear_away(&mut self, attempt: &Attempt, panic: &(dyn Any + Send)) -> Played {
        let context = &self.runtime.context;
        let lane = attempt.invocation.lane();
        let why = panic.downcast_ref::<&str>().copied();
        let why = why.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let message = format!("backlot failed: {}", why.unwrap_or("it panicked"));
        let name = self.name();
        self.instance = None;
        let text = format!("{message}; this is a mistake in backlot, not in the function");
        context.record(lane, NoticeRecord::Diagnostic { text });
        let (mut is_open, mut is_started) = (false, false);
        for record in context.journal.standing() {
            match &record.what {
                What::Scf(ScfRecord::InstanceStarted { instance, .. }) if *instance == name => {
                    is_open = true;
                }
                What::Scf(ScfRecord::InstanceStopped { instance, .. }) if *instance == name => {
                    is_open = false;
                }
                What::Scf(ScfRecord::AttemptStarted {
                    attempt: number, ..
                }) if record.lane == lane => {
                    is_started |= *number == attempt.number;
                }
                _ => {}
            }
        }
        if !is_started {
            started(context, attempt, if is_open { &name } else { "" });
        }
        let outcome = AttemptOutcome::internal(&attempt.invocation.request_id, message);
        finished(context, attempt, &outcome, Duration::ZERO);
        if is_open {
            stopped(context, lane, name, "backlot failed".to_owned());
        }
        Played {
            outcome,
            lines: Vec::new(),
            duration: Duration::ZERO,
        }
    }

    /// Plays the fault that is planned for an attempt, or performs it. `hold` is there all the time, except while the
    /// attempt waits for the stage's clock.
    async fn play(&mut self, attempt: &Attempt, hold: &mut Option<Hold>) -> Played {
        let runtime = Arc::clone(&self.runtime);
        let context = &runtime.context;
        let lane = attempt.invocation.lane();
        let verdict = context.judge(&Call {
            service: "scf",
            operation: "Attempt",
            bucket: "",
            key: "",
            function: &runtime.function.name,
            attempt: attempt.number,
            lane,
        });
        if let Verdict::Delay(pause) = verdict
            && let Some(waiting) = hold.take()
        {
            *hold = Some(waiting.sleep(pause).await);
        }
        let mut began = context.clock.now();
        let ending = match &verdict {
            Verdict::Fail { status, code } => {
                started(context, attempt, "");
                let id = &attempt.invocation.request_id;
                Ending::of(AttemptOutcome::planned(id, Status(*status), code))
            }
            Verdict::Kill => self.perform(attempt, &mut began, true).await,
            Verdict::Pass | Verdict::Delay(_) => self.perform(attempt, &mut began, false).await,
        };
        ending.record(context, lane, attempt.number);
        if let Some(limit) = ending.charge
            && let Some(waiting) = hold.take()
        {
            *hold = Some(waiting.sleep_until(later(began, limit)).await);
        }
        let duration = context.clock.now().duration_since(began);
        let duration = Duration::try_from(duration).unwrap_or_default();
        finished(context, attempt, &ending.outcome, duration);
        if let Some(reason) = ending.stop {
            self.instance = None;
            stopped(context, lane, self.name(), reason);
        }
        Played {
            outcome: ending.outcome,
            lines: ending.printed.lines,
            duration,
        }
    }

    /// Finds or starts an instance and runs the attempt on it. `began` becomes the time at which its window begins.
    async fn perform(
        &mut self,
        attempt: &Attempt,
        began: &mut jiff::Timestamp,
        is_killed: bool,
    ) -> Ending {
        let runtime = Arc::clone(&self.runtime);
        let lane = attempt.invocation.lane();
        let mut carried = self.retire_ended(lane).await;
        loop {
            let is_cold = self.instance.is_none();
            if let Some(ending) = self.ready(attempt, &mut carried).await {
                return ending;
            }
            let instance = self.instance.as_mut().expect("it is ready");
            *began = runtime.context.clock.now();
            if is_killed {
                carried.append(instance.kill().await);
                if !is_cold {
                    started(&runtime.context, attempt, &self.name());
                }
                return Ending {
                    printed: carried,
                    stop: Some("killed by a planned fault".into()),
                    ..Ending::of(AttemptOutcome::exited(&attempt.invocation.request_id))
                };
            }
            let assignment = Assignment {
                lane,
                attempt: attempt.number,
                request_id: attempt.header(),
                event: attempt.invocation.event.clone(),
                is_begun: is_cold,
            };
            match instance.run(&runtime, assignment).await {
                // It ended after its last result, and the news of its end came late.
                Run::Exited {
                    reason,
                    is_fetched: false,
                    ..
                } if instance.served() > 0 => {
                    carried.append(instance.kill().await);
                    self.instance = None;
                    stopped(&runtime.context, lane, self.name(), reason);
                }
                run => return self.judge(run, attempt, carried, is_cold).await,
            }
        }
    }

    /// Makes sure that there is an instance that is ready; an ending if that cannot be had.
    async fn ready(&mut self, attempt: &Attempt, carried: &mut LogLines) -> Option<Ending> {
        if self.instance.is_some() {
            return None;
        }
        let runtime = Arc::clone(&self.runtime);
        self.generation += 1;
        let name = self.name();
        let invocation = &attempt.invocation;
        let acting = Acting {
            lane: invocation.lane(),
            attempt: attempt.number,
        };
        let instance_started = ScfRecord::InstanceStarted {
            function: runtime.function.name.clone(),
            instance: name.clone(),
        };
        runtime.context.record(acting.lane, instance_started);
        started(&runtime.context, attempt, &name);
        let instance = match Instance::start(&runtime, name, acting, &invocation.source).await {
            Ok(instance) => self.instance.insert(instance),
            Err(error) => {
                return Some(Ending {
                    printed: std::mem::take(carried),
                    ..not_started(&invocation.request_id, &error)
                });
            }
        };
        let (charge, reason) = match instance.init(&runtime).await {
            Init::Ready => return None,
            Init::Exited(reason) => (None, reason),
            Init::TimedOut => (
                Some(runtime.function.init_timeout),
                "initialization timed out".into(),
            ),
        };
        let note = instance.has_left_children().then_some(NOTE_ON_CHILDREN);
        carried.append(instance.kill().await);
        let id = &invocation.request_id;
        Some(Ending {
            printed: std::mem::take(carried),
            charge,
            stop: Some(reason),
            note: note.filter(|_| charge.is_none()),
            ..Ending::of(AttemptOutcome::not_ready(id, runtime.function.init_timeout))
        })
    }

    /// What a run comes to.
    async fn judge(
        &mut self,
        run: Run,
        attempt: &Attempt,
        mut carried: LogLines,
        is_begun: bool,
    ) -> Ending {
        let name = self.name();
        let instance = self.instance.as_mut().expect("it has just run");
        let function = &self.runtime.function;
        let id = &attempt.invocation.request_id;
        match run {
            Run::Ended(End { push, printed }) => {
                carried.append(printed);
                let outcome = match push {
                    Push::Response(body) => AttemptOutcome::answered(body),
                    Push::Error(body) => AttemptOutcome::reported(id, &body),
                    Push::TooLarge => AttemptOutcome::answer_too_large(id),
                };
                Ending {
                    printed: carried,
                    ..Ending::of(outcome)
                }
            }
            Run::TimedOut(missed) => {
                carried.append(instance.kill().await);
                Ending {
                    printed: carried,
                    charge: Some(function.timeout),
                    stop: Some("timed out".into()),
                    ..Ending::of(AttemptOutcome::timed_out(id, function.timeout, missed))
                }
            }
            Run::Exited {
                reason,
                is_fetched,
                has_left_children,
            } => {
                if !is_fetched && !is_begun {
                    started(&self.runtime.context, attempt, &name);
                }
                let note = has_left_children.then_some(NOTE_ON_CHILDREN);
                carried.append(instance.kill().await);
                Ending {
                    printed: carried,
                    stop: Some(reason),
                    note,
                    ..Ending::of(AttemptOutcome::exited(id))
                }
            }
        }
    }

    /// Takes away an instance that ended while it had no event; returns what it printed since its last result.
    async fn retire_ended(&mut self, lane: Lane) -> LogLines {
        let Some(mut instance) = self.instance.take_if(|instance| instance.ended().is_some())
        else {
            return LogLines::default();
        };
        let reason = instance.ended().expect("it was asked just now");
        let printed = instance.kill().await;
        stopped(&self.runtime.context, lane, self.name(), reason);
        printed
    }
}

impl Ending {
    /// On an instance that is kept, without anything printed.
    fn of(outcome: AttemptOutcome) -> Self {
        Self {
            outcome,
            printed: LogLines::default(),
            charge: None,
            stop: None,
            note: None,
        }
    }

    /// Writes down what the attempt printed.
    fn record(&self, context: &Context, lane: Lane, attempt: u32) {
        for text in &self.printed.lines {
            let text = text.clone();
            context.record(lane, ScfRecord::LogLine { attempt, text });
        }
        if self.printed.lost > 0 {
            let text = format!(
                "{} lines are not in the log, as it takes 5000 lines or 1 MB",
                self.printed.lost
            );
            context.record(lane, NoticeRecord::Diagnostic { text });
        }
        if let Some(note) = self.note {
            let text = note.to_owned();
            context.record(lane, NoticeRecord::Diagnostic { text });
        }
    }
}

fn not_started(request_id: &str, error: &StartError) -> Ending {
    let outcome = match error {
        StartError::Launch(LaunchError::Missing { .. }) => {
            AttemptOutcome::bootstrap_missing(request_id)
        }
        StartError::Launch(LaunchError::NotExecutable { .. } | LaunchError::Unrunnable { .. }) => {
            AttemptOutcome::bootstrap_not_executable(request_id)
        }
        StartError::Launch(LaunchError::Machine { .. }) | StartError::Machine(_) => {
            AttemptOutcome::internal(request_id, error.to_string())
        }
    };
    let mut reason = error.to_string();
    if let StartError::Launch(LaunchError::Unrunnable { source, .. }) = error {
        reason = format!("{reason}: {source}; a script needs a `#!` line and LF line ends");
    }
    Ending {
        stop: Some(reason),
        ..Ending::of(outcome)
    }
}

fn stopped(context: &Context, lane: Lane, instance: String, reason: String) {
    context.record(lane, ScfRecord::InstanceStopped { instance, reason });
}

fn started(context: &Context, attempt: &Attempt, instance: &str) {
    let started = ScfRecord::AttemptStarted {
        attempt: attempt.number,
        instance: instance.to_owned(),
    };
    context.record(attempt.invocation.lane(), started);
}

fn finished(context: &Context, attempt: &Attempt, outcome: &AttemptOutcome, duration: Duration) {
    let finished = ScfRecord::AttemptFinished {
        attempt: attempt.number,
        status: outcome.status.0,
        result: outcome.result.clone().into(),
        duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
    };
    context.record(attempt.invocation.lane(), finished);
}

async fn rest(instance: Option<&mut Instance>) {
    match instance {
        Some(instance) => instance.rest().await,
        None => std::future::pending().await,
    }
}

/// Ends an attempt for which the function's quota has no room.
pub(super) fn overrun(runtime: &FunctionRuntime, attempt: Attempt, quota_mb: u64) -> Report {
    let function = &runtime.function;
    let outcome = AttemptOutcome::overrun(&attempt.invocation.request_id, &function.name, quota_mb);
    started(&runtime.context, &attempt, "");
    finished(&runtime.context, &attempt, &outcome, Duration::ZERO);
    Report {
        attempt,
        outcome,
        lines: Vec::new(),
        duration: Duration::ZERO,
    }
}
