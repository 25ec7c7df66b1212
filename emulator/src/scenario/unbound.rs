//! Events that reached no function, although the configuration does not say that they need not.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::outcome::Outcome;
use crate::config::Config;
use backlot_base::journal::{MpsRecord, What};

/// A failure for each type of event that was sent and is bound to no function. `TYPE: null` under `triggers:` allows it.
pub fn violations(outcome: &Outcome, config: &Config) -> Vec<Failure> {
    let records = outcome.records.iter();
    let missing: BTreeSet<&str> = records
        .filter_map(|record| match &record.what {
            What::Mps(MpsRecord::TriggerMissing { event_type }) => Some(event_type.as_str()),
            _ => None,
        })
        .filter(|event_type| !config.triggers.is_removed(event_type))
        .collect();
    let failures = missing.into_iter().map(|event_type| {
        let title = format!("no function is bound to `{event_type}`, so its events were not delivered");
        let function = config.functions.keys().next();
        let function = function.map_or("FUNCTION", String::as_str);
        Failure::new(title).hint(format!(
            "bind one: `triggers: {{ {event_type}: {function} }}`; or say that none is: `triggers: {{ {event_type}: null }}`"
        ))
    });
    failures.collect()
}
