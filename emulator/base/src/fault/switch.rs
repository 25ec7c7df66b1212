//! A plan that can be replaced while the stage runs.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Call, FaultPlan, Faults, Rule, Rules, Tally, Verdict};

/// Asks whichever plan is in force. Clones share it.
#[derive(Clone, Debug)]
pub struct Switch {
    // Read for every call, written when the plan changes.
    plan: Arc<RwLock<Faults>>,
}

impl Switch {
    /// Begins with `plan`.
    pub fn new(plan: Faults) -> Self {
        Self {
            plan: Arc::new(RwLock::new(plan)),
        }
    }

    /// Puts other rules in force. Calls are counted anew.
    pub fn replace(&self, rules: Vec<Rule>) {
        let plan = Arc::new(Rules::new(rules));
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    fn current(&self) -> Faults {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&plan)
    }
}

impl FaultPlan for Switch {
    fn judge(&self, call: &Call<'_>) -> (Verdict, Option<String>) {
        self.current().judge(call)
    }

    fn rules(&self) -> Vec<Rule> {
        self.current().rules()
    }

    fn tallies(&self) -> Vec<Tally> {
        self.current().tallies()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Matcher, NoFaults};
    use crate::journal::Lane;

    #[test]
    fn the_plan_in_force_is_the_last_one() {
        let switch = Switch::new(Arc::new(NoFaults));
        let call = Call {
            service: "cos",
            operation: "PutObject",
            bucket: "archive-1250000000",
            key: "a",
            function: "",
            attempt: 0,
            lane: Lane::Stage,
        };
        assert_eq!(switch.judge(&call).0, Verdict::Pass);
        let rule = Rule {
            name: "cut".into(),
            on: Matcher::default(),
            nth: None,
            times: None,
            verdict: Verdict::Kill,
        };
        switch.replace(vec![rule.clone()]);
        assert_eq!(switch.judge(&call), (Verdict::Kill, Some("cut".into())));
        assert_eq!(switch.rules(), [rule]);
        switch.replace(Vec::new());
        assert_eq!(switch.judge(&call).0, Verdict::Pass);
    }
}
