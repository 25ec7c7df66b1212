//! Who is to hear of which change of an object.

use bytes::Bytes;

use crate::mps::Workflow;
use backlot_base::seed::Seed;
use backlot_base::signal::ObjectChanged;
use backlot_cos::event::{Shape, Trigger, payload};

/// What the stage knows about triggers and workflows; it does not change while it runs.
#[derive(Clone, Debug)]
pub(super) struct Routes {
    pub(super) triggers: Vec<Trigger>,
    /// By name.
    pub(super) workflows: Vec<(String, Workflow)>,
    pub(super) region: String,
    pub(super) shape: Shape,
    pub(super) seed: Seed,
}

impl Routes {
    /// Whether nobody will ever hear of anything.
    pub(super) fn is_empty(&self) -> bool {
        self.triggers.is_empty() && self.workflows.is_empty()
    }

    /// Whether anybody is to hear of this.
    pub(super) fn leads_anywhere(&self, changed: &ObjectChanged) -> bool {
        self.triggers_of(changed).next().is_some() || self.workflows_of(changed).next().is_some()
    }

    /// The triggers that a change sets off.
    pub(super) fn triggers_of(&self, changed: &ObjectChanged) -> impl Iterator<Item = &Trigger> {
        self.triggers
            .iter()
            .filter(move |trigger| trigger.covers(changed))
    }

    /// The workflows that a change starts, with their names.
    pub(super) fn workflows_of(
        &self,
        changed: &ObjectChanged,
    ) -> impl Iterator<Item = &(String, Workflow)> {
        self.workflows
            .iter()
            .filter(move |(_, workflow)| workflow.takes(changed))
    }

    /// The event that a trigger sends.
    pub(super) fn event(&self, trigger: &Trigger, changed: &ObjectChanged) -> Bytes {
        payload(
            changed,
            &self.region,
            &trigger.function,
            self.shape,
            self.seed,
        )
    }
}
