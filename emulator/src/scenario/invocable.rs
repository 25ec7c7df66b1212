//! Which functions a scenario can invoke: those that a trigger or a step names. No other has to be built.

use std::collections::BTreeSet;

use serde_saphyr::Spanned;

use super::load::Loaded;
use super::step::Step;

/// The names of the functions that something in the scenario can invoke.
pub fn names(loaded: &Loaded) -> BTreeSet<String> {
    let config = &loaded.config;
    let mut names: BTreeSet<String> = config.triggers.values().cloned().collect();
    for (name, function) in &config.functions {
        let has_cos = function.cos_triggers.iter().flatten().next().is_some();
        let has_logs = function.cls_triggers.iter().flatten().next().is_some();
        if has_cos || has_logs || function.timer_triggers.iter().flatten().next().is_some() {
            names.insert(name.clone());
        }
    }
    of_steps(&loaded.scenario.steps, &mut names);
    names
}

fn of_steps(steps: &[Spanned<Step>], names: &mut BTreeSet<String>) {
    for step in steps {
        match &step.value {
            Step::SendEvent(send) => {
                names.extend(send.function.iter().map(|function| function.value.clone()));
            }
            Step::SendLogs(send) => {
                names.extend(send.function.iter().map(|function| function.value.clone()));
            }
            Step::Repeat(repeat) => of_steps(&repeat.steps, names),
            _ => {}
        }
    }
}
