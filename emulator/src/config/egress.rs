//! How it is written which calls may leave the machine.

use serde::Deserialize;

use super::call::HostConfig;
use backlot_http::egress::EgressPolicy;

/// `deny`, `pass-through`, or `allow` with hosts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EgressConfig {
    /// None.
    Deny,
    /// All.
    PassThrough,
    /// Those to certain hosts.
    Allow(Vec<HostConfig>),
}

impl EgressConfig {
    /// What is meant.
    pub fn policy(&self) -> EgressPolicy {
        match self {
            Self::Deny => EgressPolicy::Deny,
            Self::PassThrough => EgressPolicy::PassThrough,
            Self::Allow(hosts) => {
                EgressPolicy::Allow(hosts.iter().map(|host| host.0.clone()).collect())
            }
        }
    }
}

impl From<EgressPolicy> for EgressConfig {
    fn from(policy: EgressPolicy) -> Self {
        match policy {
            EgressPolicy::Deny => Self::Deny,
            EgressPolicy::PassThrough => Self::PassThrough,
            EgressPolicy::Allow(hosts) => Self::Allow(hosts.into_iter().map(HostConfig).collect()),
        }
    }
}
