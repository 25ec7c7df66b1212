//! The service: tasks are asked for here, live on the clock, write their outputs and are told.
//!
//! Tasks live in memory, and only until they end: a task that waits or is processed is kept with its request, and one that is
//! finished or aborted is kept nowhere but in the journal. A reset aborts the tasks that have not ended; a restart forgets
//! them.
//!
//! Follows: mps.md sections 1, 11 and 12.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use jiff::Timestamp;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::definitions::Definitions;
use super::host::{Delivery, Host, HostError};
use super::lifecycle::{Planned, Task};
use super::notification::{EventType, Notification, Stamp};
use super::object::SourceObject;
use super::request::{InvalidRequest, Source};
use super::settings::Settings;
use super::task::{self, Job, TaskRequest};
use super::timeline::Timeline;
use super::trigger::{AlreadyBound, Binding, Bindings};
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, MpsRecord, NoticeRecord};
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};

/// The source of events in SCF's words.
const TRIGGER: &str = "MPS_TRIGGER";

/// A handle to the MPS of one stage; clones are the same service. When the last one is dropped, tasks that have not ended
/// are aborted.
#[derive(Clone, Debug)]
pub struct Mps {
    inner: Arc<Inner>,
    _running: Arc<DropGuard>,
}

/// Why a task was not created, or came to no end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// MPS refuses the request.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// A source cannot be looked up, or an output cannot be written.
    #[error(transparent)]
    Host(#[from] HostError),
}

#[derive(Debug)]
struct Inner {
    context: Context,
    settings: Settings,
    host: Arc<dyn Host>,
    bindings: Bindings,
    definitions: Definitions,
    // A plain mutex: tasks are numbered and change their state under it, which neither waits nor asks anyone.
    books: Mutex<Books>,
    stopping: CancellationToken,
    running: TaskTracker,
}

#[derive(Debug)]
struct Books {
    /// How many tasks there have been.
    tasks: u32,
    /// Tasks that have not ended, by number.
    open: BTreeMap<u32, Task>,
    /// Cancelled and replaced by a reset, which ends the lives of the open tasks.
    round: CancellationToken,
}

/// A task that has finished, as its notification tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) event_type: EventType,
    pub(super) task_id: String,
    pub(super) err_code: i64,
}

impl Books {
    /// The number of the next task, from 1.
    fn number(&mut self) -> u32 {
        self.tasks += 1;
        self.tasks
    }
}

impl Mps {
    /// A service without tasks and bindings.
    pub fn new(context: Context, settings: Settings, host: Arc<dyn Host>) -> Self {
        let bindings = Bindings::new(settings.binding_rule);
        let definitions = Definitions::default();
        Self::with_definitions(context, settings, host, bindings, definitions)
    }

    /// A service without tasks, whose notifications go to the functions among `bindings`, and whose tasks are made of
    /// `definitions`.
    pub fn with_definitions(
        context: Context,
        settings: Settings,
        host: Arc<dyn Host>,
        bindings: Bindings,
        definitions: Definitions,
    ) -> Self {
        let stopping = CancellationToken::new();
        let books = Books {
            tasks: 0,
            open: BTreeMap::new(),
            round: stopping.child_token(),
        };
        let inner = Inner {
            context,
            settings,
            host,
            bindings,
            definitions,
            books: Mutex::new(books),
            stopping: stopping.clone(),
            running: TaskTracker::new(),
        };
        Self {
            inner: Arc::new(inner),
            _running: Arc::new(stopping.drop_guard()),
        }
    }

    /// Creates a task, which takes its time on the clock, and returns its number, from 1. `workflow` is the name of the
    /// workflow whose rule made the task of an upload, else empty. Must be called within a runtime.
    pub async fn submit(
        &self,
        request: TaskRequest,
        workflow: &str,
        hold: &Hold,
    ) -> Result<u32, Error> {
        let inner = &self.inner;
        let job = inner.look_up(request).await?;
        let created = inner.context.clock.now();
        let (number, planned) = inner.plan(job, created)?;
        let timeline = planned.stamp.timeline;
        let hold = hold.another(format!("task {number} of MPS"));
        let life = Arc::clone(inner).live(number, timeline, hold);
        let round = {
            let mut books = inner.books();
            // Under the lock: a reset comes before all of it or after all of it.
            inner.record_created(number, workflow, &planned);
            books.open.insert(number, Task::Waiting(planned));
            books.round.clone()
        };
        let living = round.run_until_cancelled_owned(life);
        inner.running.spawn(living.in_current_span());
        Ok(number)
    }

