//! The events of one version of a function: those that arrive, the attempts that wait for a slot, and the retries that wait for their time.
//!
//! One task owns all of it. It gathers what arrives until the clock rests, asks the rules of [`super::concurrency`] and of
//! [`super::queue`], and does what they decide.
//!
//! Choice: events that arrive at one virtual instant are placed together, in the order of their numbers, when everything
//! else at that instant is done. On the real clock they are placed at once. `docs/decisions/0006-concurrency.md` says why.
//!
//! Waiting attempts keep no [`Hold`] of their own: the attempt that runs before them may have to wait for the stage's clock.
//! As long as an attempt waits, the one before it holds the clock or waits for a time.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::attempt_run;
use super::concurrency::{Decision, Slots};
use super::dead_letter::{self, DeadLetter};
use super::deployment::Deployment;
use super::function_runtime::FunctionRuntime;
use super::instances::{Assigned, Instances, Over, STAGE_STOPPED};
use super::invocation::{Attempt, Report};
use super::outcome::AttemptOutcome;
use super::queue::{CAPACITY, Line, Next, Reason};
use super::share::Answer;
use super::waiting::Waiting;
use backlot_base::clock::{Hold, RestQueue, Wake};
use backlot_base::context::Context;
use backlot_base::journal::ScfRecord;

/// Messages in dead-letter queues, oldest first.
pub(super) type DeadLetters = Arc<Mutex<Vec<DeadLetter>>>;

/// What a pool gathers until the clock rests, by the number of the invocation.
pub(super) type Arrivals = RestQueue<u32, Arrival>;

/// What wants a pool's attention when the clock rests.
#[derive(Debug)]
pub(super) enum Arrival {
    /// An attempt that wants to run.
    Attempt(Attempt),
    /// An attempt that waits for its time, since an earlier start.
    Later { due: Timestamp, attempt: Attempt },
    /// A slot has become free, and attempts may wait behind another.
    Freed,
}

impl Arrival {
    /// Whether it is an attempt that is to run now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        match self {
            Self::Attempt(_) => true,
            Self::Later { due, .. } => *due <= now,
            Self::Freed => false,
        }
    }
}

/// A call of the API that ends an event.
#[derive(Debug)]
pub(super) struct Termination {
    pub(super) request_id: String,
    /// An attempt under way gets a SIGTERM instead of losing its instance.
    pub(super) is_graceful: bool,
    /// Takes whether the event was there.
    pub(super) done: oneshot::Sender<bool>,
    pub(super) hold: Hold,
}

/// How a pool ends, and events before their time.
pub(super) struct PoolEnd {
    /// No further attempt is started.
    pub(super) closing: CancellationToken,
    /// Everything is over.
    pub(super) stopping: CancellationToken,
    /// The function is deleted; the hold lasts until what waits has ended.
    pub(super) deleted: Option<oneshot::Receiver<Hold>>,
    /// Ends single events.
    pub(super) terminations: mpsc::UnboundedReceiver<Termination>,
}

/// The task that owns the events of one function.
pub(super) struct Pool {
    context: Context,
    deployment: Arc<Deployment>,
    dead_letters: DeadLetters,
    arrivals: Arc<Arrivals>,
    slots: Slots<Attempt>,
    instances: Instances,
    retries: Line<Attempt>,
    timer: Option<Timer>,
    /// How many events may wait.
    capacity: usize,
    /// Cancelled when no further attempt is to be started.
    closing: CancellationToken,
    /// Whether the function was deleted: what runs may end, and nothing is tried again.
    is_deleted: bool,
}

/// The one wait for the first retry: the clock is told of one time only, and retries that are due together come in order.
struct Timer {
    due: Timestamp,
    waiting: Pin<Box<dyn Future<Output = Hold> + Send>>,
}

/// The wait for the rest at which what has arrived is placed.
type Gathering = Pin<Box<dyn Future<Output = (Vec<Arrival>, Hold)> + Send>>;

