//! The life of a task on the clock: it is created, waits, is processed, and finishes.
//!
//! Follows: mps.md section 10.1.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tracing::Instrument as _;

use super::database::TableError;
use super::detail;
use super::row::{Entry, Row, Status};
use crate::mps::host::HostError;
use crate::mps::lifecycle::{Planned, Task};
use crate::mps::notification::{Notification, Stamp};
use crate::mps::request::api::{Asked, Terms};
use crate::mps::service::{Books, Error, Inner, Mps, Told};
use crate::mps::task::{Job, TaskRequest};
use backlot_base::clock::Hold;
use backlot_base::journal::{Lane, NoticeRecord};
use backlot_base::signal::StartWanted;

/// A task that has been created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its number, from 1.
    pub number: u32,
    /// Its id.
    pub task_id: String,
}

impl Mps {
    /// Creates a task, which takes its time on the clock, and returns its number, from 1. `workflow` is the name of the
    /// workflow whose rule made the task of an upload, else empty. Must be called within a runtime.
    pub async fn submit(
        &self,
        request: TaskRequest,
        workflow: &str,
        hold: &Hold,
    ) -> Result<u32, Error> {
        let terms = Terms::default();
        let created = self.create(Asked { request, terms }, workflow, hold);
        Ok(created.await?.number)
    }

    /// Creates a task as [`Mps::submit`] does, on the terms of a client.
    pub async fn create(
        &self,
        asked: Asked,
        workflow: &str,
        hold: &Hold,
    ) -> Result<Created, Error> {
        let inner = &self.inner;
        let Asked { request, terms } = asked;
        let job = inner.look_up(request).await?;
        let now = inner.context.clock.now();
        let (created, due, round) = {
            let mut books = inner.books();
            // Under the lock: of two requests with one session id, one is refused; and a reset comes before all of it or after
            // all of it.
            inner.check_session(&job, &terms, now)?;
            let (number, planned) = inner.plan(&mut books, job, now, terms.priority)?;
            inner.keep(number, &planned, &terms, now)?;
            inner.record_created(number, workflow, &planned);
            let created = Created {
                number,
                task_id: planned.stamp.task_id.clone(),
            };
            let due = planned.stamp.timeline.begins;
            books.open.insert(number, Task::Waiting(planned));
            (created, due, books.round.clone())
        };
        let hold = hold.another(format!("task {} of MPS", created.number));
        let life = Arc::clone(inner).wait(created.number, due, hold);
        let living = round.run_until_cancelled_owned(life);
        inner.running.spawn(living.in_current_span());
        Ok(created)
    }

    /// Creates a task that finishes now, as if it had been created earlier; returns when it has been told.
    pub async fn finish_now(&self, request: TaskRequest, hold: Hold) -> Result<(), Error> {
        let inner = &self.inner;
        let start = request.start();
        let job = inner.look_up(request).await?;
        let now = inner.context.clock.now();
        let lasts = job.timeline(now).finishes.duration_since(now);
        let created = now.saturating_sub(lasts).unwrap_or(Timestamp::MIN);
        let (number, planned) = {
            let mut books = inner.books();
            let (number, planned) = inner.plan(&mut books, job, created, 0)?;
            inner.keep(number, &planned, &Terms::default(), now)?;
            (number, planned)
        };
        let began = planned.stamp.timeline.begins;
        inner.end(number, &planned, Some(began), start, &hold).await
    }
}

impl Inner {
    /// Gives a job its number, its id and its times. A job that is refused uses no number.
    fn plan(
        &self,
        books: &mut Books,
        job: Job,
        created: Timestamp,
        priority: i64,
    ) -> Result<(u32, Planned), Error> {
        let profile = job.profile().unwrap_or(self.settings.profile);
        job.check(profile)?;
        let timeline = job.timeline(created);
        let number = books.number();
        let task_id = self.task_id(number, job.event_type(), profile);
        let planned = Planned {
            stamp: Stamp { task_id, timeline },
            created,
            priority,
            job,
        };
        Ok((number, planned))
    }

    /// Writes a task into the table, as one that waits.
    fn keep(
        &self,
        number: u32,
        planned: &Planned,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let job = &planned.job;
        let (session_id, session_context) = job.session();
        let entry = Entry {
            row: Row {
                number,
                id: planned.stamp.task_id.clone(),
                kind: job.event_type().to_string(),
                status: Status::Waiting,
                created: planned.created,
                began: None,
                finished: None,
                sub_tasks: job.sub_tasks(self.settings.profile),
            },
            priority: planned.priority,
            session_id: session_id.to_owned(),
            session_context: session_context.to_owned(),
            notify: terms.notify.as_ref().map(ToString::to_string),
            has_failed: false,
            job: Some(serde_json::to_string(job).expect("a job is plain data")),
            detail: None,
        };
        self.table().insert(&entry, now)
    }

    /// Refuses a session id that was used lately. Follows: mps.md section 10.5.
    fn check_session(&self, job: &Job, terms: &Terms, now: Timestamp) -> Result<(), Error> {
        let (session_id, _) = job.session();
        if !terms.is_deduplicated || session_id.is_empty() {
            return Ok(());
        }
        let window = SignedDuration::from_hours(self.settings.session_window.hours());
        let since = now.saturating_sub(window).unwrap_or(Timestamp::MIN);
        let is_edit = matches!(job, Job::Edit { .. });
        if self.table().has_session(session_id, is_edit, since)? {
            return Err(Error::SessionUsed(session_id.to_owned()));
        }
        Ok(())
    }

