//! Carries changes of objects to functions and workflows, and gives the tasks of MPS their turns.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::invoke::queue_event;
use super::outbox::{Outbox, Pending, Queue};
use super::routes::RouteTable;
use crate::mps::request::Source;
use crate::mps::{self, Mps, TaskRequest, Turn, Workflow};
use crate::scf::Scf;
use crate::scf::surroundings::Fired;
use backlot_base::chains::Chains;
use backlot_base::clock::{Hold, Wake};
use backlot_base::context::Context;
use backlot_base::journal::{Lane, NoticeRecord, StageRecord};
use backlot_base::signal::{InvokeWanted, ObjectChanged};

/// A handle to the bus of one stage; clones are the same bus. It runs until its guard is dropped.
#[derive(Clone, Debug)]
pub struct EventBus {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    context: Context,
    scf: Scf,
    mps: Mps,
    routes: Arc<RouteTable>,
    queue: Queue,
    chains: Chains,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl EventBus {
    /// Begins to carry what is in the outbox. It ends when the guard is dropped.
    pub fn start(context: &Context, scf: &Scf, mps: &Mps, outbox: Outbox) -> (Self, DropGuard) {
        let stopping = CancellationToken::new();
        let inner = Inner {
            context: context.clone(),
            scf: scf.clone(),
            mps: mps.clone(),
            routes: outbox.routes,
            queue: outbox.queue,
            chains: outbox.chains,
            stopping: stopping.clone(),
            tasks: TaskTracker::new(),
        };
        let bus = Self {
            inner: Arc::new(inner),
        };
        let carrying = Arc::clone(&bus.inner).run(outbox.wake);
        let until = stopping.clone().run_until_cancelled_owned(carrying);
        bus.inner.tasks.spawn(until.in_current_span());
        (bus, stopping.drop_guard())
    }

    /// The triggers and workflows in force.
    pub fn routes(&self) -> &RouteTable {
        &self.inner.routes
    }

    /// Forgets what is on its way, and what it follows from.
    pub fn reset(&self) {
        self.inner.queue.take();
        self.inner.chains.clear();
    }

    /// Stops carrying and returns when nothing is under way any more.
    pub async fn stop(&self) {
        self.inner.stopping.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

impl Inner {
    async fn run(self: Arc<Self>, mut wake: Wake) {
        while let Some(hold) = wake.recv().await {
            let (batch, hold) = self.queue.at_rest(hold).await;
            for pending in batch {
                match pending {
                    Pending::Changed(changed) => self.carry(&changed, &hold).await,
                    Pending::Turn(waiting) => take_turn(waiting, &hold).await,
                    Pending::Fired(fired) => self.fire(fired, &hold),
                }
            }
        }
    }

    /// A timer has fired: its function is invoked.
    fn fire(&self, fired: Fired, hold: &Hold) {
        let Fired {
            target,
            source,
            event,
        } = fired;
        let wanted = InvokeWanted {
            target,
            source: source.to_owned(),
            event,
            hold: hold.another("an event of a timer on its way"),
        };
        queue_event(&self.scf, wanted);
    }

    /// An object has changed: functions are invoked, and tasks begin.
    async fn carry(&self, changed: &ObjectChanged, hold: &Hold) {
        let routes = self.routes.current();
        for trigger in routes.triggers_of(changed) {
            if !self.may_go_on(changed, &trigger.target.to_string()) {
                continue;
            }
            let number = queue_event(
                &self.scf,
                InvokeWanted {
                    target: trigger.target.clone(),
                    source: "COS".to_owned(),
                    event: routes.event(trigger, changed),
                    hold: hold.another("an event of COS on its way"),
                },
            );
            self.chains.follow(changed.lane, Lane::Invocation(number));
        }
        for (name, workflow) in routes.workflows_of(changed) {
            if !self.may_go_on(changed, name) {
                continue;
            }
            let submitted = self.submit(name, workflow, changed, &routes.region, hold);
            match submitted.await {
                Ok(number) => self.chains.follow(changed.lane, Lane::Task(number)),
                Err(error) => self.complain(changed.lane, &error),
            }
        }
    }

    /// A workflow makes a task of an upload.
    async fn submit(
        &self,
        name: &str,
        workflow: &Workflow,
        changed: &ObjectChanged,
        region: &str,
        hold: &Hold,
    ) -> Result<u32, mps::Error> {
        let source = Source {
            bucket: changed.bucket.clone(),
            region: region.to_owned(),
            key: changed.key.clone(),
            size: None,
            etag: None,
            ..Source::default()
        };
        let request = TaskRequest::Workflow(workflow.request(source));
        self.mps.submit(request, name, hold).await
    }

    /// Whether what follows from a change may begin; if not, that is recorded.
    fn may_go_on(&self, changed: &ObjectChanged, wanted: &str) -> bool {
        if self.chains.may_go_on(changed.lane) {
            return true;
        }
        let stopped = StageRecord::ChainStopped {
            wanted: wanted.to_owned(),
            event_name: changed.event_name.clone(),
            bucket: changed.bucket.clone(),
            key: changed.key.clone(),
            limit: self.chains.limit(),
        };
        tracing::warn!(
            "a chain of events was stopped after {} events: `{wanted}` is not started for `{}/{}`; raise `chain-limit` if the chain has an end",
            self.chains.limit(),
            changed.bucket,
            changed.key,
        );
        self.context.record(changed.lane, stopped);
        false
    }

    fn complain(&self, lane: Lane, error: &mps::Error) {
        let text = format!("what an upload should have started did not happen: {error}");
        self.context.record(lane, NoticeRecord::Diagnostic { text });
    }
}

/// Gives a task its turn and waits until it has acted.
async fn take_turn(waiting: oneshot::Sender<Turn>, hold: &Hold) {
    let (turn, ended) = Turn::new(hold.another("a task of MPS"));
    // A task that was aborted gives its turn straight back.
    drop(waiting.send(turn));
    // The end of a turn is the drop of its sender, which is an error to the receiver.
    drop(ended.await);
}
