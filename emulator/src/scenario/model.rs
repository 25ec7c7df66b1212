//! A scenario as people write it: what is in force, what goes wrong, and what happens step by step.
//!
//! Each step is a mapping with one key, its kind; so a mistake in it has an exact place.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::step::Step;
use crate::config::written::Pause;
use crate::config::{AccountConfig, FunctionConfig};

/// A scenario file, as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// What it is about, in one sentence.
    #[serde(default)]
    pub about: String,
    /// The seed of ids and chance; 1 if left out.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// When the run begins on its own clock, for example `2024-01-01T00:00:00Z`.
    #[serde(default)]
    pub start: Option<Spanned<String>>,
    /// Who owns everything.
    #[serde(default)]
    pub account: AccountConfig,
    /// Buckets that exist from the start.
    #[serde(default)]
    pub buckets: Option<Vec<String>>,
    /// Functions, or what is different in this scenario about those of the configuration.
    #[serde(default)]
    pub functions: BTreeMap<String, FunctionConfig>,
    /// Which function takes which type of MPS event.
    #[serde(default)]
    pub triggers: Option<BTreeMap<String, String>>,
    /// Where the archive oracle looks.
    #[serde(default)]
    pub archive: ArchiveConfig,
    /// The scenario is about losing events: a drop is no failure.
    #[serde(default)]
    pub may_lose: bool,
    /// What goes wrong, asked in order.
    #[serde(default)]
    pub faults: Vec<FaultConfig>,
    /// What happens.
    pub steps: Vec<Spanned<Step>>,
}

/// Where the function under test keeps its archive.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ArchiveConfig {
    /// The bucket's full name; `archive-<APPID>` if left out.
    pub bucket: Option<String>,
    /// Keys begin with this.
    pub prefix: String,
}

/// One rule of planned trouble.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FaultConfig {
    /// How records name it; its position if left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Which calls it is about; all if left out.
    #[serde(default)]
    pub on: CallConfig,
    /// Only the n-th matching call of an invocation, from 1.
    #[serde(default)]
    pub nth: Option<u32>,
    /// At most so many times for an invocation.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    #[serde(rename = "do")]
    pub action: FaultAction,
}

/// Which calls a rule is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CallConfig {
    /// `cos` or `scf`.
    pub service: Option<String>,
    /// For example `PutObject`; `Attempt` for a function.
    pub operation: Option<String>,
    /// The bucket's full name.
    pub bucket: Option<String>,
    /// A key in which `*` stands for any text.
    pub key: Option<String>,
    /// The function that makes or takes the call.
    pub function: Option<String>,
    /// The attempt during which it is made, from 1.
    pub attempt: Option<u32>,
}

/// What a rule does to a call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum FaultAction {
    /// The service answers with this error.
    Fail(FailConfig),
    /// The service takes so long.
    Delay(Pause),
    /// The connection is cut, or the instance killed.
    Kill,
}

/// An error to answer with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailConfig {
    /// HTTP or SCF status.
    pub status: u16,
    /// The service's error code.
    #[serde(default)]
    pub code: String,
}

fn default_seed() -> u64 {
    1
}
