//! The Cloud API of MPS, version 2019-06-12: which actions there are.
//!
//! `process_media` makes tasks and `tasks` tells of them, `media_meta_data` looks at a file; `triggers` binds functions,
//! `parse_notification` reads events, `templates` are templates of every family. An action without a handler is answered by the envelope.
//! Follows: mps.md sections 1.1 and 11.

mod media_meta_data;
mod parse_notification;
mod process_media;
mod tasks;
mod template_answer;
mod template_filter;
mod templates;
mod triggers;

use std::sync::LazyLock;

use super::Mps;
use backlot_http::cloud_api::{Action, ApiService, at_once};

/// Sections 11.1 to 11.3, and the two actions of the official toolkit.
const TASKS: &[Action<Mps>] = &[
    Action::supported("BindTrigger", |mps, call| {
        at_once(triggers::bind(mps, &call))
    }),
    Action::unsupported("CreateSchedule"),
    Action::unsupported("CreateWorkflow"),
    Action::unsupported("DeleteSchedule"),
    Action::unsupported("DeleteWorkflow"),
    Action::supported("DescribeMediaMetaData", |mps, call| {
        Box::pin(media_meta_data::describe_media_meta_data(mps, call))
    }),
    Action::unsupported("DescribeSchedules"),
    Action::unsupported("DescribeStreamLinkRegions"),
    Action::supported("DescribeTaskDetail", |mps, call| {
        at_once(tasks::describe_task_detail(mps, &call))
    }),
    Action::supported("DescribeTasks", |mps, call| {
        at_once(tasks::describe_tasks(mps, &call))
    }),
    Action::unsupported("DescribeWorkflows"),
    Action::unsupported("DisableSchedule"),
    Action::unsupported("DisableWorkflow"),
    Action::supported("EditMedia", |mps, call| {
        Box::pin(process_media::edit_media(mps, call))
    }),
    Action::unsupported("EnableSchedule"),
    Action::unsupported("EnableWorkflow"),
    Action::supported("ManageTask", |mps, call| {
        Box::pin(tasks::manage_task(mps, call))
    }),
    Action::unsupported("ModifySchedule"),
    Action::supported("ParseNotification", |_, call| {
        at_once(parse_notification::parse_notification(&call))
    }),
    Action::unsupported("ProcessLiveStream"),
    Action::supported("ProcessMedia", |mps, call| {
        Box::pin(process_media::process_media(mps, call))
    }),
    Action::unsupported("ResetWorkflow"),
    Action::supported("UnbindTrigger", |mps, call| {
        at_once(triggers::unbind(mps, &call))
    }),
];

/// All actions, of one file after the other.
static ACTIONS: LazyLock<Vec<Action<Mps>>> = LazyLock::new(|| [TASKS, templates::ACTIONS].concat());

impl ApiService for Mps {
    fn name(&self) -> &'static str {
        "mps"
    }

    fn version(&self) -> &'static str {
        "2019-06-12"
    }

    fn actions() -> &'static [Action<Self>] {
        &ACTIONS
    }
}
