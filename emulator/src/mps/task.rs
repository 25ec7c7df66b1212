//! What a task is about: its id, what it is asked to do, and the sources that were found for it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use backlot_base::seed::Seed;
use backlot_base::signal::StartWanted;

use super::definitions::Templates;
use super::failure::FailureCode;
use super::notification::{EventType, Notification, Stamp, State};
use super::object::SourceObject;
use super::profile::Profile;
use super::request::{
    AiFailure, EditFailure, EditRequest, FailureRule, InvalidRequest, Source, TaskItem, TaskKind,
    WorkflowRequest,
};
use super::result::ai::Family;
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::large_enum_variant,
    reason = "most jobs are of the larger kind"
)]
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

    /// The job of an aborted task: all its sub-tasks fail.
    ///
    /// Follows: mps.md section 11.1: `InternalError`.
    #[must_use]
    pub fn aborted(mut self) -> Self {
        let code = FailureCode::internal();
        match &mut self {
            Self::Workflow { request, .. } => {
                for (_, task) in request.ai.each_mut() {
                    task.failures
                        .insert(0, AiFailure::of_all(code.clone(), None));
                }
                request.failures.insert(0, FailureRule::of_all(code));
            }
            Self::Edit { request, .. } => {
                request.failure = Some(EditFailure {
                    code,
                    message: None,
                });
            }
        }
        self
    }

    /// The job without outputs in buckets that do not exist (`missing`): sub-tasks that write there fail.
    ///
    /// Follows: mps.md section 10.1: what cannot be uploaded makes the sub-task fail. Choice: with `InternalError`, and a
    /// message that names the bucket.
    #[must_use]
    pub fn without_buckets(mut self, profile: Profile, missing: &[String]) -> Self {
        let why = |bucket: &str| format!("the bucket `{bucket}` for the output does not exist");
        let profile = self.profile().unwrap_or(profile);
        match &mut self {
            Self::Workflow { request, .. } => {
                let common = request.output_bucket();
                let rules = (1..)
                    .zip(request.tasks(profile))
                    .filter_map(|(task, item)| {
                        let bucket = item.output_bucket().unwrap_or(&common);
                        missing
                            .iter()
                            .any(|missing| missing == bucket)
                            .then(|| FailureRule {
                                task: Some(task),
                                message: Some(why(bucket)),
                                ..FailureRule::of_all(FailureCode::internal())
                            })
                    });
                let rules: Vec<_> = rules.collect();
                request.failures.splice(0..0, rules);
                for (family, task) in request.ai.each_mut() {
                    let bucket = task.output_bucket.as_ref().unwrap_or(&common);
                    if family.may_write() && missing.contains(bucket) {
                        let (code, why) = (FailureCode::internal(), why(bucket));
                        task.failures.insert(0, AiFailure::of_all(code, Some(why)));
                    }
                }
            }
            Self::Edit { request, .. } => {
                let bucket = request.output_bucket();
                if request.failure.is_none() && missing.contains(&bucket) {
                    request.failure = Some(EditFailure {
                        code: FailureCode::internal(),
                        message: Some(why(&bucket)),
                    });
                }
            }
        }
        self
    }

    /// The buckets that the job writes to, each once.
    pub fn output_buckets(&self, profile: Profile) -> Vec<String> {
        let mut buckets = match self {
            Self::Workflow { request, .. } => {
                let common = request.output_bucket();
                let tasks = request.tasks(self.profile().unwrap_or(profile));
                let media = tasks.iter().map(TaskItem::output_bucket);
                let ai = Family::ALL.into_iter().filter_map(|family| {
                    let task = family.task_of(&request.ai)?;
                    family.may_write().then_some(task.output_bucket.as_deref())
                });
                let buckets = media.chain(ai);
                buckets
                    .map(|own| own.unwrap_or(&common).to_owned())
                    .collect::<Vec<_>>()
            }
            Self::Edit { request, .. } => vec![request.output_bucket()],
        };
        buckets.sort();
        buckets.dedup();
        buckets
    }

    /// The first source, as the request names it.
    pub fn source(&self) -> Source {
        match self {
            Self::Workflow { request, .. } => request.source(),
            Self::Edit { request, .. } => {
                let first = request.files.first();
                first.map(|file| file.source.clone()).unwrap_or_default()
            }
        }
    }

    /// `SessionId` and `SessionContext`.
    pub fn session(&self) -> (&str, &str) {
        match self {
            Self::Workflow { request, .. } => (&request.session_id, &request.session_context),
            Self::Edit { request, .. } => (&request.session_id, &request.session_context),
        }
    }

    /// The kinds of sub-tasks, each once, in the words of mps.md section 11.4. An edit has none.
    pub fn sub_tasks(&self, profile: Profile) -> Vec<String> {
        let Self::Workflow { request, .. } = self else {
            return Vec::new();
        };
        let tasks = request.tasks(self.profile().unwrap_or(profile));
        let kinds = TaskKind::ALL
            .into_iter()
            .filter(|kind| tasks.iter().any(|item| item.kind() == *kind));
        let families = Family::ALL
            .into_iter()
            .filter(|family| family.task_of(&request.ai).is_some());
        let names = kinds.map(TaskKind::activity);
        let names = names.chain(families.map(Family::activity));
        names.map(str::to_owned).collect()
    }

    /// The job as the API describes it: in the modern profile, and not in an array.
    #[must_use]
    pub fn for_api(mut self, switches: &Switches) -> Self {
        let (profile, own) = match &mut self {
            Self::Workflow { request, .. } => (&mut request.profile, &mut request.switches),
            Self::Edit { request, .. } => (&mut request.profile, &mut request.switches),
        };
        *profile = Some(Profile::Modern);
        let switches = own.get_or_insert_with(|| switches.clone());
        switches.string_array = false;
        self
    }

    /// When the task runs if it is created at `created`.
    pub fn timeline(&self, created: Timestamp) -> Timeline {
        match self {
            Self::Workflow { found, .. } => workflow_event::timeline(found.as_ref(), created),
            Self::Edit { request, found } => edit_event::timeline(request, found, created),
        }
    }

    /// What is known of a task that has not finished, in the shape in which the API tells of it: nothing has ended yet.
    pub(super) fn begun(
        &self,
        stamp: Stamp,
        switches: &Switches,
        templates: &Templates,
    ) -> Notification {
        let state = State::Processing { ended: 0 };
        let profile = Profile::Modern;
        match self {
            Self::Workflow { request, found } => {
                let found = found.as_ref();
                workflow_event::in_state(state, request, found, stamp, profile, switches, templates)
            }
            Self::Edit { request, found } => {
                edit_event::in_state(state, request, found, stamp, profile, switches)
            }
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
