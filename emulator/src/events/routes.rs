//! Which functions and workflows hear of which change of an object.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use crate::mps::Workflow;
use backlot_base::seed::Seed;
use backlot_base::signal::ObjectChanged;
use backlot_cos::event::{Shape, Trigger, payload};

/// Triggers and workflows, and how events of COS are written.
#[derive(Clone, Debug)]
pub struct Routes {
    /// Triggers of functions.
    pub triggers: Vec<Trigger>,
    /// Workflows of MPS, each with its name.
    pub workflows: Vec<(String, Workflow)>,
    /// The account's region, for example `ap-guangzhou`.
    pub region: String,
    /// Which published sample the events follow.
    pub shape: Shape,
    /// The source of chance.
    pub seed: Seed,
}

/// The routes in force, which may be replaced while changes are on their way.
#[derive(Debug)]
pub struct RouteTable {
    // Read for every change of an object, written when triggers or workflows are created.
    routes: RwLock<Arc<Routes>>,
}

impl Routes {
    /// Whether a change sets off a trigger or starts a workflow.
    pub fn leads_anywhere(&self, changed: &ObjectChanged) -> bool {
        self.triggers_of(changed).next().is_some() || self.workflows_of(changed).next().is_some()
    }

    /// The triggers that a change sets off.
    pub fn triggers_of(&self, changed: &ObjectChanged) -> impl Iterator<Item = &Trigger> {
        self.triggers
            .iter()
            .filter(move |trigger| trigger.covers(changed))
    }

    /// The workflows that a change starts, with their names.
    pub fn workflows_of(
        &self,
        changed: &ObjectChanged,
    ) -> impl Iterator<Item = &(String, Workflow)> {
        self.workflows
            .iter()
            .filter(move |(_, workflow)| workflow.starts_on(changed))
    }

    /// The event that a trigger sends.
    pub fn event(&self, trigger: &Trigger, changed: &ObjectChanged) -> Bytes {
        payload(
            changed,
            &self.region,
            &trigger.target,
            self.shape,
            self.seed,
        )
    }
}

impl RouteTable {
    /// A table that begins with `routes`.
    pub fn new(routes: Routes) -> Self {
        Self {
            routes: RwLock::new(Arc::new(routes)),
        }
    }

    /// The routes in force. A change that is carried keeps those of its beginning.
    pub fn current(&self) -> Arc<Routes> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&routes)
    }

    /// Whether a change leads anywhere now.
    pub fn leads_anywhere(&self, changed: &ObjectChanged) -> bool {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        routes.leads_anywhere(changed)
    }

    /// Changes the routes for everything that follows.
    pub fn change<T>(&self, change: impl FnOnce(&mut Routes) -> T) -> T {
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut routes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_that_is_added_hears_of_the_next_upload() {
        let table = RouteTable::new(Routes {
            triggers: Vec::new(),
            workflows: Vec::new(),
            region: "ap-guangzhou".into(),
            shape: Shape::default(),
            seed: Seed(1),
        });
        let upload = ObjectChanged::put("in-1250000000", "a.mp4");
        assert!(!table.leads_anywhere(&upload));
        let before = table.current();
        let workflow: Workflow = serde_saphyr::from_str("bucket: in-1250000000").unwrap();
        table.change(|routes| routes.workflows.push(("all".into(), workflow)));
        assert!(table.leads_anywhere(&upload));
        assert!(!before.leads_anywhere(&upload));
    }
}
