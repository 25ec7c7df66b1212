//! A scenario as people write it: what is in force, what goes wrong, and what happens step by step.
//!
//! Each step is a mapping with one key, its kind; so a mistake in it has an exact place.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::step::Step;
use crate::config::{AccountConfig, EgressConfig, FaultConfig, FunctionConfig, StubConfig};
use crate::mps::Workflow;
use backlot_cos::event::Shape;

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
    /// MPS workflows by name: uploads that start a task.
    #[serde(default)]
    pub workflows: BTreeMap<String, Spanned<Workflow>>,
    /// Which of the samples events of COS are like.
    #[serde(default)]
    pub cos_events: Option<Shape>,
    /// So many events may follow from one another before the chain is stopped.
    #[serde(default)]
    pub chain_limit: Option<u32>,
    /// Hosts of one's own, each with the full name of its bucket.
    #[serde(default)]
    pub domains: BTreeMap<String, Spanned<String>>,
    /// What the buckets hold from the start: a folder of `<bucket>/<key…>` beside the scenario, or a saved state.
    #[serde(default)]
    pub import: Option<Spanned<String>>,
    /// Where the archive oracle looks.
    #[serde(default)]
    pub archive: ArchiveConfig,
    /// The scenario is about losing events: a drop is no failure.
    #[serde(default)]
    pub may_lose: bool,
    /// What goes wrong, asked in order.
    #[serde(default)]
    pub faults: Vec<FaultConfig>,
    /// What answers for other hosts, asked in order, before what `backlot.yaml` says.
    #[serde(default)]
    pub stubs: Vec<StubConfig>,
    /// Which calls to other hosts may leave the machine.
    #[serde(default)]
    pub egress: Option<EgressConfig>,
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

fn default_seed() -> u64 {
    1
}