impl Pool {
    /// Starts the task. It ends when it is told to stop, or when the function was deleted and its last attempt is over, and
    /// all its instances are gone. `wake` belongs to `arrivals`.
    pub(super) fn spawn(
        deployment: Arc<Deployment>,
        dead_letters: DeadLetters,
        (arrivals, wake): (Arc<Arrivals>, Wake),
        end: PoolEnd,
    ) -> JoinHandle<()> {
        let (pool, over) = Self::new(deployment, dead_letters, arrivals, end.closing.clone());
        tokio::spawn(pool.run(wake, over, end).in_current_span())
    }

    fn new(
        deployment: Arc<Deployment>,
        dead_letters: DeadLetters,
        arrivals: Arc<Arrivals>,
        closing: CancellationToken,
    ) -> (Self, mpsc::UnboundedReceiver<Over>) {
        let (instances, over) = Instances::new();
        let runtime = deployment.runtime();
        let pool = Self {
            slots: Slots::new(runtime.function.limits()),
            context: runtime.context.clone(),
            deployment,
            dead_letters,
            arrivals,
            instances,
            retries: Line::default(),
            timer: None,
            capacity: CAPACITY,
            closing,
            is_deleted: false,
        };
        (pool, over)
    }

    async fn run(
        mut self,
        mut wake: Wake,
        mut over: mpsc::UnboundedReceiver<Over>,
        mut end: PoolEnd,
    ) {
        let mut gathering: Option<Gathering> = None;
        let reason = loop {
            let is_changed = self.deployment.board.write(Waiting {
                queued: self.slots.waiting(),
                retries: self.retries.len(),
                next: self.retries.next_due(),
            });
            if is_changed {
                // The holds of events that ended are gone by now.
                self.context.clock.tell_of_change();
            }
            if self.is_over() && gathering.is_none() {
                break "the function was deleted";
            }
            tokio::select! {
                // What came first is done first: an attempt that is over must not let one begin that was deleted meanwhile.
                biased;
                () = end.stopping.cancelled() => break STAGE_STOPPED,
                hold = deleted(&mut end.deleted) => self.delete(&hold),
                Some(over) = over.recv() => self.over(over),
                Some(termination) = end.terminations.recv() => self.terminate(termination),
                Some(hold) = wake.recv(), if gathering.is_none() => {
                    let arrivals = Arc::clone(&self.arrivals);
                    gathering = Some(Box::pin(async move { arrivals.at_rest(hold).await }));
                }
                (arrived, hold) = gathered(&mut gathering) => self.place(arrived, &hold),
                hold = fired(&mut self.timer) => self.retry(&hold),
            }
        };
        self.instances.stop(&self.context, reason).await;
    }

    /// Whether the function was deleted and nothing of it is left to do.
    fn is_over(&self) -> bool {
        self.is_deleted && self.slots.is_idle() && self.arrivals.is_empty()
    }

    /// Places what has arrived, after what waits already.
    fn place(&mut self, arrived: Vec<Arrival>, hold: &Hold) {
        let now = self.context.clock.now();
        self.slots
            .limit(self.deployment.runtime().function.limits());
        for decision in self.slots.deal(now) {
            self.carry_out(decision, hold);
        }
        for arrival in arrived {
            match arrival {
                Arrival::Attempt(attempt) => self.place_attempt(attempt, now, hold),
                Arrival::Later { due, attempt } => {
                    self.place_later(due, attempt, now, hold);
                }
                Arrival::Freed => {}
            }
        }
    }

    fn place_attempt(&mut self, attempt: Attempt, now: Timestamp, hold: &Hold) {
        if self.is_deleted {
            self.deployment.share.release(attempt.invocation.number);
            self.end_deleted(attempt, hold);
        } else if self.is_one_too_many(&attempt) {
            self.deployment.share.release(attempt.invocation.number);
            let id = &attempt.invocation.request_id;
            let message = format!("the queue has more than {} events", self.capacity);
            let outcome = AttemptOutcome::internal(id, message);
            self.give_up(&attempt, &outcome, Reason::Backlog);
        } else if let Some(decision) = self.decide(attempt, now) {
            self.carry_out(decision, hold);
        }
    }

