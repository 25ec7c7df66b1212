//! The rules of a project or a scenario: a pattern, and the token that stands for what it finds.

use regex::Regex;

use super::Volatile;
use crate::config::redact::compile;

/// One rule. If the pattern has a group, only what the first group found is replaced.
#[derive(Clone, Debug)]
pub struct Redaction {
    pattern: Regex,
    token: String,
}

impl Redaction {
    /// A rule. `#` in the token stands for the number of the value, by first appearance. The error says why the pattern is
    /// not one.
    pub fn new(pattern: &str, token: &str) -> Result<Self, String> {
        Ok(Self {
            pattern: compile(pattern)?,
            token: token.to_owned(),
        })
    }

    pub(super) fn apply(&self, text: &str, volatile: &mut Volatile<'_>) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut done = 0;
        for found in self.pattern.captures_iter(text) {
            let part = if found.len() > 1 {
                found.get(1)
            } else {
                found.get(0)
            };
            let Some(part) = part else { continue };
            replaced.push_str(&text[done..part.start()]);
            volatile.is_resized = true;
            if self.token.contains('#') {
                let number = volatile.number(&self.token, part.as_str());
                replaced.push_str(&self.token.replace('#', &number.to_string()));
            } else {
                replaced.push_str(&self.token);
            }
            done = part.end();
        }
        replaced.push_str(&text[done..]);
        replaced
    }
}
