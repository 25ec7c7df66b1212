//! Egress: which calls to other hosts may leave the machine.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::str::FromStr;

use super::auth::gate::{CallerGone, Connected};
use super::host_pattern::{HostPattern, NotAHost};
use super::proxy_user::ProxyUser;

/// A call to another host through the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressRequest {
    /// Name or address in lower case, without port and brackets.
    pub host: String,
    /// The port, from the target or from its scheme.
    pub port: u16,
    /// The method: `CONNECT` for a tunnel.
    pub method: String,
    /// Path and query; empty for a tunnel.
    pub path: String,
    /// The user and password of `Proxy-Authorization`, if the client sent them.
    pub user: Option<ProxyUser>,
}

/// Whether a call may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EgressDecision {
    /// The bytes go to the real host and back.
    Pass,
    /// The client is answered with this text, and no packet leaves the machine.
    Refuse(String),
}

/// The permission to go on with a call: what counts a tunnel as opening, if the caller is known.
pub type Admission<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Connected>, CallerGone>> + Send + 'a>>;

/// Decides about each call that would leave.
///
/// It is asked about every such call, so it also records them.
pub trait Egress: fmt::Debug + Send + Sync {
    /// Waits until the caller may make calls. Calls to emulated hosts are admitted as well, when they open a tunnel.
    fn admit<'a>(&'a self, _target: &'a EgressRequest) -> Admission<'a> {
        Box::pin(ready(Ok(None)))
    }

    /// Whether this call may leave. It must not block: it is asked between two reads of a connection.
    fn decide(&self, target: &EgressRequest) -> EgressDecision;
}

/// The setting `egress`: which calls may leave the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EgressPolicy {
    /// No calls.
    #[default]
    Deny,
    /// Calls to certain hosts.
    Allow(Vec<HostPattern>),
    /// All calls.
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

/// As on the command line: `deny`, `pass-through`, or hosts separated by commas.
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
            "{}\n\nhint: {}\n",
            denial(target, None),
            remedy(&target.host)
        ))
    }
}

/// What happened to a call that may not leave. `function` has made the call, if it is known.
pub fn denial(target: &EgressRequest, function: Option<&str>) -> String {
    let of = function.map(|function| format!(" of function `{function}`"));
    let of = of.unwrap_or_default();
    format!("backlot did not send the call{of} to `{target}`: egress is denied")
}

/// The settings that let a call leave, or answer it.
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