    /// Asks the reserved share, and then the slots. `None`: the attempt waits.
    fn decide(&mut self, attempt: Attempt, now: Timestamp) -> Option<Decision<Attempt>> {
        let clock = &self.context.clock;
        let rest = clock.is_virtual().then(|| clock.phase());
        let memory_mb = self.deployment.runtime().function.memory_mb;
        let number = attempt.invocation.number;
        match self.deployment.share.ask(number, memory_mb, rest) {
            Answer::Granted => self.slots.arrive(attempt, now),
            Answer::Refused { quota_mb } => Some(Decision::Overrun {
                quota_mb,
                work: attempt,
            }),
        }
    }

    /// Places an attempt that waits since an earlier start. That may have been long ago.
    fn place_later(&mut self, due: Timestamp, attempt: Attempt, now: Timestamp, hold: &Hold) {
        let invocation = &attempt.invocation;
        if due <= now && !invocation.rules.is_expired(now, invocation.queued) {
            self.place_attempt(attempt, now, hold);
        } else if due <= now {
            self.deployment.share.release(invocation.number);
            let message = "the event expired while the emulator was stopped".to_owned();
            let outcome = AttemptOutcome::internal(&invocation.request_id, message);
            self.give_up(&attempt, &outcome, Reason::Expired);
        } else {
            let who = attempt.describe(&self.deployment.runtime().function.name);
            self.retries.join(due, attempt.invocation.number, attempt);
            self.wait(&hold.another(who));
        }
    }

    /// The function was deleted: what waits ends.
    fn delete(&mut self, hold: &Hold) {
        self.is_deleted = true;
        self.timer = None;
        let mut waiting = self.slots.take_waiting();
        waiting.extend(self.retries.take_all());
        for attempt in waiting {
            self.end_deleted(attempt, hold);
        }
    }

    /// Ends an event before its time.
    fn terminate(&mut self, termination: Termination) {
        let Termination {
            request_id,
            is_graceful,
            done,
            hold,
        } = termination;
        let is_meant = |attempt: &Attempt| attempt.invocation.request_id == request_id;
        let mut is_found = self.instances.terminate(&request_id, is_graceful);
        if !is_found {
            let waiting = self.slots.take_out(is_meant);
            let waiting = waiting.or_else(|| self.retries.take_out(is_meant));
            let waiting = waiting.or_else(|| self.take_arrival(is_meant));
            is_found = waiting.is_some();
            if let Some(mut attempt) = waiting {
                self.deployment.share.release(attempt.invocation.number);
                attempt.is_terminated = true;
                let outcome = AttemptOutcome::canceled(&request_id);
                let who = attempt.describe(&self.deployment.runtime().function.name);
                let report = attempt_run::refuse(&self.context, attempt, outcome);
                self.settle(report, hold.another(who));
            }
        }
        // The caller may be gone.
        let _gone = done.send(is_found);
    }

    /// Takes out an attempt that has arrived and is not placed yet.
    fn take_arrival(&self, is_meant: impl Fn(&Attempt) -> bool) -> Option<Attempt> {
        let taken = self.arrivals.take_out(|arrival| match arrival {
            Arrival::Attempt(attempt) | Arrival::Later { attempt, .. } => is_meant(attempt),
            Arrival::Freed => false,
        });
        match taken? {
            Arrival::Attempt(attempt) | Arrival::Later { attempt, .. } => Some(attempt),
            Arrival::Freed => None,
        }
    }

    /// Ends an attempt that has not begun because its function was deleted.
    fn end_deleted(&mut self, attempt: Attempt, hold: &Hold) {
        let name = &self.deployment.runtime().function.name;
        let outcome = AttemptOutcome::deleted(&attempt.invocation.request_id, name);
        let who = attempt.describe(name);
        let report = attempt_run::refuse(&self.context, attempt, outcome);
        self.settle(report, hold.another(who));
    }

    /// Whether the queue has no room for a new event.
    fn is_one_too_many(&self, attempt: &Attempt) -> bool {
        let is_new = attempt.number == 1 && attempt.invocation.caller.is_none();
        is_new && self.slots.waiting() + self.retries.len() >= self.capacity
    }