    /// Creates a task that finishes now, as if it had been created earlier; returns when it has been told.
    pub async fn finish_now(&self, request: TaskRequest, hold: Hold) -> Result<(), Error> {
        let inner = &self.inner;
        let start = request.start();
        let job = inner.look_up(request).await?;
        let now = inner.context.clock.now();
        let lasts = job.timeline(now).finishes.duration_since(now);
        let created = now.saturating_sub(lasts).unwrap_or(Timestamp::MIN);
        let (number, planned) = inner.plan(job, created)?;
        let task = Task::Waiting(planned)
            .begin()
            .finish(&inner.settings, &inner.definitions.templates());
        inner.end(number, task, start, &hold).await
    }

    /// The outside of MPS.
    pub(super) fn host(&self) -> &dyn Host {
        &*self.inner.host
    }

    /// What the account has defined.
    pub fn definitions(&self) -> &Definitions {
        &self.inner.definitions
    }

    /// Binds a function to the tasks of one type, unless the rule has no room for it.
    pub fn bind(&self, binding: Binding) -> Result<(), AlreadyBound> {
        self.inner.bindings.bind(binding)
    }

    /// The functions that get notifications of this type, in the order of binding.
    pub fn bound_to(&self, event_type: EventType) -> Vec<FunctionTarget> {
        self.inner.bindings.bound_to(event_type)
    }

    /// Tells the bound functions of a task that is known from its notification only.
    pub(super) async fn tell(
        &self,
        told: Told,
        event: Bytes,
        hold: &Hold,
    ) -> Vec<(String, Delivery)> {
        let number = self.number();
        self.inner.record_finished(number, &told);
        self.inner
            .deliver(number, told.event_type, &event, StartWanted::Any, hold)
            .await
    }

    /// The number of the next task, which is used with this.
    pub(super) fn number(&self) -> u32 {
        self.inner.books().number()
    }

    pub(super) fn context(&self) -> &Context {
        &self.inner.context
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Aborts the tasks that have not ended. Bindings stay.
    ///
    /// Choice: numbers of tasks go on, so that nothing of before can be taken for something of after.
    pub fn reset(&self) {
        let (round, open) = {
            let mut books = self.inner.books();
            let fresh = self.inner.stopping.child_token();
            let round = std::mem::replace(&mut books.round, fresh);
            (round, std::mem::take(&mut books.open))
        };
        round.cancel();
        for (number, task) in open {
            let task = task.abort();
            tracing::debug!(number, ?task, "a task ends with a reset");
        }
    }

    /// Aborts the tasks that have not ended, and returns when nothing is under way any more.
    pub async fn stop(&self) {
        self.inner.stopping.cancel();
        self.inner.running.close();
        self.inner.running.wait().await;
    }
}

impl Inner {
    /// Finds the sources of a request: as it describes them, else as the host has them, else missing.
    async fn look_up(&self, request: TaskRequest) -> Result<Job, Error> {
        match request {
            TaskRequest::Workflow(request) => {
                let found = self.source(&request.source()).await?;
                Ok(Job::Workflow { request, found })
            }
            TaskRequest::Edit(request) => {
                let mut found = Vec::new();
                for file in &request.files {
                    found.push(self.source(&file.source).await?);
                }
                Ok(Job::Edit { request, found })
            }
        }
    }

    async fn source(&self, source: &Source) -> Result<Option<SourceObject>, HostError> {
        match source.given() {
            Some(given) => Ok(Some(given)),
            None => self.host.source(source).await,
        }
    }

