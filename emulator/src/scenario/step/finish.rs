//! `finish-workflow` and `finish-edit`: MPS finishes a task now, and its trigger delivers the event.

use super::{Failure, Played};
use crate::mps::request::{EditRequest, WorkflowRequest};
use crate::scenario::play::Play;

pub(super) async fn workflow(request: &WorkflowRequest, play: &mut Play<'_>) -> Played {
    let hold = play.another_hold("a workflow task");
    let finished = play.stage.finish_workflow(request, hold).await;
    finished.map_err(|error| Failure::new(error.to_string()))
}

pub(super) async fn edit(request: &EditRequest, play: &mut Play<'_>) -> Played {
    let hold = play.another_hold("an edit task");
    let finished = play.stage.finish_edit(request, hold).await;
    finished.map_err(|error| Failure::new(error.to_string()))
}
