//! The instances of one function, the attempts that wait for them, and the retries that wait for their time.
//!
//! One task owns all of it. It is told of new invocations and of attempts that are over, and hands attempts to slots.
//!
//! Choice: the n-th invocation of a function always runs in slot n modulo the number of instances, also if another slot is
//! free. Which instance takes which invocation then depends on the scenario alone, not on how fast the machine is.
//!
//! Choice: an attempt whose slot is busy waits, however long; only a function that may have no instance at all is refused
//! with 432.
//!
//! Waiting attempts keep no [`Hold`] of their own: the one that runs before them may have to wait for the stage's clock.
//! As long as anything waits, somebody before it holds the clock or waits for a time.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::dead_letter::{self, DeadLetter};
use super::instance::Blueprint;
use super::invocation::{Attempt, Invocation, Report};
use super::outcome::Outcome;
use super::queue::{CAPACITY, Line, Next, Reason, RetryRules};
use super::slot::{self, Job, Slot};
use backlot_base::clock::Hold;
use backlot_base::journal::ScfRecord;

/// Messages in dead-letter queues, oldest first.
pub(super) type DeadLetters = Arc<Mutex<Vec<DeadLetter>>>;

/// An invocation on its way to a pool.
pub(super) type Arrival = (Invocation, Hold);

/// The task that owns the instances of one function.
pub(super) struct Pool {
    blueprint: Arc<Blueprint>,
    dead_letters: DeadLetters,
    slots: Vec<Place>,
    reports: mpsc::UnboundedSender<(usize, Report, Hold)>,
    retries: Line<Attempt>,
    timer: Option<Timer>,
    /// Attempts that wait for a slot or for their time.
    waiting: usize,
    stopping: CancellationToken,
}

/// A slot as the pool sees it.
struct Place {
    jobs: mpsc::UnboundedSender<Job>,
    is_busy: bool,
    waiting: Line<Attempt>,
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

/// The one wait for the first retry: the clock is told of one time only, and retries that are due together come in order.
struct Timer {
    due: Timestamp,
    waiting: Pin<Box<dyn Future<Output = Hold> + Send>>,
}

impl Pool {
    /// Starts the task. It ends after `stopping`, when all its instances are gone.
    pub(super) fn spawn(
        blueprint: Arc<Blueprint>,
        dead_letters: DeadLetters,
        arrivals: mpsc::UnboundedReceiver<Arrival>,
        stopping: CancellationToken,
    ) -> JoinHandle<()> {
        let (reports, reported) = mpsc::unbounded_channel();
        let pool = Self {
            blueprint,
            dead_letters,
            slots: Vec::new(),
            reports,
            retries: Line::default(),
            timer: None,
            waiting: 0,
            stopping,
        };
        tokio::spawn(pool.run(arrivals, reported))
    }