    /// Gives a job its number, its id and its times. A job that is refused uses no number.
    fn plan(&self, job: Job, created: Timestamp) -> Result<(u32, Planned), InvalidRequest> {
        let profile = job.profile().unwrap_or(self.settings.profile);
        job.check(profile)?;
        let timeline = job.timeline(created);
        let number = self.books().number();
        let (seed, owner) = (self.context.seed, self.settings.owner);
        let task_id = task::task_id(seed, owner, number, job.event_type(), profile);
        let stamp = Stamp { task_id, timeline };
        Ok((number, Planned { stamp, job }))
    }

    /// The life of a task that is in the books: from its creation to its end, unless it is aborted meanwhile.
    async fn live(self: Arc<Self>, number: u32, timeline: Timeline, hold: Hold) {
        let hold = hold.sleep_until(timeline.begins).await;
        self.begin(number);
        let hold = hold.sleep_until(timeline.finishes).await;
        let lane = Lane::Task(number);
        let Some(turn) = self.host.turn(lane, hold).await else {
            return;
        };
        let Some(task) = self.books().open.remove(&number) else {
            return;
        };
        let ended = self.end(
            number,
            task.finish(&self.settings, &self.definitions.templates()),
            StartWanted::Any,
            turn.hold(),
        );
        if let Err(error) = ended.await {
            let text = format!("what an upload should have started did not happen: {error}");
            self.context.record(lane, NoticeRecord::Diagnostic { text });
        }
    }

    /// Processing of a task begins, unless it is aborted.
    fn begin(&self, number: u32) {
        let mut books = self.books();
        if let Some(waiting) = books.open.remove(&number) {
            books.open.insert(number, waiting.begin());
        }
    }

    /// Records a task as finished, writes its outputs, and delivers its notification. Nothing is told of one that is aborted.
    ///
    /// `start` says which instances take it.
    async fn end(
        &self,
        number: u32,
        task: Task,
        start: StartWanted,
        hold: &Hold,
    ) -> Result<(), Error> {
        let Task::Finished(notification) = task else {
            return Ok(());
        };
        let event = notification.bytes();
        let Notification {
            event_type,
            task_id,
            err_code,
            outputs,
            ..
        } = notification;
        let told = Told {
            event_type,
            task_id,
            err_code,
        };
        self.record_finished(number, &told);
        for output in outputs {
            self.host.write_output(number, output).await?;
        }
        self.deliver(number, event_type, &event, start, hold).await;
        Ok(())
    }

    fn record_finished(&self, number: u32, told: &Told) {
        let finished = MpsRecord::TaskFinished {
            task_id: told.task_id.clone(),
            event_type: told.event_type.to_string(),
            err_code: told.err_code,
        };
        self.context.record(Lane::Task(number), finished);
    }

    /// Delivers the notification of a task to the functions that are bound to its type, on instances as `start` says.
    async fn deliver(
        &self,
        number: u32,
        event_type: EventType,
        event: &Bytes,
        start: StartWanted,
        hold: &Hold,
    ) -> Vec<(String, Delivery)> {
        let functions = self.bindings.bound_to(event_type);
        if functions.is_empty() {
            // The event ends here.
            let event_type = event_type.to_string();
            self.context
                .record(Lane::Task(number), MpsRecord::TriggerMissing { event_type });
        }
        let mut deliveries = Vec::new();
        for target in functions {
            let function = target.function.clone();
            let wanted = InvokeWanted {
                target,
                source: TRIGGER.to_owned(),
                event: event.clone(),
                hold: hold.another("an event on its way"),
            };
            let delivery = self.host.deliver(number, wanted, start).await;
            deliveries.push((function, delivery));
        }
        deliveries
    }

    fn record_created(&self, number: u32, workflow: &str, planned: &Planned) {
        let Job::Workflow { request, .. } = &planned.job else {
            return;
        };
        let source = request.source();
        let created = MpsRecord::TaskCreated {
            task_id: planned.stamp.task_id.clone(),
            workflow: workflow.to_owned(),
            bucket: source.bucket,
            key: source.key,
        };
        self.context.record(Lane::Task(number), created);
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books
            .lock()
            .expect("no code panics while it changes the books")
    }
}
