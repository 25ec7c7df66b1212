//! `finish-workflow` and `finish-edit`: MPS finishes a task now, and its trigger delivers the event.

use crate::mps::{EditRequest, TaskRequest, WorkflowRequest};
use crate::scenario::failure::{Failure, StepResult};
use crate::scenario::step_context::StepContext;
use backlot_base::clock::Hold;

pub(super) async fn workflow(
    request: &WorkflowRequest,
    context: &mut StepContext<'_>,
) -> StepResult {
    let hold = context.another_hold("a workflow task");
    finish(TaskRequest::Workflow(request.clone()), context, hold).await
}

pub(super) async fn edit(request: &EditRequest, context: &mut StepContext<'_>) -> StepResult {
    let hold = context.another_hold("an edit task");
    finish(TaskRequest::Edit(request.clone()), context, hold).await
}

async fn finish(request: TaskRequest, context: &mut StepContext<'_>, hold: Hold) -> StepResult {
    let finished = context.stage.finish(request, hold).await;
    finished.map_err(|error| Failure::new(error.to_string()))
}
