//! What becomes of calls to hosts that are not played here.

use std::fmt;

/// A host that somebody wants to reach through the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name or address, without a port; lower case, and without brackets.
    pub host: String,
    /// The port that is meant, if only by the scheme.
    pub port: u16,
    /// The method: `CONNECT` for a tunnel.
    pub method: String,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
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
    fn decide(&self, target: &Target) -> Verdict;
}

/// Nothing leaves the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deny {
    remedy: String,
}

/// Everything may leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassThrough;

impl Deny {
    /// Refuses, and tells the caller what to do about it: name the setting.
    pub fn with_remedy(remedy: impl Into<String>) -> Self {
        Self {
            remedy: remedy.into(),
        }
    }
}

impl Default for Deny {
    fn default() -> Self {
        Self::with_remedy("set `egress: pass-through` to let such calls leave, or stub the host")
    }
}

impl Egress for Deny {
    fn decide(&self, target: &Target) -> Verdict {
        Verdict::Refuse(format!(
            "backlot plays no service at `{target}` and lets no call leave this machine\n\nhint: {}\n",
            self.remedy
        ))
    }
}

impl Egress for PassThrough {
    fn decide(&self, _target: &Target) -> Verdict {
        Verdict::Pass
    }
}

impl fmt::Display for Target {
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

    #[test]
    fn a_refusal_names_the_host_and_the_setting() {
        let target = Target {
            host: "fd00::1".to_owned(),
            port: 443,
            method: "CONNECT".to_owned(),
        };
        let Verdict::Refuse(text) = Deny::default().decide(&target) else {
            panic!("it refuses");
        };
        assert!(text.contains("`[fd00::1]:443`"), "{text}");
        assert!(text.contains("egress: pass-through"), "{text}");
        assert_eq!(PassThrough.decide(&target), Verdict::Pass);
    }
}