    async fn run(
        mut self,
        mut arrivals: mpsc::UnboundedReceiver<Arrival>,
        mut reported: mpsc::UnboundedReceiver<(usize, Report, Hold)>,
    ) {
        let stopping = self.stopping.clone();
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                Some((slot, report, hold)) = reported.recv() => self.over(slot, report, hold),
                arrival = arrivals.recv() => match arrival {
                    Some((invocation, hold)) => self.arrive(invocation, hold),
                    None => break,
                },
                hold = fired(&mut self.timer) => self.retry(hold),
            }
        }
        // One after the other, so that the journal does not depend on the machine.
        for place in self.slots {
            place.stopping.cancel();
            if let Err(error) = place.task.await {
                tracing::error!(%error, "the task of an instance failed");
            }
        }
    }

    fn arrive(&mut self, invocation: Invocation, hold: Hold) {
        let is_queued = invocation.caller.is_none();
        let attempt = Attempt::first(invocation);
        if is_queued && self.waiting >= CAPACITY {
            let id = &attempt.invocation.request_id;
            let message = format!("the queue has more than {CAPACITY} events");
            let outcome = Outcome::internal(id, message);
            return self.give_up(&attempt, &outcome, Reason::Backlog);
        }
        self.place(attempt, hold);
    }

    /// Hands the attempt to its slot, now or when the slot is free.
    fn place(&mut self, attempt: Attempt, hold: Hold) {
        let function = &self.blueprint.function;
        if function.instances == 0 {
            let report = slot::refuse(&self.blueprint, attempt);
            return self.settle(report, hold);
        }
        let index = attempt.invocation.turn % function.instances;
        while self.slots.len() <= index {
            let place = self.open(self.slots.len() + 1);
            self.slots.push(place);
        }
        let place = &mut self.slots[index];
        if place.is_busy {
            let invocation = &attempt.invocation;
            let (queued, number) = (self.blueprint.context.clock.now(), invocation.number);
            place.waiting.join(queued, number, attempt);
            self.waiting += 1;
        } else {
            place.start(attempt, hold);
        }
    }

    fn open(&self, number: usize) -> Place {
        let (jobs, received) = mpsc::unbounded_channel();
        let stopping = CancellationToken::new();
        let slot = Slot::new(Arc::clone(&self.blueprint), number);
        let task = slot.run(received, self.reports.clone(), stopping.clone());
        Place {
            jobs,
            is_busy: false,
            waiting: Line::default(),
            stopping,
            task: tokio::spawn(task),
        }
    }

    /// An attempt is over: its slot takes the next one.
    fn over(&mut self, slot: usize, report: Report, hold: Hold) {
        let place = &mut self.slots[slot - 1];
        place.is_busy = false;
        if let Some(next) = place.waiting.take() {
            self.waiting -= 1;
            let who = next.describe(&self.blueprint.function.name);
            place.start(next, hold.another(who));
        }
        self.settle(report, hold);
    }

    /// Decides what becomes of an invocation after an attempt.
    fn settle(&mut self, report: Report, hold: Hold) {
        let function = &self.blueprint.function;
        let context = &self.blueprint.context;
        let mut report = report;
        if let Some(caller) = report.attempt.invocation.caller.take() {
            let reply = report.reply(function.memory_mb);
            // A caller that does not wait any more gives its hold up.
            drop(caller.send((reply, hold)));
            return;
        }
        let Report {
            attempt, outcome, ..
        } = report;
        let rules = RetryRules {
            retry_num: function.retry_num,
            msg_ttl: function.msg_ttl,
        };
        let queued = attempt.invocation.queued;
        let now = context.clock.now();
        match rules.after(outcome.status, now, queued, attempt.retries) {
            Next::Done => drop(hold),
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
                self.waiting += 1;
                self.wait(hold);
            }
        }
    }

    /// Lets `hold` wait for the first retry, unless another waits for it already.
    fn wait(&mut self, hold: Hold) {
        let Some(due) = self.retries.next_due() else {
            return;
        };
        if self.timer.as_ref().is_none_or(|timer| timer.due > due) {
            let waiting = Box::pin(hold.sleep_until(due));
            self.timer = Some(Timer { due, waiting });
        }
    }

    /// The time of the first retry has come.
    fn retry(&mut self, hold: Hold) {
        let now = self.blueprint.context.clock.now();
        while let Some(attempt) = self.retries.take_due(now) {
            self.waiting -= 1;
            let who = attempt.describe(&self.blueprint.function.name);
            self.place(attempt, hold.another(who));
        }
        self.wait(hold);
    }

    fn give_up(&self, attempt: &Attempt, outcome: &Outcome, reason: Reason) {
        let Blueprint {
            account,
            function,
            context,
            ..
        } = &*self.blueprint;
        let invocation = &attempt.invocation;
        let lane = invocation.lane();
        let reason = reason.as_str().to_owned();
        let Some(queue) = function.dead_letter.clone() else {
            context.record(lane, ScfRecord::Dropped { reason });
            return;
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
    }
}

impl Place {
    fn start(&mut self, attempt: Attempt, hold: Hold) {
        self.is_busy = true;
        // The slot's task ends only after the pool's own loop.
        drop(self.jobs.send((attempt, hold)));
    }
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
    use bytes::Bytes;

    use crate::scf::{Account, Function, InProcess};
    use backlot_base::clock::Clock;
    use backlot_base::context::Context;
    use backlot_base::fault::NoFaults;
    use backlot_base::journal::{Journal, What};
    use backlot_base::seed::Seed;
    use backlot_http::auth::Keyring;

    #[test]
    fn an_event_too_many_goes_to_the_dead_letter_queue() {
        let clock = Clock::virtual_default();
        let journal = Journal::new(&clock);
        let context = Context {
            clock: clock.clone(),
            seed: Seed(1),
            journal: journal.clone(),
            faults: Arc::new(NoFaults),
        };
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
        let blueprint = Blueprint::new(context, Keyring::default(), account, Vec::new(), function);
        let mut pool = Pool {
            blueprint: Arc::new(blueprint),
            dead_letters: DeadLetters::default(),
            slots: Vec::new(),
            reports: mpsc::unbounded_channel().0,
            retries: Line::default(),
            timer: None,
            waiting: CAPACITY,
            stopping: CancellationToken::new(),
        };
        let invocation = Invocation {
            number: 1,
            turn: 0,
            request_id: "R".into(),
            source: "COS".into(),
            event: Bytes::from_static(b"{}"),
            queued: clock.now(),
            caller: None,
        };
        pool.arrive(invocation, clock.hold("an event"));
        let record = journal.appended().pop().unwrap();
        assert!(
            matches!(&record.what, What::Scf(ScfRecord::DeadLettered { reason, .. }) if reason == "backlog"),
            "{record:?}"
        );
        assert!(clock.busy().is_empty());
    }
}