    /// The time before processing begins, of a task that is in the books.
    pub(super) async fn wait(self: Arc<Self>, number: u32, due: Timestamp, hold: Hold) {
        let hold = hold.sleep_until(due).await;
        if !self.books().slots.are_limited() {
            if let Some(finishes) = self.begin(number) {
                self.process(number, finishes, hold).await;
            }
            return;
        }
        self.wait_for_a_place(number);
        // By its turn, every task that is due at this time waits, so that the best of them comes first.
        if let Some(turn) = self.host.turn(Lane::Task(number), hold).await {
            self.admit(turn.hold());
        }
    }

    fn wait_for_a_place(&self, number: u32) {
        let mut books = self.books();
        let priority = books.open.get(&number).map(|task| task.planned().priority);
        if let Some(priority) = priority {
            books.slots.wait(number, priority);
        }
    }

    /// Begins to process as many tasks as there are places for.
    fn admit(self: &Arc<Self>, hold: &Hold) {
        loop {
            let (number, round) = {
                let mut books = self.books();
                let Some(number) = books.slots.take() else {
                    return;
                };
                (number, books.round.clone())
            };
            let Some(finishes) = self.begin(number) else {
                self.books().slots.give_back();
                continue;
            };
            let hold = hold.another(format!("task {number} of MPS"));
            let life = Arc::clone(self).process_in_place(number, finishes, hold);
            let living = round.run_until_cancelled_owned(life);
            self.running.spawn(living.in_current_span());
        }
    }

    /// Processes a task that has one of a limited number of places, and gives the place to the next one.
    async fn process_in_place(self: Arc<Self>, number: u32, finishes: Timestamp, hold: Hold) {
        let after = Arc::clone(&self).process(number, finishes, hold).await;
        self.books().slots.give_back();
        if let Some(hold) = after {
            self.admit(&hold);
        }
    }

    /// Processing of a task begins, unless it is aborted. Returns when it finishes.
    fn begin(&self, number: u32) -> Option<Timestamp> {
        let now = self.context.clock.now();
        let times = {
            let mut books = self.books();
            let begun = books.open.remove(&number)?.begin(now);
            let times = begun.planned().stamp.timeline;
            books.open.insert(number, begun);
            times
        };
        if let Err(error) = self.table().begin(number, times.begins) {
            self.complain(number, &error.into());
        }
        Some(times.finishes)
    }

    /// The time from the begin of processing to the end. Returns a hold for what follows from the end; `None` if the host
    /// stops.
    async fn process(
        self: Arc<Self>,
        number: u32,
        finishes: Timestamp,
        hold: Hold,
    ) -> Option<Hold> {
        let hold = hold.sleep_until(finishes).await;
        let turn = self.host.turn(Lane::Task(number), hold).await?;
        let planned = {
            let books = self.books();
            books.open.get(&number)?.planned().clone()
        };
        let began = planned.stamp.timeline.begins;
        let ended = async {
            let planned = self.without_missing_buckets(planned).await?;
            let start = StartWanted::Any;
            self.end(number, &planned, Some(began), start, turn.hold())
                .await
        };
        if let Err(error) = ended.await {
            self.complain(number, &error);
        }
        self.books().open.remove(&number);
        let next = format!("what follows from task {number} of MPS");
        Some(turn.hold().another(next))
    }

    /// Records a task as finished, writes its outputs, and delivers its notification on instances as `start` says.
    pub(super) async fn end(
        &self,
        number: u32,
        planned: &Planned,
        began: Option<Timestamp>,
        start: StartWanted,
        hold: &Hold,
    ) -> Result<(), Error> {
        let templates = self.definitions.templates();
        let notification = planned.notification(&self.settings, &templates);
        let detail = detail::finished(planned, &notification, &self.settings, &templates);
        let event = notification.bytes();
        let Notification {
            event_type,
            task_id,
            err_code,
            outputs,
            timeline,
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
        // After its outputs are there, and before a function hears of it.
        let times = (began, timeline.finishes);
        let has_failed = detail::has_failed(&detail);
        self.table()
            .finish(number, times, has_failed, &detail.to_string())?;
        self.deliver(number, event_type, &event, start, hold).await;
        Ok(())
    }

    /// The task as it ends if there are no buckets for some of its outputs.
    async fn without_missing_buckets(&self, mut planned: Planned) -> Result<Planned, HostError> {
        let profile = self.settings.profile;
        let mut missing = Vec::new();
        for bucket in planned.job.output_buckets(profile) {
            if !self.host.has_bucket(&bucket).await? {
                missing.push(bucket);
            }
        }
        planned.job = planned.job.without_buckets(profile, &missing);
        Ok(planned)
    }

    fn complain(&self, number: u32, error: &Error) {
        let text = format!("what a task should have done did not happen: {error}");
        self.context
            .record(Lane::Task(number), NoticeRecord::Diagnostic { text });
    }
}
