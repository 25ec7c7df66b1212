//! What becomes of calls to hosts that are not played here.

use std::fmt;
use std::str::FromStr;

use super::host_pattern::{HostPattern, NotAHost};
use super::proxy_user::ProxyUser;

/// A host that somebody wants to reach through the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressRequest {
    /// Name or address, without a port; lower case, and without brackets.
    pub host: String,
    /// The port that is meant, if only by the scheme.
    pub port: u16,
    /// The method: `CONNECT` for a tunnel.
    pub method: String,
    /// Path and query; empty for a tunnel.
    pub path: String,
    /// Who the client says it is.
    pub user: Option<ProxyUser>,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EgressDecision {
    /// The bytes go to the real host and back.
    Pass,
    /// The caller gets this text, and no packet leaves the machine.
    Refuse(String),
}

/// Decides about each call that would leave.
///
/// It hears of every one of them, so it is also the place to write them down. It answers at once: it is asked between two
/// reads of a connection.
pub trait Egress: fmt::Debug + Send + Sync {
    /// What becomes of this call.
    fn decide(&self, target: &EgressRequest) -> EgressDecision;
}

/// The setting `egress`: which calls may leave the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EgressPolicy {
    /// None.
    #[default]
    Deny,
    /// Those to certain hosts.
    Allow(Vec<HostPattern>),
    /// All.
    PassThrough,
}

impl EgressPolicy {
    /// Whether calls to a host may leave.
    pub fn allows(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Deny => false,
            Self::Allow(hosts) => hosts.iter().any(|allowed| allowed.covers(host, port)),
            Self::PassThrough => true,
        }
    }
}

/// As on the command line: `deny`, `pass-through`, or hosts between commas.
impl FromStr for EgressPolicy {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        match text {
            "deny" => Ok(Self::Deny),
            "pass-through" => Ok(Self::PassThrough),
            hosts => {
                let hosts = hosts.split(',').map(|host| host.trim().parse());
                Ok(Self::Allow(hosts.collect::<Result<_, _>>()?))
            }
        }
    }
}

impl Egress for EgressPolicy {
    fn decide(&self, target: &EgressRequest) -> EgressDecision {
        if self.allows(&target.host, target.port) {
            return EgressDecision::Pass;
        }
        EgressDecision::Refuse(format!(
            "backlot lets no call leave this machine for `{target}`\n\nhint: {}\n",
            remedy(&target.host)
        ))
    }
}

/// What to do about a call that may not leave: which settings there are.
pub fn remedy(host: &str) -> String {
    format!(
        "answer it with a stub (`stubs:` in backlot.yaml or in a scenario), or let it leave with \
         `egress: {{ allow: [{host}] }}` or `egress: pass-through` there, or with `--egress {host}`"
    )
}

impl fmt::Display for EgressRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(out, "[{}]:{}", self.host, self.port)
        } else {
            write!(out, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str) -> EgressRequest {
        EgressRequest {
            host: host.to_owned(),
            port: 443,
            method: "CONNECT".to_owned(),
            path: String::new(),
            user: None,
        }
    }

    #[test]
    fn a_refusal_names_the_host_and_the_setting() {
        let EgressDecision::Refuse(text) = EgressPolicy::Deny.decide(&target("fd00::1")) else {
            panic!("it refuses");
        };
        assert!(text.contains("`[fd00::1]:443`"), "{text}");
        assert!(text.contains("egress: pass-through"), "{text}");
    }

    #[test]
    fn hosts_may_leave_one_by_one() {
        let policy: EgressPolicy = "api.example.com, *.example.org".parse().unwrap();
        for (host, expected) in [
            ("api.example.com", true),
            ("a.example.org", true),
            ("example.org", false),
            ("www.example.com", false),
        ] {
            let decided = policy.decide(&target(host));
            assert_eq!(decided == EgressDecision::Pass, expected, "{host}");
        }
        assert_eq!("pass-through".parse(), Ok(EgressPolicy::PassThrough));
        assert_eq!("deny".parse(), Ok(EgressPolicy::Deny));
        assert!("some thing".parse::<EgressPolicy>().is_err());
    }
}
