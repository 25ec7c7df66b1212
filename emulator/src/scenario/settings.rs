//! From what a scenario says to the stage it is played on.

use std::sync::Arc;

use jiff::Timestamp;

use super::load::Loaded;
use super::model::{FaultAction, FaultConfig};
use crate::base::clock::DEFAULT_START;
use crate::base::seed::Seed;
use crate::config::written::Pause;
use crate::fault::{Faults, Matcher, NoFaults, Rule, Rules, Verdict};
use crate::stage::{self, Settings, StoreChoice, Time};

/// The stage for a scenario: its configuration, its clock, its seed, its faults.
pub fn for_stage(loaded: &Loaded, store: &StoreChoice) -> Result<Settings, stage::Error> {
    let start = Timestamp::from_second(DEFAULT_START).expect("the default start is a valid time");
    let mut settings = Settings::from_config(&loaded.config)?;
    settings.time = Time::Virtual {
        start: loaded.start.unwrap_or(start),
    };
    settings.seed = Seed(loaded.scenario.seed);
    settings.store = store.clone();
    settings.faults = faults(&loaded.scenario.faults);
    Ok(settings)
}

fn faults(written: &[FaultConfig]) -> Faults {
    if written.is_empty() {
        return Arc::new(NoFaults);
    }
    let rules = written.iter().enumerate();
    Arc::new(Rules::new(
        rules.map(|(index, fault)| rule(index, fault)).collect(),
    ))
}

fn rule(index: usize, fault: &FaultConfig) -> Rule {
    let on = fault.on.clone();
    Rule {
        name: fault
            .name
            .clone()
            .unwrap_or_else(|| (index + 1).to_string()),
        on: Matcher {
            service: on.service,
            operation: on.operation,
            bucket: on.bucket,
            key: on.key,
            function: on.function,
            attempt: on.attempt,
        },
        nth: fault.nth,
        times: fault.times,
        verdict: match &fault.action {
            FaultAction::Fail(fail) => Verdict::Fail {
                status: fail.status,
                code: fail.code.clone(),
            },
            FaultAction::Delay(Pause(pause)) => Verdict::Delay(*pause),
            FaultAction::Kill => Verdict::Kill,
        },
    }
}
