//! MPS, where events are born.
//!
//! A request says what shall be made of which source; the mock engine makes up what media processing would have
//! found; the builders write that down as a notification, in one of two profiles; the trigger says which function
//! hears of it. Nothing here looks at real media, and nothing here reaches for COS or SCF: sources are handed in,
//! outputs and notifications are handed out as [`backlot_base::signal`]s.
//!
//! Everything but the numbering of tasks is a pure function of the request, the source and the seed.

pub mod request;

pub mod profile;
pub mod switches;

pub mod edit_event;
pub mod notification;
pub mod workflow_event;

mod meta_data;
mod result;
mod storage;

pub mod engine;
pub mod path;
pub mod template;

pub mod failure;
pub mod seconds;
pub mod timeline;

pub mod api;
pub mod placeholder;
pub mod sample;
pub mod task;
pub mod trigger;
pub mod workflow;

use jiff::Timestamp;

pub use notification::{EventType, Notification};
pub use profile::Profile;
pub use request::{EditRequest, Error, WorkflowRequest};
pub use task::Planned;
pub use trigger::{Binding, BindingRule, Bindings};
pub use workflow::Workflow;

use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, MpsRecord};
use backlot_base::signal::{InvokeWanted, SourceObject, TaskFinished};

use notification::Stamp;
use switches::Switches;

/// What holds for all tasks of a stage unless a request says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The number that task ids begin with.
    pub owner: u64,
    /// Shape of notifications.
    pub profile: Profile,
    /// Readings of the documents.
    pub switches: Switches,
    /// How many functions may be bound.
    pub binding_rule: BindingRule,
}

/// The service: numbers tasks and keeps the bindings.
#[derive(Debug)]
pub struct Mps {
    context: Context,
    settings: Settings,
    tasks: u32,
    bindings: Bindings,
}

impl Mps {
    /// A service without tasks and bindings.
    pub fn new(context: Context, settings: Settings) -> Self {
        let bindings = Bindings::new(settings.binding_rule);
        Self {
            context,
            settings,
            tasks: 0,
            bindings,
        }
    }

    /// Plans a workflow task created at `created`. `source` is the object as stored; `None` if it is missing, which
    /// makes the task fail.
    pub fn plan_workflow(
        &mut self,
        request: &WorkflowRequest,
        source: Option<&SourceObject>,
        created: Timestamp,
    ) -> Result<Planned, Error> {
        let profile = request.profile.unwrap_or(self.settings.profile);
        request.check(profile)?;
        let (number, task_id) = self.number(EventType::WorkflowTask, profile);
        let timeline = workflow_event::timeline(source, created);
        let stamp = Stamp { task_id, timeline };
        let switches = request.switches.as_ref().unwrap_or(&self.settings.switches);
        let notification = workflow_event::notification(request, source, stamp, profile, switches);
        Ok(Planned::new(&self.context, number, notification))
    }

    /// Plans an edit task created at `created`. `sources` are the objects as stored, one for each file; `None` for one
    /// that is missing.
    pub fn plan_edit(
        &mut self,
        request: &EditRequest,
        sources: &[Option<SourceObject>],
        created: Timestamp,
    ) -> Result<Planned, Error> {
        request.check()?;
        if request.files.len() != sources.len() {
            return Err(Error::SourceCount {
                files: request.files.len(),
                sources: sources.len(),
            });
        }
        let profile = request.profile.unwrap_or(self.settings.profile);
        let (number, task_id) = self.number(EventType::EditMediaTask, profile);
        let timeline = edit_event::timeline(request, sources, created);
        let stamp = Stamp { task_id, timeline };
        let switches = request.switches.as_ref().unwrap_or(&self.settings.switches);
        let notification = edit_event::notification(request, sources, stamp, profile, switches);
        Ok(Planned::new(&self.context, number, notification))
    }

    /// Plans a workflow task and finishes it at once, without waiting for its time.
    pub fn finish_workflow(
        &mut self,
        request: &WorkflowRequest,
        source: Option<&SourceObject>,
        created: Timestamp,
        hold: Hold,
    ) -> Result<TaskFinished, Error> {
        Ok(self.plan_workflow(request, source, created)?.finish(hold))
    }

    /// Plans an edit task and finishes it at once, without waiting for its time.
    pub fn finish_edit(
        &mut self,
        request: &EditRequest,
        sources: &[Option<SourceObject>],
        created: Timestamp,
        hold: Hold,
    ) -> Result<TaskFinished, Error> {
        Ok(self.plan_edit(request, sources, created)?.finish(hold))
    }

    /// Who is bound to what.
    pub fn bindings(&self) -> &Bindings {
        &self.bindings
    }

    /// Who is bound to what, to be changed.
    pub fn bindings_mut(&mut self) -> &mut Bindings {
        &mut self.bindings
    }

    /// The invocations that a finished task asks for: one for each bound function, with the same bytes. If none is
    /// bound, that is recorded, because the event ends there.
    pub fn invocations(&self, finished: &TaskFinished) -> Vec<InvokeWanted> {
        let wanted: Vec<_> = finished
            .event_type
            .parse()
            .into_iter()
            .flat_map(|event_type| self.bindings.bound_to(event_type))
            .map(|binding| InvokeWanted {
                function: binding.function.clone(),
                source: "MPS_TRIGGER".to_owned(),
                event: finished.event.clone(),
                hold: finished.hold.another("an event on its way"),
            })
            .collect();
        if wanted.is_empty() {
            let missing = MpsRecord::TriggerMissing {
                event_type: finished.event_type.clone(),
            };
            self.context.record(Lane::Task(finished.task), missing);
        }
        wanted
    }

    fn number(&mut self, event_type: EventType, profile: Profile) -> (u32, String) {
        self.tasks += 1;
        let owner = self.settings.owner;
        let id = task::task_id(self.context.seed, owner, self.tasks, event_type, profile);
        (self.tasks, id)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            owner: task::DEFAULT_OWNER,
            profile: Profile::default(),
            switches: Switches::default(),
            binding_rule: BindingRule::default(),
        }
    }
}
