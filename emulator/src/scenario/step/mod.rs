//! The acts of a scenario, one kind a file.

mod expect_calls;
mod expect_dead_letters;
mod expect_findings;
mod expect_invocation;
mod expect_object;
mod finish;
mod object;
mod repeat;
mod send_event;
mod send_logs;
mod wait;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_saphyr::Spanned;

pub use expect_calls::ExpectCalls;
pub use expect_dead_letters::ExpectDeadLetters;
pub use expect_findings::ExpectFindings;
pub use expect_invocation::ExpectInvocation;
pub use expect_object::ExpectObject;
pub use object::{DeleteObject, PutObject};
pub use repeat::Repeat;
pub use send_event::{Redeliver, SendEvent};
pub use send_logs::SendLogs;
pub use wait::Wait;

use super::failure::StepResult;
use super::step_context::StepContext;
use crate::config::yaml::span_of;
use crate::mps::request::{EditRequest, WorkflowRequest};

/// One step: a mapping with one key, its kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// MPS finishes a workflow task; its trigger delivers the event.
    FinishWorkflow(Box<WorkflowRequest>),
    /// MPS finishes an edit task; its trigger delivers the event.
    FinishEdit(Box<EditRequest>),
    /// Any event goes straight to a function's asynchronous queue.
    SendEvent(SendEvent),
    /// CLS delivers records of a log topic.
    SendLogs(SendLogs),
    /// An event that was delivered before is delivered once more.
    Redeliver(Redeliver),
    /// Several steps, several times.
    Repeat(Repeat),
    /// Time passes.
    Wait(Wait),
    /// An object is written to COS.
    PutObject(PutObject),
    /// An object is removed from COS.
    DeleteObject(DeleteObject),
    /// Objects are there, as described.
    ExpectObject(ExpectObject),
    /// An invocation went as described.
    ExpectInvocation(ExpectInvocation),
    /// A dead-letter queue holds a number of messages.
    ExpectDeadLetters(ExpectDeadLetters),
    /// The run shows something about a function, as described.
    ExpectFindings(ExpectFindings),
    /// Other hosts were called, as described.
    ExpectCalls(Box<ExpectCalls>),
}

impl Step {
    /// The kind, as written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FinishWorkflow(_) => "finish-workflow",
            Self::FinishEdit(_) => "finish-edit",
            Self::SendEvent(_) => "send-event",
            Self::SendLogs(_) => "send-logs",
            Self::Redeliver(_) => "redeliver",
            Self::Repeat(_) => "repeat",
            Self::Wait(_) => "wait",
            Self::PutObject(_) => "put-object",
            Self::DeleteObject(_) => "delete-object",
            Self::ExpectObject(_) => "expect-object",
            Self::ExpectInvocation(_) => "expect-invocation",
            Self::ExpectDeadLetters(_) => "expect-dead-letters",
            Self::ExpectFindings(_) => "expect-findings",
            Self::ExpectCalls(_) => "expect-calls",
        }
    }

    /// Does it. What of a claim does not hold is noted in the context and no failure of the step.
    pub fn run<'a>(&'a self, context: &'a mut StepContext<'_>) -> BoxFuture<'a, StepResult> {
        Box::pin(async move {
            match self {
                Self::FinishWorkflow(request) => finish::workflow(request, context).await,
                Self::FinishEdit(request) => finish::edit(request, context).await,
                Self::SendEvent(step) => step.run(context),
                Self::SendLogs(step) => step.run(context),
                Self::Redeliver(step) => step.run(context),
                Self::Repeat(step) => step.run(context).await,
                Self::Wait(step) => step.run(context).await,
                Self::PutObject(step) => step.run(context).await,
                Self::DeleteObject(step) => step.run(context).await,
                Self::ExpectObject(claim) => {
                    let found = claim.check(context).await?;
                    context.note(found);
                    Ok(())
                }
                Self::ExpectInvocation(claim) => {
                    let found = claim.check(context).await?;
                    context.note(found);
                    Ok(())
                }
                Self::ExpectDeadLetters(claim) => {
                    let found = claim.check(context).await?;
                    context.note(found);
                    Ok(())
                }
                Self::ExpectFindings(claim) => {
                    let found = claim.check(context).await?;
                    context.note(found);
                    Ok(())
                }
                Self::ExpectCalls(claim) => {
                    let found = claim.check(context).await?;
                    context.note(found);
                    Ok(())
                }
            }
        })
    }
}

/// Does several steps, one after the other.
///
/// # Errors
///
/// The first act that fails, or claim that cannot be looked at; what follows would only tell of its absence. The context still
/// knows the place.
pub async fn run_all(steps: &[Spanned<Step>], context: &mut StepContext<'_>) -> StepResult {
    for step in steps {
        context.visit(span_of(&step.referenced));
        step.value.run(context).await?;
    }
    Ok(())
}
