//! Patterns of hosts in settings: `api.example.com`, or `*.example.com` for all below it; with a port or without.

use std::fmt;
use std::str::FromStr;

use super::host::{has_broken_port, is_within, name_of, port_of};

/// One name, or all names below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    /// A name or an address, in lower case and without brackets.
    name: String,
    is_below: bool,
    /// Any port if `None`.
    port: Option<u16>,
}

/// The text is not a host pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a host: write a name such as `api.example.com`, or `*.example.com` for all below it"
)]
pub struct NotAHost(String);

impl HostPattern {
    /// Whether the pattern covers a host: its name or address in lower case, and the port that a client wants to reach.
    pub fn covers(&self, name: &str, port: u16) -> bool {
        let is_named = if self.is_below {
            name != self.name && is_within(name, &self.name)
        } else {
            name == self.name
        };
        is_named && self.port.is_none_or(|wanted| wanted == port)
    }

    /// The name; of a `*.` pattern, the name below which it covers all.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a `*.` pattern: it covers the names below its own, not its own.
    pub fn is_below(&self) -> bool {
        self.is_below
    }
}

impl FromStr for HostPattern {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let (is_below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let name = name_of(rest).into_owned();
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
        let is_host = !name.is_empty()
            && name.chars().all(is_plain)
            && name.split('.').all(|label| !label.is_empty())
            && !rest.contains('@')
            && !has_broken_port(rest);
        if !is_host {
            return Err(NotAHost(text.to_owned()));
        }
        Ok(Self {
            name,
            is_below,
            port: port_of(rest),
        })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_below {
            out.write_str("*.")?;
        }
        match (self.name.contains(':'), self.port) {
            (true, Some(port)) => write!(out, "[{}]:{port}", self.name),
            (false, Some(port)) => write!(out, "{}:{port}", self.name),
            (_, None) => out.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_one_name_or_all_below_it() {
        for (pattern, name, port, expected) in [
            ("api.example.com", "api.example.com", 443, true),
            ("API.example.com.", "api.example.com", 80, true),
            ("api.example.com", "a.api.example.com", 443, false),
            ("api.example.com:8443", "api.example.com", 443, false),
            ("api.example.com:8443", "api.example.com", 8443, true),
            ("*.example.com", "a.b.example.com", 443, true),
            ("*.example.com", "example.com", 443, false),
            ("*.example.com", "badexample.com", 443, false),
            ("10.0.0.7", "10.0.0.7", 80, true),
            ("[fd00::1]:80", "fd00::1", 80, true),
        ] {
            let read: HostPattern = pattern.parse().unwrap();
            assert_eq!(
                read.covers(name, port),
                expected,
                "{pattern} on {name}:{port}"
            );
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "*",
            "*.",
            "https://a.b",
            "a b",
            "a/b",
            "a..b",
            "a:x",
            "u@a",
            "*.*.a",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
        for text in ["a.b", "*.a.b:80", "[fd00::1]:80", "10.0.0.7"] {
            let read: HostPattern = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
    }
}
