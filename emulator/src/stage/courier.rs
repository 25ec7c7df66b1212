//! Carries what the services tell each other: changes of objects to functions and workflows, tasks to their end, and what
//! MPS says to functions.
//!
//! A change is carried on when everybody rests at the time of the change, and a task is finished when everybody rests at
//! its time; so numbers are given in the same order in every run. On the real clock nothing waits for that.
//!
//! Choice: a chain of events of which each follows from the one before is stopped when it is too long. Deviates: on the
//! platform, a function that triggers itself goes on for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::Error;
use super::routes::Routes;
use crate::mps::request::Source;
use crate::mps::{Mps, Planned, Workflow};
use crate::scf::Scf;
use backlot_base::clock::Hold;
use backlot_base::clock::{RestQueue, Wake};
use backlot_base::context::Context;
use backlot_base::journal::{Lane, MpsRecord, NoticeRecord, StageRecord};
use backlot_base::signal::{InvokeWanted, ObjectChanged, SourceObject, TaskFinished};
use backlot_cos::store::Octets;
use backlot_cos::{Cos, Listener, Upload};

/// What is carried.
#[derive(Debug)]
pub(super) enum News {
    /// An object has changed.
    Changed(ObjectChanged),
    /// The time of a task has come.
    Due(Planned),
}

/// Where COS drops what it has to say, before there is anybody to carry it.
#[derive(Debug)]
pub(super) struct Postbox {
    routes: Arc<Routes>,
    queue: Arc<RestQueue<Lane, News>>,
    wake: Wake,
}

/// The services, and what is under way between them; clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Courier {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    context: Context,
    cos: Cos,
    scf: Scf,
    // A plain mutex: tasks are planned under it, and planning neither waits nor asks anybody.
    mps: Mutex<Mps>,
    routes: Arc<Routes>,
    queue: Arc<RestQueue<Lane, News>>,
    chains: Mutex<Chains>,
    /// Cancelled and replaced by a reset: what was planned before does not happen any more.
    round: Mutex<CancellationToken>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// How many events have led to what is going on; nothing is kept about what somebody outside has begun.
#[derive(Debug)]
struct Chains {
    lengths: HashMap<Lane, u32>,
    limit: u32,
}

impl Postbox {
    pub(super) fn new(routes: Routes) -> Self {
        let (queue, wake) = RestQueue::new();
        Self {
            routes: Arc::new(routes),
            queue: Arc::new(queue),
            wake,
        }
    }

    /// For COS: takes every change that somebody is to hear of.
    pub(super) fn listener(&self) -> Listener {
        if self.routes.is_empty() {
            return Listener::none();
        }
        let (routes, queue) = (Arc::clone(&self.routes), Arc::clone(&self.queue));
        Listener::new(move |changed, hold| {
            if routes.leads_anywhere(&changed) {
                let hold = hold.another("a change of an object on its way");
                queue.put(changed.lane, News::Changed(changed), hold);
            }
        })
    }
}

impl Courier {
    /// Begins to carry. It ends when the guard is dropped.
    pub(super) fn start(
        context: &Context,
        cos: &Cos,
        scf: &Scf,
        mps: Mps,
        postbox: Postbox,
        chain_limit: u32,
    ) -> (Self, DropGuard) {
        let stopping = CancellationToken::new();
        let inner = Inner {
            context: context.clone(),
            cos: cos.clone(),
            scf: scf.clone(),
            mps: Mutex::new(mps),
            routes: postbox.routes,
            queue: postbox.queue,
            chains: Mutex::new(Chains {
                lengths: HashMap::new(),
                limit: chain_limit,
            }),
            round: Mutex::new(stopping.child_token()),
            stopping: stopping.clone(),
            tasks: TaskTracker::new(),
        };
        let courier = Self {
            inner: Arc::new(inner),
        };
        let carrying = courier.clone().run(postbox.wake);
        let until = stopping.clone().run_until_cancelled_owned(carrying);
        courier.inner.tasks.spawn(until);
        (courier, stopping.drop_guard())
    }

    /// Stops carrying and returns when nothing is under way any more.
    pub(super) async fn stop(&self) {
        self.inner.stopping.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Forgets what is under way.
    pub(super) fn forget(&self) {
        let fresh = self.inner.stopping.child_token();
        let before = std::mem::replace(&mut *lock(&self.inner.round), fresh);
        before.cancel();
        self.inner.queue.take();
        lock(&self.inner.chains).lengths.clear();
    }

    pub(super) fn mps(&self) -> MutexGuard<'_, Mps> {
        lock(&self.inner.mps)
    }

    /// Carries what MPS has to say: outputs to COS, the event to the functions that are bound to its type.
    pub(super) async fn deliver(&self, finished: TaskFinished) -> Result<(), Error> {
        for output in &finished.outputs {
            let upload = Upload {
                bucket: output.bucket.clone(),
                key: output.key.clone(),
                body: output.body.clone(),
                content_type: None,
                metadata: output.metadata.clone(),
            };
            let lane = Lane::Task(finished.task);
            self.inner.cos.put_object(lane, upload).await?;
        }
        let wanted = self.mps().invocations(&finished);
        for wanted in wanted {
            let number = self.invoke(wanted);
            lock(&self.inner.chains).follow(Lane::Task(finished.task), Lane::Invocation(number));
        }
        Ok(())
    }

    /// Queues an event for a function and returns the invocation's number. That SCF refuses an event is part of what
    /// happens, and in the journal.
    pub(super) fn invoke(&self, wanted: InvokeWanted) -> u32 {
        self.inner
            .scf
            .invoke_async(wanted)
            .unwrap_or_else(|refused| {
                tracing::debug!(%refused, "an event was refused");
                refused.number
            })
    }