    fn carry_out(&mut self, decision: Decision<Attempt>, hold: &Hold) {
        let runtime = self.deployment.runtime();
        match decision {
            // Its event is still one that waits: nothing has been recorded of this attempt.
            Decision::Run { .. } if self.closing.is_cancelled() => {}
            Decision::Run { slot, start, work } => {
                let number = work.invocation.number;
                let memory_mb = runtime.function.memory_mb;
                self.deployment.share.occupy(number, memory_mb);
                let who = work.describe(&runtime.function.name);
                let assigned = Assigned {
                    attempt: work,
                    start,
                    runtime,
                    hold: hold.another(who),
                };
                self.instances.assign(slot, assigned);
            }
            Decision::Overrun { quota_mb, work } => {
                let who = work.describe(&runtime.function.name);
                let id = &work.invocation.request_id;
                let outcome = AttemptOutcome::overrun(id, &runtime.function.name, quota_mb);
                let report = attempt_run::refuse(&self.context, work, outcome);
                self.settle(report, hold.another(who));
            }
        }
    }

    /// An attempt is over: its slot takes the next one.
    fn over(&mut self, over: Over) {
        let Over {
            slot,
            fate,
            report,
            hold,
        } = over;
        self.instances.over(slot);
        self.deployment
            .share
            .release(report.attempt.invocation.number);
        let now = self.context.clock.now();
        self.slots
            .limit(self.deployment.runtime().function.limits());
        if let Some(decision) = self.slots.over(slot, fate, now) {
            self.carry_out(decision, &hold);
        }
        if self.slots.is_shared() {
            let who = "a slot that has become free";
            self.arrivals.put(0, Arrival::Freed, hold.another(who));
        }
        self.settle(report, hold);
    }

    /// Decides what becomes of an invocation after an attempt.
    fn settle(&mut self, report: Report, hold: Hold) {
        let runtime = self.deployment.runtime();
        let function = &runtime.function;
        let context = &self.context;
        let mut report = report;
        if let Some(caller) = report.attempt.invocation.caller.take() {
            let reply = report.reply(function.memory_mb);
            // A caller that does not wait any more gives its hold up.
            drop(caller.send((reply, hold)));
            return;
        }
        let Report {
            attempt,
            outcome,
            next,
            ..
        } = report;
        match next {
            Next::Done => drop(hold),
            Next::Retry { .. } | Next::GiveUp(_) if self.is_deleted => {
                self.give_up(&attempt, &outcome, Reason::Deleted);
            }
            Next::GiveUp(reason) => self.give_up(&attempt, &outcome, reason),
            Next::Retry { due, retries } => {
                let attempt = Attempt {
                    number: attempt.number + 1,
                    retries,
                    ..attempt
                };
                let scheduled = ScfRecord::RetryScheduled {
                    attempt: attempt.number,
                    due,
                };
                context.record(attempt.invocation.lane(), scheduled);
                self.retries.join(due, attempt.invocation.number, attempt);
                self.wait(&hold);
            }
        }
    }

    /// Lets `hold` wait for the first retry, unless another waits for it already.
    fn wait(&mut self, hold: &Hold) {
        let Some(due) = self.retries.next_due() else {
            return;
        };
        if self.timer.as_ref().is_none_or(|timer| timer.due > due) {
            let name = &self.deployment.runtime().function.name;
            let hold = hold.another(format!("the next attempt of function `{name}`"));
            let waiting = Box::pin(hold.sleep_until(due));
            self.timer = Some(Timer { due, waiting });
        }
    }

    /// The time of the first retry has come: what is due arrives again.
    fn retry(&mut self, hold: &Hold) {
        let now = self.context.clock.now();
        let name = &self.deployment.runtime().function.name;
        while let Some(attempt) = self.retries.take_due(now) {
            let number = attempt.invocation.number;
            let who = attempt.describe(name);
            let arrival = Arrival::Attempt(attempt);
            let hold = hold.another(who);
            self.deployment.expect(number);
            self.arrivals.put(number, arrival, hold);
        }
        self.wait(hold);
    }

