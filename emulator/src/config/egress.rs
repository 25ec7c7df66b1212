//! How it is written which calls may leave the machine.

use serde::Deserialize;

use super::call::HostConfig;
use backlot_http::egress::Policy;

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
    pub fn policy(&self) -> Policy {
        match self {
            Self::Deny => Policy::Deny,
            Self::PassThrough => Policy::PassThrough,
            Self::Allow(hosts) => Policy::Allow(hosts.iter().map(|host| host.0.clone()).collect()),
        }
    }
}

impl From<Policy> for EgressConfig {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Deny => Self::Deny,
            Policy::PassThrough => Self::PassThrough,
            Policy::Allow(hosts) => Self::Allow(hosts.into_iter().map(HostConfig).collect()),
        }
    }
}
