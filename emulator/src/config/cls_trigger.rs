//! How the triggers of a function on log topics are written.

use serde::Deserialize;

use crate::scf::triggers::{InvalidTrigger, Source, Trigger};
use backlot_base::signal::FunctionTarget;

/// What makes a function run: records of a log topic, which the step `send-logs` delivers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClsTriggerConfig {
    /// The id of the topic.
    pub topic: String,
    /// The version or alias that runs; `$DEFAULT` if left out.
    #[serde(default)]
    pub qualifier: Option<String>,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

impl ClsTriggerConfig {
    /// What is meant.
    pub fn trigger(&self, function: &str) -> Result<Trigger, InvalidTrigger> {
        let target = FunctionTarget::named(function).at(self.qualifier.as_deref());
        let source = Source::topic(&self.topic);
        let name = source.name(&self.topic)?;
        Ok(Trigger::new(name, target, source).enabled(self.enabled))
    }
}
