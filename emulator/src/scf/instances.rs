//! The instances of one function, seen from its pool: a task behind each slot, opened when the slot is first used. It runs
//! one attempt after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::attempt_run::AttemptRun;
use super::canceling::{Cancel, Canceling};
use super::concurrency::{Fate, Start};
use super::function_runtime::FunctionRuntime;
use super::idle_life::IdleLife;
use super::invocation::{Attempt, Report};
use super::slot::Slot;
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, ScfRecord};
use backlot_base::signal::StartWanted;

/// Why instances stop when everything does.
pub(super) const STAGE_STOPPED: &str = "stage stopped";
/// Why an instance stops that had no event for as long as its function allows.
pub const RECLAIMED: &str = "idle for too long";

/// The slots that were used so far.
#[derive(Debug)]
pub(super) struct Instances {
    over: mpsc::UnboundedSender<Over>,
    open: Vec<Open>,
    /// The request id of the event in each slot that is busy, and what ends its attempt.
    running: BTreeMap<usize, (String, mpsc::UnboundedSender<Cancel>)>,
}

/// An attempt for a slot, and what may end it before its time.
type Given = (Assigned, Canceling);

/// An attempt for a slot.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) attempt: Attempt,
    pub(super) start: Start,
    /// What it runs on.
    pub(super) runtime: Arc<FunctionRuntime>,
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

/// A slot with its task.
#[derive(Debug)]
struct Open {
    assign: mpsc::UnboundedSender<Given>,
    /// Takes why the instance stops.
    stopping: oneshot::Sender<&'static str>,
    /// Ends with the record of the last instance's stop.
    task: JoinHandle<Option<ScfRecord>>,
}

impl Instances {
    /// No instance yet, and what tells of attempts that are over.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Over>) {
        let (over, receiver) = mpsc::unbounded_channel();
        let instances = Self {
            over,
            open: Vec::new(),
            running: BTreeMap::new(),
        };
        (instances, receiver)
    }

    /// Gives an attempt to a slot that has none.
    pub(super) fn assign(&mut self, slot: usize, assigned: Assigned) {
        let (cancel, canceled) = mpsc::unbounded_channel();
        let request_id = assigned.attempt.invocation.request_id.clone();
        self.running.insert(slot, (request_id, cancel));
        while self.open.len() <= slot {
            let opened = self.open(self.open.len(), &assigned.runtime);
            self.open.push(opened);
        }
        // The task ends only when it is stopped.
        drop(self.open[slot].assign.send((assigned, canceled)));
    }

    /// The attempt in a slot is over.
    pub(super) fn over(&mut self, slot: usize) {
        self.running.remove(&slot);
    }

    /// Ends the attempt under way of an event; returns whether there is one.
    pub(super) fn terminate(&self, request_id: &str, is_graceful: bool) -> bool {
        let mut running = self.running.values();
        let found = running.find(|(running, _)| running == request_id);
        let Some((_, cancel)) = found else {
            return false;
        };
        let how = if is_graceful {
            Cancel::Ask
        } else {
            Cancel::Kill
        };
        // The attempt may be over, and told so next.
        let _over = cancel.send(how);
        true
    }

    /// Stops all instances at the same time because of `reason`. Their ends are recorded one after the other, so that the
    /// journal does not depend on the machine. Returns when all are gone.
    pub(super) async fn stop(self, context: &Context, reason: &'static str) {
        let stopping = self.open.into_iter().map(|slot| {
            // A task that has ended does not hear it.
            let _unheard = slot.stopping.send(reason);
            slot.task
        });
        let tasks: Vec<_> = stopping.collect();
        for task in tasks {
            match task.await {
                Ok(stopped) => {
                    if let Some(stopped) = stopped {
                        context.record(Lane::Stage, stopped);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "an instance of a function ended because of a bug in the emulator");
                }
            }
        }
    }

    fn open(&self, index: usize, runtime: &Arc<FunctionRuntime>) -> Open {
        let (assign, assigned) = mpsc::unbounded_channel();
        let (stopping, stop) = oneshot::channel();
        let slot = Slot::new(Arc::clone(runtime), index);
        let running = run(slot, index, assigned, self.over.clone(), stop);
        Open {
            assign,
            stopping,
            task: tokio::spawn(running.in_current_span()),
        }
    }
}

/// Runs attempts until `stop` says why there will be no more; then the slot's instance is gone, and its stop is returned.
async fn run(
    mut slot: Slot,
    index: usize,
    mut assigned: mpsc::UnboundedReceiver<Given>,
    over: mpsc::UnboundedSender<Over>,
    stop: oneshot::Receiver<&'static str>,
) -> Option<ScfRecord> {
    let working = async {
        let mut idle = IdleLife::default();
        while let Some((next, cancel)) = next(&mut slot, &mut assigned, &mut idle).await {
            let lane = next.attempt.invocation.lane();
            if next.attempt.start() == StartWanted::Cold {
                slot.reclaim(lane, "a cold start was wanted").await;
            } else if next.start == Start::Cold {
                slot.reclaim(lane, RECLAIMED).await;
            }
            slot.adopt(next.runtime, lane).await;
            let (report, hold) = AttemptRun::new(&mut slot, next.attempt, next.hold)
                .run(cancel)
                .await;
            let fate = if slot.is_empty() {
                Fate::Recycled
            } else {
                Fate::Kept
            };
            // Before the hold is given away: the clock must not move on yet.
            slot.begin_to_idle(&mut idle, lane);
            // The pool is gone only when everything stops.
            drop(over.send(Over {
                slot: index,
                fate,
                report,
                hold,
            }));
        }
    };
    // Either way there will be no more attempts.
    let reason = tokio::select! {
        biased;
        reason = stop => reason.unwrap_or(STAGE_STOPPED),
        () = working => STAGE_STOPPED,
    };
    slot.stop(reason).await
}

/// The next attempt; until it comes, the instance rests, and is reclaimed when it was `idle` for too long.
async fn next(
    slot: &mut Slot,
    assigned: &mut mpsc::UnboundedReceiver<Given>,
    idle: &mut IdleLife,
) -> Option<Given> {
    loop {
        tokio::select! {
            biased;
            next = assigned.recv() => {
                idle.end();
                return next;
            }
            (lane, hold) = idle.is_over() => {
                slot.reclaim(lane, RECLAIMED).await;
                drop(hold);
            }
            reason = slot.rest() => slot.bury(Lane::Stage, reason).await,
        }
    }
}
