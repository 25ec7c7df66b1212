//! What a stage is made of: configuration as meant, checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::{Error, Secrets};
use crate::config::{ByName, Config, EgressConfig, NameLimitConfig};
use crate::mps::{self, Workflow};
use crate::scf::triggers::{DEFAULT_ZONE, Source, Trigger, cos_trigger_name};
use crate::scf::{Account, AsyncRetries, Function};
use crate::stub::Stub;
use backlot_base::clock::Clock;
use backlot_base::fault::{Faults, NoFaults, Rules};
use backlot_base::journal::Limit;
use backlot_base::seed::Seed;
use backlot_base::signal::FunctionTarget;
use backlot_cos::event::Shape;
use backlot_cos::store::{Durability, Kind};
use backlot_cos::{NameLimit, OldBuckets};
use backlot_http::egress::EgressPolicy;

/// The length at which a chain of events counts as endless, unless the configuration says otherwise.
pub const CHAIN_LIMIT: u32 = 16;

/// The region of the account, unless the configuration says otherwise.
const REGION: &str = "ap-guangzhou";

/// Everything that a stage is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account that owns everything.
    pub account: Account,
    /// Buckets that exist from the start.
    pub buckets: Vec<String>,
    /// The functions.
    pub functions: Vec<Function>,
    /// Which function takes which type of MPS event.
    pub triggers: BTreeMap<String, String>,
    /// What else makes functions run: changes of objects, time, and logs.
    pub function_triggers: Vec<Trigger>,
    /// The offset from UTC in which cron expressions are read.
    pub timer_zone: Offset,
    /// Which published sample events of COS follow.
    pub cos_events: Shape,
    /// MPS workflows by name: uploads that start a task.
    pub workflows: Vec<(String, Workflow)>,
    /// How MPS treats tasks.
    pub mps: mps::Settings,
    /// The number of events that may follow from one another before the chain is stopped.
    pub chain_limit: u32,
    /// Whether conditions count when objects are written or removed.
    pub conditional_writes: bool,
    /// Whether an object may be copied onto itself without replacing its metadata.
    pub copy_in_place: bool,
    /// The pauses before retries of asynchronous events after 432 and 500.
    pub async_retries: AsyncRetries,
    /// Custom hosts, each with the full name of its bucket.
    pub domains: BTreeMap<String, String>,
    /// The buckets that count as created before 2024-01-01.
    pub old_buckets: OldBuckets,
    /// How long names of new buckets may be.
    pub name_limit: NameLimit,
    /// How time passes.
    pub time: Time,
    /// The source of chance.
    pub seed: Seed,
    /// What keys, tokens and passwords are drawn from.
    pub secrets: Secrets,
    /// The plan of faults.
    pub faults: Faults,
    /// Stubs for other hosts; the first that matches answers.
    pub stubs: Vec<Stub>,
    /// Which calls to other hosts may leave the machine.
    pub egress: EgressPolicy,
    /// Where and how objects are kept.
    pub store: StoreChoice,
    /// How many records the journal keeps.
    pub journal: Limit,
    /// Where the front door listens; port 0 lets the system pick one.
    pub listen: SocketAddr,
}

/// How time passes on a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Time is that of the wall clock.
    Real,
    /// Time stands still during work and jumps to the next timer when all work is done.
    Virtual {
        /// The time at the start.
        start: Timestamp,
    },
}

/// Where and how objects are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreChoice {
    /// What keeps them.
    pub kind: Kind,
    /// The folder; a temporary one if `None`.
    pub folder: Option<PathBuf>,
    /// What an acknowledged write survives.
    pub durability: Durability,
}

