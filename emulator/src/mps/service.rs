//! The service: tasks are asked for here, live on the clock, write their outputs and are told.
//!
//! What a task goes through is in [`tasks`](super::tasks), which also keeps what has become of each, in memory or in a data
//! folder. A reset aborts the tasks that have not ended and forgets the others; after a restart on a data folder, the tasks
//! that had not ended go on.
//!
//! Follows: mps.md sections 1, 11 and 12.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use bytes::Bytes;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::definitions::Definitions;
use super::host::{Delivery, Host, HostError};
use super::lifecycle::{Planned, Task};
use super::notification::EventType;
use super::object::SourceObject;
use super::profile::Profile;
use super::request::{InvalidRequest, Source};
use super::settings::Settings;
use super::task::{self, Job, TaskRequest};
use super::tasks::{Slots, TableError, TaskTable};
use super::trigger::{AlreadyBound, Binding, Bindings};
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, MpsRecord};
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};

/// The source of events in SCF's words.
const TRIGGER: &str = "MPS_TRIGGER";

/// A handle to the MPS of one stage; clones are the same service. When the last one is dropped, tasks that have not ended
/// are aborted.
#[derive(Clone, Debug)]
pub struct Mps {
    pub(super) inner: Arc<Inner>,
    _running: Arc<DropGuard>,
}

/// Why a task was not created, or came to no end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// MPS refuses the request.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// A session id was used lately: `InvalidParameterValue.SessionId` in the Cloud API.
    #[error("the session id `{0}` was used lately, so the task counts as a repetition")]
    SessionUsed(String),
    /// A source cannot be looked up, or an output cannot be written.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The table of tasks cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) context: Context,
    pub(super) settings: Settings,
    pub(super) host: Arc<dyn Host>,
    bindings: Bindings,
    pub(super) definitions: Definitions,
    /// In memory unless it is given before the first task.
    pub(super) table: OnceLock<TaskTable>,
    // A plain mutex: tasks are numbered, written down and change their state under it, which neither waits nor asks anyone but
    // the table.
    books: Mutex<Books>,
    stopping: CancellationToken,
    pub(super) running: TaskTracker,
}

#[derive(Debug)]
pub(super) struct Books {
    /// The number of the last task that there was.
    pub(super) last: u32,
    /// Tasks that have not ended, by number.
    pub(super) open: BTreeMap<u32, Task>,
    /// Where they are processed.
    pub(super) slots: Slots,
    /// Cancelled and replaced by a reset, which ends the lives of the open tasks.
    pub(super) round: CancellationToken,
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
    pub(super) fn number(&mut self) -> u32 {
        self.last += 1;
        self.last
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
            last: 0,
            open: BTreeMap::new(),
            slots: Slots::new(settings.concurrency),
            round: stopping.child_token(),
        };
        let inner = Inner {
            context,
            settings,
            host,
            bindings,
            definitions,
            table: OnceLock::new(),
            books: Mutex::new(books),
            stopping: stopping.clone(),
            running: TaskTracker::new(),
        };
        Self {
            inner: Arc::new(inner),
            _running: Arc::new(stopping.drop_guard()),
        }
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
        let number = self.inner.books().number();
        if let Err(error) = self.inner.table().use_number(number) {
            tracing::warn!("a restart may use the number {number} of a task again: {error}");
        }
        number
    }

    /// Every task of the last seven days, and every task that has not finished.
    pub(super) fn table(&self) -> &TaskTable {
        self.inner.table()
    }

    pub(super) fn context(&self) -> &Context {
        &self.inner.context
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Aborts the tasks that have not ended, and forgets all. Bindings stay.
    ///
    /// Choice: numbers of tasks go on, so that nothing of before can be taken for something of after.
    pub fn reset(&self) -> Result<(), TableError> {
        let mut books = self.inner.books();
        let fresh = self.inner.stopping.child_token();
        std::mem::replace(&mut books.round, fresh).cancel();
        books.slots.clear();
        for (number, task) in std::mem::take(&mut books.open) {
            tracing::debug!(number, ?task, "a task ends with a reset");
        }
        // Under the lock: no task is written down between the two.
        match self.inner.table.get() {
            Some(table) => table.clear(),
            None => Ok(()),
        }
    }

    /// Stops the tasks that have not ended, and returns when nothing is under way any more. In a data folder they wait for the
    /// next start.
    pub async fn stop(&self) {
        self.inner.stopping.cancel();
        self.inner.running.close();
        self.inner.running.wait().await;
    }
}

impl Inner {
    /// Finds the sources of a request: as it describes them, else as the host has them, else missing.
    pub(super) async fn look_up(&self, request: TaskRequest) -> Result<Job, Error> {
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

    pub(super) async fn source(&self, source: &Source) -> Result<Option<SourceObject>, HostError> {
        match source.given() {
            Some(given) => Ok(Some(given)),
            None => self.host.source(source).await,
        }
    }

    /// The id of the task of that number.
    pub(super) fn task_id(&self, number: u32, event_type: EventType, profile: Profile) -> String {
        let (seed, owner) = (self.context.seed, self.settings.owner);
        task::task_id(seed, owner, number, event_type, profile)
    }

    pub(super) fn table(&self) -> &TaskTable {
        self.table
            .get_or_init(|| TaskTable::in_memory().expect("a database in memory can be made"))
    }

    pub(super) fn record_finished(&self, number: u32, told: &Told) {
        let finished = MpsRecord::TaskFinished {
            task_id: told.task_id.clone(),
            event_type: told.event_type.to_string(),
            err_code: told.err_code,
        };
        self.context.record(Lane::Task(number), finished);
    }

    /// Delivers the notification of a task to the functions that are bound to its type, on instances as `start` says.
    pub(super) async fn deliver(
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

    pub(super) fn record_created(&self, number: u32, workflow: &str, planned: &Planned) {
        let source = planned.job.source();
        let created = MpsRecord::TaskCreated {
            task_id: planned.stamp.task_id.clone(),
            workflow: workflow.to_owned(),
            bucket: source.bucket,
            key: source.url.unwrap_or(source.key),
        };
        self.context.record(Lane::Task(number), created);
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books
            .lock()
            .expect("no code panics while it changes the books")
    }
}
