//! Which function is invoked for which tasks. Follows: mps.md sections 1 and 1.1.

use serde::Deserialize;

use super::notification::EventType;

/// A function that is invoked when a task of one type has finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The type of task.
    pub event_type: EventType,
    /// The function's name.
    pub function: String,
    /// The function's namespace, usually `default`.
    pub namespace: String,
    /// A version or alias, usually `$DEFAULT`.
    pub qualifier: String,
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
    pub function: String,
}

/// All bindings of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    rule: BindingRule,
    bound: Vec<Binding>,
}

impl Bindings {
    /// No bindings yet.
    pub fn new(rule: BindingRule) -> Self {
        Self {
            rule,
            bound: Vec::new(),
        }
    }

    /// Binds a function, unless the rule has no room for it. The same binding twice is refused under every rule.
    pub fn bind(&mut self, binding: Binding) -> Result<(), AlreadyBound> {
        let rival = self.bound.iter().find(|bound| match self.rule {
            BindingRule::PerAccount => true,
            BindingRule::PerEventType => bound.event_type == binding.event_type,
            BindingRule::Off => **bound == binding,
        });
        if let Some(rival) = rival {
            return Err(AlreadyBound {
                event_type: rival.event_type,
                function: rival.function.clone(),
            });
        }
        self.bound.push(binding);
        Ok(())
    }

    /// Removes a binding; `false` if there was no such binding.
    pub fn unbind(&mut self, binding: &Binding) -> bool {
        let before = self.bound.len();
        self.bound.retain(|bound| bound != binding);
        self.bound.len() < before
    }

    /// The bindings of a type of task, in the order of binding.
    pub fn bound_to(&self, event_type: EventType) -> impl Iterator<Item = &Binding> {
        self.bound
            .iter()
            .filter(move |bound| bound.event_type == event_type)
    }
}

impl Binding {
    /// A binding of the default version in the default namespace.
    pub fn new(event_type: EventType, function: impl Into<String>) -> Self {
        Self {
            event_type,
            function: function.into(),
            namespace: "default".into(),
            qualifier: "$DEFAULT".into(),
        }
    }

    /// `ResourceId` of the binding, of which only the end is documented.
    pub fn resource_id(&self, uin: &str) -> String {
        format!("qcs::mps::uin/{uin}:TriggerType/{}Event", self.event_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EventType::{EditMediaTask, WorkflowTask};

    fn bind_all(rule: BindingRule, wanted: &[(EventType, &str)]) -> (Bindings, Vec<bool>) {
        let mut bindings = Bindings::new(rule);
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
        let (mut bindings, _) = bind_all(BindingRule::PerEventType, &[(WorkflowTask, "a")]);
        let refused = bindings.bind(Binding::new(WorkflowTask, "b")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`a` is already bound to `WorkflowTask`"
        );
        assert!(bindings.unbind(&Binding::new(WorkflowTask, "a")));
        assert!(!bindings.unbind(&Binding::new(WorkflowTask, "a")));
        bindings.bind(Binding::new(WorkflowTask, "b")).unwrap();
        let bound: Vec<_> = bindings.bound_to(WorkflowTask).collect();
        assert_eq!(bound[0].function, "b");
        assert_eq!(bindings.bound_to(EditMediaTask).count(), 0);
    }

    #[test]
    fn the_resource_id_ends_as_the_toolkit_expects() {
        let id = Binding::new(EditMediaTask, "a").resource_id("100000000001");
        assert!(id.ends_with("TriggerType/EditMediaTaskEvent"));
    }
}