impl Settings {
    /// A stage on the embedded defaults and `config`, on virtual time, with objects in memory.
    pub fn from_config(config: &Config) -> Result<Self, Error> {
        let account = &config.account;
        let functions = config.functions.iter();
        let functions: Result<Vec<_>, _> = functions
            .map(|(name, written)| {
                let function = written.function(name);
                function.check().map(|()| function)
            })
            .collect();
        Ok(Self {
            account: Account {
                app_id: account.app_id.unwrap_or(1_250_000_000),
                uin: account
                    .uin
                    .clone()
                    .unwrap_or_else(|| "100000000001".to_owned()),
                region: account.region.clone().unwrap_or_else(|| REGION.to_owned()),
            },
            buckets: config.buckets.clone().unwrap_or_default(),
            functions: functions?,
            triggers: BTreeMap::clone(&config.triggers),
            function_triggers: function_triggers(config)?,
            timer_zone: config.timer_zone.map_or(DEFAULT_ZONE, |zone| zone.0),
            cos_events: config.cos_events.unwrap_or_default(),
            workflows: config
                .workflows
                .iter()
                .map(|(name, workflow)| (name.clone(), workflow.value.clone()))
                .collect(),
            mps: config.mps.settings(),
            chain_limit: config.chain_limit.unwrap_or(CHAIN_LIMIT),
            conditional_writes: config.conditional_writes.unwrap_or_default(),
            copy_in_place: config.copy_in_place.unwrap_or_default(),
            async_retries: config.async_retries.unwrap_or_default(),
            domains: config
                .domains
                .iter()
                .map(|(host, bucket)| (host.clone(), bucket.value.clone()))
                .collect(),
            old_buckets: config.buckets_of_before_2024.clone().unwrap_or_default().0,
            name_limit: config
                .bucket_name_limit
                .map_or(NameLimit::default(), NameLimitConfig::limit),
            time: Time::virtual_default(),
            seed: Seed(1),
            secrets: Secrets::OfSeed,
            faults: faults(config),
            stubs: stubs(config),
            egress: config
                .egress
                .as_ref()
                .map_or(EgressPolicy::Deny, EgressConfig::policy),
            store: StoreChoice::temporary(Kind::Memory),
            journal: Limit::None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        })
    }
}

impl Default for Settings {
    /// A stage on the embedded defaults without their functions and triggers.
    fn default() -> Self {
        let config = Config {
            functions: ByName::default(),
            triggers: ByName::default(),
            ..Config::embedded()
        };
        Self::from_config(&config).expect("the embedded defaults are valid")
    }
}

fn faults(config: &Config) -> Faults {
    if config.faults.is_empty() {
        return Arc::new(NoFaults);
    }
    let numbered = config.faults.iter().enumerate();
    let rules = numbered.map(|(index, fault)| fault.value.rule(index));
    Arc::new(Rules::new(rules.collect()))
}

fn stubs(config: &Config) -> Vec<Stub> {
    let numbered = config.stubs.iter().enumerate();
    numbered.map(|(index, stub)| stub.stub(index)).collect()
}

fn function_triggers(config: &Config) -> Result<Vec<Trigger>, Error> {
    let region = config.account.region.as_deref().unwrap_or(REGION);
    let mut triggers = Vec::new();
    for (name, function) in &config.functions {
        for written in function.cos_triggers.iter().flatten() {
            let rule = written.value.rule();
            let host = cos_trigger_name(&rule.bucket, region);
            let trigger = Trigger::new(host, FunctionTarget::named(name), Source::Cos(rule));
            triggers.push(trigger.enabled(written.value.enabled));
        }
        for written in function.timer_triggers.iter().flatten() {
            triggers.push(written.value.trigger(name)?);
        }
        for written in function.cls_triggers.iter().flatten() {
            triggers.push(written.value.trigger(name)?);
        }
    }
    Ok(triggers)
}

impl Time {
    /// Virtual time from the usual start.
    pub fn virtual_default() -> Self {
        let start = Clock::virtual_default().now();
        Self::Virtual { start }
    }

    pub(super) fn clock(self) -> Clock {
        match self {
            Self::Real => Clock::real(),
            Self::Virtual { start } => Clock::virtual_from(start),
        }
    }
}

impl StoreChoice {
    /// Objects that are gone with the stage; so nothing has to be flushed to the disk.
    pub fn temporary(kind: Kind) -> Self {
        Self {
            kind,
            folder: None,
            durability: Durability::Relaxed,
        }
    }
}