    /// The source of a task: as the request describes it, else as it lies in COS, else missing.
    pub(super) async fn look_up(&self, source: &Source) -> Result<Option<SourceObject>, Error> {
        if let Some(given) = source.given() {
            return Ok(Some(given));
        }
        let found = self.inner.cos.find_object(&source.bucket, &source.key);
        Ok(found.await?.map(|record| SourceObject {
            bucket: source.bucket.clone(),
            region: source.region.clone(),
            key: source.key.clone(),
            size: record.size,
            etag: record.etag.clone(),
            metadata: texts(&record.metadata),
        }))
    }

    async fn run(self, mut wake: Wake) {
        while let Some(hold) = wake.recv().await {
            let (batch, hold) = self.inner.queue.at_rest(hold).await;
            for news in batch {
                match news {
                    News::Changed(changed) => self.changed(&changed, &hold).await,
                    News::Due(planned) => self.finish(planned, &hold).await,
                }
            }
        }
    }

    /// An object has changed: functions hear of it, and tasks begin.
    async fn changed(&self, changed: &ObjectChanged, hold: &Hold) {
        let routes = Arc::clone(&self.inner.routes);
        for trigger in routes.triggers_of(changed) {
            if !self.may_go_on(changed, &trigger.function) {
                continue;
            }
            let number = self.invoke(InvokeWanted {
                function: trigger.function.clone(),
                source: "COS".to_owned(),
                event: routes.event(trigger, changed),
                hold: hold.another("an event of COS on its way"),
            });
            lock(&self.inner.chains).follow(changed.lane, Lane::Invocation(number));
        }
        for (name, workflow) in routes.workflows_of(changed) {
            if self.may_go_on(changed, name) {
                self.begin(name, workflow, changed, hold).await;
            }
        }
    }

    /// A workflow makes a task of an upload, and the task takes its time.
    async fn begin(&self, name: &str, workflow: &Workflow, changed: &ObjectChanged, hold: &Hold) {
        let inner = &self.inner;
        let source = Source {
            bucket: changed.bucket.clone(),
            region: inner.routes.region.clone(),
            key: changed.key.clone(),
            size: None,
            etag: None,
            ..Source::default()
        };
        let found = match self.look_up(&source).await {
            Ok(found) => found,
            Err(error) => return self.complain(changed.lane, &error),
        };
        let request = workflow.request(source);
        let created = inner.context.clock.now();
        let planned = self.mps().plan_workflow(&request, found.as_ref(), created);
        let planned = match planned {
            Ok(planned) => planned,
            Err(error) => return self.complain(changed.lane, &error.into()),
        };
        let lane = Lane::Task(planned.number());
        lock(&inner.chains).follow(changed.lane, lane);
        let begun = MpsRecord::TaskCreated {
            task_id: planned.task_id().to_owned(),
            workflow: name.to_owned(),
            bucket: changed.bucket.clone(),
            key: changed.key.clone(),
        };
        inner.context.record(lane, begun);
        let due = planned.timeline().finishes;
        let hold = hold.another(format!("task {} of MPS", planned.number()));
        let queue = Arc::clone(&inner.queue);
        let waiting = async move {
            let hold = hold.sleep_until(due).await;
            queue.put(lane, News::Due(planned), hold);
        };
        let round = lock(&inner.round).clone();
        inner.tasks.spawn(round.run_until_cancelled_owned(waiting));
    }

    /// The time of a task has come.
    async fn finish(&self, planned: Planned, hold: &Hold) {
        let lane = Lane::Task(planned.number());
        let finished = planned.finish(hold.another("a task of MPS"));
        if let Err(error) = self.deliver(finished).await {
            self.complain(lane, &error);
        }
    }

    /// Whether what follows from a change may begin; if not, that is written down.
    fn may_go_on(&self, changed: &ObjectChanged, wanted: &str) -> bool {
        let chains = lock(&self.inner.chains);
        if chains.length(changed.lane) < chains.limit {
            return true;
        }
        let stopped = StageRecord::ChainStopped {
            wanted: wanted.to_owned(),
            event_name: changed.event_name.clone(),
            bucket: changed.bucket.clone(),
            key: changed.key.clone(),
            limit: chains.limit,
        };
        drop(chains);
        tracing::warn!(
            wanted,
            key = changed.key,
            "a chain of events was stopped, as it was too long"
        );
        self.inner.context.record(changed.lane, stopped);
        false
    }

    fn complain(&self, lane: Lane, error: &Error) {
        let text = format!("what an upload should have started did not happen: {error}");
        self.inner
            .context
            .record(lane, NoticeRecord::Diagnostic { text });
    }
}

impl Chains {
    fn length(&self, lane: Lane) -> u32 {
        self.lengths.get(&lane).copied().unwrap_or_default()
    }

    /// Notes that one thing follows from another.
    fn follow(&mut self, cause: Lane, effect: Lane) {
        let length = self.length(cause) + 1;
        self.lengths.insert(effect, length);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .expect("no code panics while it carries something")
}

/// Metadata as text; a value that is none is left out, as nobody can read it.
fn texts(metadata: &[(String, Octets)]) -> Vec<(String, String)> {
    let texts = metadata.iter().filter_map(|(name, value)| {
        let value = std::str::from_utf8(&value.0).ok()?;
        Some((name.clone(), value.to_owned()))
    });
    texts.collect()
}
