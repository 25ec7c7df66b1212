//! What a task is about: its id, what it is asked to do, and the sources that were found for it.

use jiff::Timestamp;

use backlot_base::seed::Seed;
use backlot_base::signal::StartWanted;

use super::definitions::Templates;
use super::notification::{EventType, Notification, Stamp};
use super::object::SourceObject;
use super::profile::Profile;
use super::request::{EditRequest, InvalidRequest, WorkflowRequest};
use super::switches::Switches;
use super::timeline::Timeline;
use super::{edit_event, workflow_event};

/// The number that task ids begin with unless set otherwise; not the COS `AppId`.
pub const DEFAULT_OWNER: u64 = 2_600_000_001;

/// The id of the task of that number, from 1. Follows: mps.md section 3.
pub fn task_id(
    seed: Seed,
    owner: u64,
    number: u32,
    event_type: EventType,
    profile: Profile,
) -> String {
    let kind = match event_type {
        EventType::WorkflowTask => "WorkflowTask",
        EventType::EditMediaTask => profile.edit_kind(),
        EventType::ScheduleTask => "ScheduleTask",
    };
    let digits = seed.draw(&["mps-task", &number.to_string()]).hex(32);
    format!("{owner}-{kind}-{digits}{}", profile.id_suffix())
}

/// A task that MPS is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskRequest {
    /// Make the outputs of a workflow of one source.
    Workflow(WorkflowRequest),
    /// Cut and join files.
    Edit(EditRequest),
}

impl TaskRequest {
    /// Which instance the function is to have that gets the notification.
    pub fn start(&self) -> StartWanted {
        match self {
            Self::Workflow(request) => request.cold.into(),
            Self::Edit(request) => request.cold.into(),
        }
    }
}

/// A request with its sources as they were stored when it was made: all that the result depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// See [`TaskRequest::Workflow`].
    Workflow {
        /// The request.
        request: WorkflowRequest,
        /// Its source; `None` if it is missing, which makes the task fail.
        found: Option<SourceObject>,
    },
    /// See [`TaskRequest::Edit`].
    Edit {
        /// The request.
        request: EditRequest,
        /// Its sources, one for each file; `None` for one that is missing.
        found: Vec<Option<SourceObject>>,
    },
}

impl Job {
    /// What the notification is about.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Workflow { .. } => EventType::WorkflowTask,
            Self::Edit { .. } => EventType::EditMediaTask,
        }
    }

    /// The shape of notification that the request asks for.
    pub fn profile(&self) -> Option<Profile> {
        match self {
            Self::Workflow { request, .. } => request.profile,
            Self::Edit { request, .. } => request.profile,
        }
    }

    /// Says what is wrong with the request, if anything is.
    pub fn check(&self, profile: Profile) -> Result<(), InvalidRequest> {
        match self {
            Self::Workflow { request, .. } => request.check(profile),
            Self::Edit { request, .. } => request.check(),
        }
    }

    /// When the task runs if it is created at `created`.
    pub fn timeline(&self, created: Timestamp) -> Timeline {
        match self {
            Self::Workflow { found, .. } => workflow_event::timeline(found.as_ref(), created),
            Self::Edit { request, found } => edit_event::timeline(request, found, created),
        }
    }

    /// The result. `profile` and `switches` hold unless the request has its own.
    pub fn notification(
        &self,
        stamp: Stamp,
        profile: Profile,
        switches: &Switches,
        templates: &Templates,
    ) -> Notification {
        let profile = self.profile().unwrap_or(profile);
        match self {
            Self::Workflow { request, found } => {
                let switches = request.switches.as_ref().unwrap_or(switches);
                let found = found.as_ref();
                workflow_event::notification(request, found, stamp, profile, switches, templates)
            }
            Self::Edit { request, found } => {
                let switches = request.switches.as_ref().unwrap_or(switches);
                edit_event::notification(request, found, stamp, profile, switches)
            }
        }
    }
}
