//! Which function is invoked for which tasks. Follows: mps.md sections 1 and 1.1.

use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;

use super::notification::EventType;
use backlot_base::signal::FunctionTarget;

/// A function that is invoked when a task of one type has finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The type of task.
    pub event_type: EventType,
    /// The function.
    pub target: FunctionTarget,
    /// Whether it is invoked. One that is not keeps its place.
    pub is_enabled: bool,
}

/// How many bindings an account may have. The documents disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindingRule {
    /// One for each event type, as the practice pages say.
    #[default]
    PerEventType,
    /// One in all, as the trigger page says.
    PerAccount,
    /// Any number: every bound function is invoked.
    Off,
}

/// Another function is bound already.
///
/// Choice: the Cloud API's code for this is not known; `ResourceInUse` is the guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{function}` is already bound to `{event_type}`")]
pub struct AlreadyBound {
    /// The type that is taken.
    pub event_type: EventType,
    /// The function that has it.
    pub function: FunctionTarget,
}

/// All bindings of the account; clones are the same bindings.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    rule: BindingRule,
    // A plain mutex: it is held for a look at a few bindings, and never across an await.
    bound: Arc<Mutex<Vec<Binding>>>,
}

impl Bindings {
    /// No bindings yet.
    pub fn new(rule: BindingRule) -> Self {
        Self {
            rule,
            bound: Arc::default(),
        }
    }

    /// Binds a function, unless the rule has no room for it. The same binding twice is refused under every rule.
    pub fn bind(&self, binding: Binding) -> Result<(), AlreadyBound> {
        let mut all = self.bound();
        let rival = all.iter().find(|bound| match self.rule {
            BindingRule::PerAccount => true,
            BindingRule::PerEventType => bound.event_type == binding.event_type,
            BindingRule::Off => bound.is_for(&binding),
        });
        if let Some(rival) = rival {
            return Err(AlreadyBound {
                event_type: rival.event_type,
                function: rival.target.clone(),
            });
        }
        all.push(binding);
        Ok(())
    }

    /// Removes a binding; `false` if there was no such binding.
    pub fn unbind(&self, binding: &Binding) -> bool {
        let mut all = self.bound();
        let before = all.len();
        all.retain(|bound| !bound.is_for(binding));
        all.len() < before
    }

    /// The functions that are invoked for a type of task, in the order of binding.
    pub fn bound_to(&self, event_type: EventType) -> Vec<FunctionTarget> {
        let all = self.bound();
        let bound = all.iter().filter(|bound| bound.event_type == event_type);
        let enabled = bound.filter(|bound| bound.is_enabled);
        enabled.map(|bound| bound.target.clone()).collect()
    }

    fn bound(&self) -> MutexGuard<'_, Vec<Binding>> {
        self.bound
            .lock()
            .expect("no code panics while it changes bindings")
    }
}

impl Binding {
    /// A binding of the default version in the default namespace.
    pub fn new(event_type: EventType, function: impl Into<String>) -> Self {
        Self {
            event_type,
            target: FunctionTarget::named(function),
            is_enabled: true,
        }
    }

    /// Whether it is the same binding, in force or not.
    fn is_for(&self, other: &Self) -> bool {
        (self.event_type, &self.target) == (other.event_type, &other.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EventType::{EditMediaTask, WorkflowTask};

    fn bind_all(rule: BindingRule, wanted: &[(EventType, &str)]) -> (Bindings, Vec<bool>) {
        let bindings = Bindings::new(rule);
        let outcomes = wanted
            .iter()
            .map(|(event_type, function)| {
                bindings.bind(Binding::new(*event_type, *function)).is_ok()
            })
            .collect();
        (bindings, outcomes)
    }

    #[test]
    fn each_rule_has_its_room() {
        let wanted = [
            (WorkflowTask, "a"),
            (EditMediaTask, "a"),
            (WorkflowTask, "b"),
            (WorkflowTask, "a"),
        ];
        for (rule, expected) in [
            (BindingRule::PerEventType, [true, true, false, false]),
            (BindingRule::PerAccount, [true, false, false, false]),
            (BindingRule::Off, [true, true, true, false]),
        ] {
            assert_eq!(bind_all(rule, &wanted).1, expected, "{rule:?}");
        }
    }

    #[test]
    fn a_binding_that_is_taken_away_makes_room() {
        let (bindings, _) = bind_all(BindingRule::PerEventType, &[(WorkflowTask, "a")]);
        let refused = bindings.bind(Binding::new(WorkflowTask, "b")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`a` is already bound to `WorkflowTask`"
        );
        assert!(bindings.unbind(&Binding::new(WorkflowTask, "a")));
        assert!(!bindings.unbind(&Binding::new(WorkflowTask, "a")));
        bindings.bind(Binding::new(WorkflowTask, "b")).unwrap();
        let bound = bindings.bound_to(WorkflowTask);
        assert_eq!(bound, [FunctionTarget::named("b")]);
        assert_eq!(bindings.bound_to(EditMediaTask), []);
    }

    #[test]
    fn a_binding_that_is_not_in_force_keeps_its_place() {
        let bindings = Bindings::default();
        let mut binding = Binding::new(WorkflowTask, "a");
        binding.is_enabled = false;
        bindings.bind(binding).unwrap();
        assert_eq!(bindings.bound_to(WorkflowTask), []);
        bindings.bind(Binding::new(WorkflowTask, "b")).unwrap_err();
        assert!(bindings.unbind(&Binding::new(WorkflowTask, "a")));
    }
}
