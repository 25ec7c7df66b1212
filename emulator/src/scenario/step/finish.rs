//! `finish-workflow` and `finish-edit`: MPS finishes a task now, and its trigger delivers the event.

use crate::mps::{EditRequest, TaskRequest, WorkflowRequest};
use crate::scenario::failure::{Failure, Played};
use crate::scenario::play::Play;
use backlot_base::clock::Hold;

pub(super) async fn workflow(request: &WorkflowRequest, play: &mut Play<'_>) -> Played {
    let hold = play.another_hold("a workflow task");
    finish(TaskRequest::Workflow(request.clone()), play, hold).await
}

pub(super) async fn edit(request: &EditRequest, play: &mut Play<'_>) -> Played {
    let hold = play.another_hold("an edit task");
    finish(TaskRequest::Edit(request.clone()), play, hold).await
}

async fn finish(request: TaskRequest, play: &mut Play<'_>, hold: Hold) -> Played {
    let finished = play.stage.finish(request, hold).await;
    finished.map_err(|error| Failure::new(error.to_string()))
}