    fn give_up(&self, attempt: &Attempt, outcome: &AttemptOutcome, reason: Reason) {
        let runtime = self.deployment.runtime();
        let FunctionRuntime {
            account, function, ..
        } = &*runtime;
        let context = &self.context;
        let invocation = &attempt.invocation;
        let lane = invocation.lane();
        // Follows: SCF reference, section 10.2: a failure of asynchronous execution leaves no dead letter, and choice: neither
        // does an event that a call has ended.
        let has_letter = match reason {
            Reason::ExecutionError => !function.async_run,
            Reason::Terminated => false,
            Reason::Expired | Reason::Backlog | Reason::Deleted => true,
        };
        let reason = reason.as_str().to_owned();
        let queue = function.dead_letter.clone().filter(|_| has_letter);
        let Some(queue) = queue else {
            context.record(lane, ScfRecord::Dropped { reason });
            return invocation.end();
        };
        let message = dead_letter::message(account, function, invocation, outcome, attempt.retries);
        let letter = DeadLetter {
            queue: queue.clone(),
            invocation: invocation.number,
            message: message.clone(),
        };
        let mut letters = self
            .dead_letters
            .lock()
            .expect("no code panics while it adds a letter");
        letters.push(letter);
        drop(letters);
        let message = message.into();
        let dead_lettered = ScfRecord::DeadLettered {
            queue,
            reason,
            message,
        };
        context.record(lane, dead_lettered);
        invocation.end();
    }
}

async fn deleted(deleted: &mut Option<oneshot::Receiver<Hold>>) -> Hold {
    let hold = match deleted {
        Some(told) => told.await.ok(),
        None => None,
    };
    *deleted = None;
    match hold {
        Some(hold) => hold,
        None => std::future::pending().await,
    }
}

async fn gathered(gathering: &mut Option<Gathering>) -> (Vec<Arrival>, Hold) {
    let Some(waiting) = gathering else {
        return std::future::pending().await;
    };
    let gathered = waiting.await;
    *gathering = None;
    gathered
}

async fn fired(timer: &mut Option<Timer>) -> Hold {
    let Some(due) = timer else {
        return std::future::pending().await;
    };
    let hold = due.waiting.as_mut().await;
    *timer = None;
    hold
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use bytes::Bytes;

    use crate::scf::invocation::Invocation;
    use crate::scf::queue::{AsyncRetries, RetryRules};
    use crate::scf::{Account, Function, InProcess};
    use backlot_base::clock::Clock;
    use backlot_base::journal::What;
    use backlot_base::seed::Seed;
    use backlot_base::signal::StartWanted;
    use backlot_http::auth::Keyring;

    #[test]
    fn an_event_too_many_goes_to_the_dead_letter_queue() {
        let clock = Clock::virtual_default();
        let context = Context::new(&clock, Seed(1));
        let journal = context.journal.clone();
        let account = Account {
            app_id: 1_250_000_000,
            uin: "100000000001".into(),
            region: "ap-guangzhou".into(),
        };
        let code = InProcess::new(|_| std::future::pending());
        let function = Function {
            dead_letter: Some("letters".into()),
            ..Function::in_process("full", code)
        };
        let runtime =
            FunctionRuntime::new(context, Keyring::default(), account, Vec::new(), function);
        let (arrivals, _wake) = Arrivals::new();
        let (mut pool, _over) = Pool::new(
            Arc::new(Deployment::new(runtime, Arc::default())),
            DeadLetters::default(),
            Arc::new(arrivals),
            CancellationToken::new(),
        );
        pool.capacity = 0;
        let attempt = Attempt::first(Invocation {
            number: 1,
            request_id: "R".into(),
            source: "COS".into(),
            event: Bytes::from_static(b"{}"),
            queued: clock.now(),
            start: StartWanted::Any,
            rules: RetryRules {
                retry_num: 2,
                msg_ttl: Duration::from_secs(21_600),
                pauses: AsyncRetries::Current,
            },
            keeping: None,
            caller: None,
        });
        let hold = clock.hold("an event");
        pool.place(vec![Arrival::Attempt(attempt)], &hold);
        drop(hold);
        let record = journal.appended().pop().unwrap();
        assert!(
            matches!(&record.what, What::Scf(ScfRecord::DeadLettered { reason, .. }) if reason == "backlog"),
            "{record:?}"
        );
        assert!(clock.busy().is_empty());
    }
}
