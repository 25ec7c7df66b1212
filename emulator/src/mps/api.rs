//! The Cloud API of MPS, version 2019-06-12: which actions there are.
//!
//! Follows: mps.md sections 1.1 and 11. None of them is played yet; each answers with the API's own error for that.

use backlot_http::cloud_api::{Action, Answered, ApiCall, ApiError, ApiService};

/// The service as the envelope knows it.
#[derive(Clone, Copy, Debug)]
pub struct MpsApi;

/// Sections 11.1 to 11.3, and the two actions of the official toolkit.
const ACTIONS: &[Action] = &[
    Action::elsewhere("BindTrigger"),
    Action::elsewhere("CreateSchedule"),
    Action::elsewhere("CreateWorkflow"),
    Action::elsewhere("DeleteSchedule"),
    Action::elsewhere("DeleteWorkflow"),
    Action::elsewhere("DescribeMediaMetaData"),
    Action::elsewhere("DescribeSchedules"),
    Action::elsewhere("DescribeTaskDetail"),
    Action::elsewhere("DescribeTasks"),
    Action::elsewhere("DescribeTranscodeTemplates"),
    Action::elsewhere("DescribeWorkflows"),
    Action::elsewhere("DisableSchedule"),
    Action::elsewhere("DisableWorkflow"),
    Action::elsewhere("EditMedia"),
    Action::elsewhere("EnableSchedule"),
    Action::elsewhere("EnableWorkflow"),
    Action::elsewhere("ManageTask"),
    Action::elsewhere("ModifySchedule"),
    Action::elsewhere("ParseNotification"),
    Action::elsewhere("ProcessMedia"),
    Action::elsewhere("ResetWorkflow"),
    Action::elsewhere("UnbindTrigger"),
];

impl ApiService for MpsApi {
    fn name(&self) -> &'static str {
        "mps"
    }

    fn version(&self) -> &'static str {
        "2019-06-12"
    }

    fn actions(&self) -> &'static [Action] {
        ACTIONS
    }

    fn call(&self, call: ApiCall) -> Answered<'_> {
        let message = format!("backlot does not play the action `{}`.", call.action);
        Box::pin(async { Err(ApiError::new("UnsupportedOperation", message)) })
    }
}
