//! What holds for all tasks of a stage.

use super::profile::Profile;
use super::switches::Switches;
use super::task;
use super::trigger::BindingRule;

/// What holds for all tasks of a stage unless a request says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The number that task ids begin with.
    pub owner: u64,
    /// Shape of notifications.
    pub profile: Profile,
    /// Readings of the documents.
    pub switches: Switches,
    /// How many functions may be bound.
    pub binding_rule: BindingRule,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            owner: task::DEFAULT_OWNER,
            profile: Profile::default(),
            switches: Switches::default(),
            binding_rule: BindingRule::default(),
        }
    }
}
