//! What holds for all tasks of a stage.

use serde::Deserialize;

use super::definitions::Presets;
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
    /// Shape of notifications about tasks that the Cloud API makes: the legacy one has no session.
    pub api_profile: Profile,
    /// How many tasks are processed at the same time; `None` for all that there are.
    pub concurrency: Option<u32>,
    /// How long a session id is refused after its use.
    pub session_window: SessionWindow,
    /// Which transcoding presets the account has.
    pub presets: Presets,
}

/// How long a session id is refused after its use. Follows: mps.md section 9, row 15: the documents name both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionWindow {
    /// As the pages of the actions that make tasks say.
    #[default]
    ThreeDays,
    /// As the pages of the actions that tell of tasks say.
    SevenDays,
}

impl SessionWindow {
    /// The window in hours.
    pub fn hours(self) -> i64 {
        match self {
            Self::ThreeDays => 72,
            Self::SevenDays => 168,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            owner: task::DEFAULT_OWNER,
            profile: Profile::default(),
            switches: Switches::default(),
            binding_rule: BindingRule::default(),
            api_profile: Profile::Modern,
            concurrency: None,
            session_window: SessionWindow::default(),
            presets: Presets::default(),
        }
    }
}
