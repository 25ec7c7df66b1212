//! How it is written what differs from run to run and is to be shown as a token, and whether outcomes are compared at all.

use regex::Regex;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::layer::Named;
use super::yaml::at;
use backlot_base::source::Diagnostic;

/// One rule: what a pattern finds is shown as a token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RedactConfig {
    /// A regular expression. If it has a group, only what the first group finds is replaced.
    pub pattern: Spanned<String>,
    /// The text that replaces it; `#` is the number of the value by first appearance, as in `<order:#>`.
    pub token: Spanned<String>,
}

/// Whether outcomes are compared with snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotConfig {
    /// They are.
    #[default]
    On,
    /// Only claims and the oracle count.
    Off,
}

/// The same pattern in a layer above replaces the rule.
impl Named for RedactConfig {
    fn name(&self) -> Option<&str> {
        Some(&self.pattern.value)
    }
}

/// A pattern as it is used. The error says why it cannot be.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let compiled = Regex::new(pattern).map_err(|error| {
        // The drawing that comes with it would be of another text than the one that is shown.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        last.trim_start_matches("error: ").to_owned()
    })?;
    if compiled.is_match("") {
        return Err("it finds something in an empty text".to_owned());
    }
    Ok(compiled)
}

/// The mistakes in these rules.
pub(super) fn check(rules: &[RedactConfig]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in rules {
        let pattern = &rule.pattern;
        if let Err(why) = compile(&pattern.value) {
            let title = format!("`{}` is not a pattern: {why}", pattern.value);
            let hint = "it is a regular expression, such as `order-([0-9]+)`; in double quotes, write `\\\\` for `\\`";
            found.push(at(&pattern.referenced, title).hint(hint));
        }
        let token = &rule.token;
        if token.value.is_empty() || token.value.chars().any(char::is_control) {
            let title = "a token is text on one line".to_owned();
            found.push(at(&token.referenced, title).hint("write it like `<order>` or `<order:#>`"));
        }
    }
    found
}
