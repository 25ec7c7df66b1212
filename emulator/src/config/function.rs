//! How a function is written in `backlot.yaml` and in scenarios. What is left out comes from the layer below.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::cos_trigger::CosTriggerConfig;
use super::written::{Pause, Words};

/// A function as written. Every field may be left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FunctionConfig {
    /// What to run: the program and its arguments.
    pub command: Option<Words>,
    /// A cargo package whose binary `bootstrap` is built and run; an alternative to `command`.
    pub cargo: Option<String>,
    /// Where to run it, relative to the file that says so; `USER_CODE_ROOT` of the process.
    pub directory: Option<PathBuf>,
    /// Passed on in `_HANDLER`.
    pub handler: Option<String>,
    /// Memory size in MB.
    pub memory: Option<u32>,
    /// How long an invocation may take.
    pub timeout: Option<Pause>,
    /// How long the start may take.
    pub init_timeout: Option<Pause>,
    /// Real time after which an invocation counts as timed out; the whole `timeout` passes on the clock.
    pub timeout_after: Option<Pause>,
    /// Real time after which a start counts as timed out; the whole `init-timeout` passes on the clock.
    pub init_timeout_after: Option<Pause>,
    /// User variables. They add to those of the layer below.
    pub environment: BTreeMap<String, String>,
    /// Whether the function has an execution role, and so temporary credentials.
    pub role: Option<bool>,
    /// How often a failed event is tried again: 0, 1 or 2.
    pub retries: Option<u8>,
    /// How old an event may become in the queue.
    pub event_age: Option<Pause>,
    /// The dead-letter queue that takes events which are given up.
    pub dead_letter: Option<String>,
    /// How many instances may run at the same time; further events wait.
    pub instances: Option<u32>,
    /// How many events may run at the same time; further ones end with 432. Replaces `instances`.
    pub reserved_concurrency: Option<u32>,
    /// Which changes of objects make it run.
    pub cos_triggers: Option<Vec<Spanned<CosTriggerConfig>>>,
}

impl FunctionConfig {
    /// This, with what it leaves out taken from `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let runs = self.command.is_some() || self.cargo.is_some();
        let mut environment = below.environment;
        environment.extend(self.environment);
        Self {
            command: if runs { self.command } else { below.command },
            cargo: if runs { self.cargo } else { below.cargo },
            directory: self.directory.or(below.directory),
            handler: self.handler.or(below.handler),
            memory: self.memory.or(below.memory),
            timeout: self.timeout.or(below.timeout),
            init_timeout: self.init_timeout.or(below.init_timeout),
            timeout_after: self.timeout_after.or(below.timeout_after),
            init_timeout_after: self.init_timeout_after.or(below.init_timeout_after),
            environment,
            role: self.role.or(below.role),
            retries: self.retries.or(below.retries),
            event_age: self.event_age.or(below.event_age),
            dead_letter: self.dead_letter.or(below.dead_letter),
            instances: self.instances.or(below.instances),
            reserved_concurrency: self.reserved_concurrency.or(below.reserved_concurrency),
            cos_triggers: self.cos_triggers.or(below.cos_triggers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_comes_from_below() {
        let below = FunctionConfig {
            cargo: Some("backlot-handler".into()),
            memory: Some(128),
            environment: BTreeMap::from([("A".into(), "1".into()), ("B".into(), "1".into())]),
            ..FunctionConfig::default()
        };
        let above = FunctionConfig {
            command: Some(Words(vec!["python3".into()])),
            environment: BTreeMap::from([("B".into(), "2".into())]),
            ..FunctionConfig::default()
        };
        let both = above.over(below);
        assert_eq!(both.cargo, None, "a command replaces the package");
        assert_eq!(both.memory, Some(128));
        assert_eq!(both.environment["A"], "1");
        assert_eq!(both.environment["B"], "2");
    }
}
