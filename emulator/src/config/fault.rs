//! How planned trouble is written, in scenarios and towards a running stage.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::layer::Named;
use super::written::Pause;
use backlot_base::fault::{Matcher, Rule, Verdict};

/// One rule of planned trouble.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FaultConfig {
    /// How records name it; its position if left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Which calls it is about; all if left out.
    #[serde(default)]
    pub on: CallConfig,
    /// Only the n-th matching call of an invocation, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u32>,
    /// The maximal number of times for an invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What happens.
    #[serde(rename = "do")]
    pub action: FaultAction,
}

/// Which calls a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CallConfig {
    /// `cos` or `scf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// For example `PutObject`; `Attempt` for a function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The bucket's full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// A key in which `*` stands for any text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The function that makes or takes the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The attempt during which it is made, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

/// What a rule does to a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum FaultAction {
    /// The service answers with this error.
    Fail(FailConfig),
    /// The service takes so long.
    Delay(Pause),
    /// The connection is cut, or the instance killed.
    Kill,
}

/// An error to answer with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailConfig {
    /// HTTP or SCF status.
    pub status: u16,
    /// The service's error code.
    #[serde(default)]
    pub code: String,
}

impl Named for FaultConfig {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl FaultConfig {
    /// What is meant by the rule at `index`, from 0.
    pub fn rule(&self, index: usize) -> Rule {
        let on = self.on.clone();
        let position = || (index + 1).to_string();
        Rule {
            name: self.name.clone().unwrap_or_else(position),
            on: Matcher {
                service: on.service,
                operation: on.operation,
                bucket: on.bucket,
                key: on.key,
                function: on.function,
                attempt: on.attempt,
            },
            nth: self.nth,
            times: self.times,
            verdict: match &self.action {
                FaultAction::Fail(fail) => Verdict::Fail {
                    status: fail.status,
                    code: fail.code.clone(),
                },
                FaultAction::Delay(Pause(pause)) => Verdict::Delay(*pause),
                FaultAction::Kill => Verdict::Kill,
            },
        }
    }

    /// How a rule would be written. `None` for a rule that lets everything pass, which has no written form.
    pub fn of(rule: &Rule) -> Option<Self> {
        let on = rule.on.clone();
        let action = match &rule.verdict {
            Verdict::Pass => return None,
            Verdict::Delay(pause) => FaultAction::Delay(Pause(*pause)),
            Verdict::Fail { status, code } => FaultAction::Fail(FailConfig {
                status: *status,
                code: code.clone(),
            }),
            Verdict::Kill => FaultAction::Kill,
        };
        Some(Self {
            name: Some(rule.name.clone()),
            on: CallConfig {
                service: on.service,
                operation: on.operation,
                bucket: on.bucket,
                key: on.key,
                function: on.function,
                attempt: on.attempt,
            },
            nth: rule.nth,
            times: rule.times,
            action,
        })
    }
}

impl Serialize for Pause {
    /// In the largest unit that says it exactly. What is smaller than a millisecond cannot be written and is left out.
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        const UNITS: [(&str, u128); 3] = [("h", 3_600_000), ("m", 60_000), ("s", 1000)];
        let milliseconds = Duration::as_millis(&self.0);
        let unit = UNITS
            .iter()
            .find(|(_, size)| milliseconds >= *size && milliseconds.is_multiple_of(*size));
        match unit {
            Some((name, size)) => to.collect_str(&format_args!("{}{name}", milliseconds / size)),
            None => to.collect_str(&format_args!("{milliseconds}ms")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_they_are_read() {
        let text = r#"[
            {"name":"busy","on":{"service":"cos","operation":"PutObject","attempt":1},"nth":2,
             "do":{"fail":{"status":503,"code":"SlowDown"}}},
            {"name":"slow","on":{},"times":3,"do":{"delay":"90s"}},
            {"name":"dead","on":{"key":"a/*"},"do":"kill"}
        ]"#;
        let read: Vec<FaultConfig> = serde_json::from_str(text).unwrap();
        for (index, fault) in read.iter().enumerate() {
            assert_eq!(FaultConfig::of(&fault.rule(index)).as_ref(), Some(fault));
        }
        let written = serde_json::to_value(&read).unwrap();
        let expected: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(written, expected);
    }

    #[test]
    fn pauses_keep_their_length() {
        for text in ["1ms", "1500ms", "1s", "90s", "2m", "6h"] {
            let pause = Pause::parse(text).unwrap();
            let written = serde_json::to_value(pause).unwrap();
            assert_eq!(Pause::parse(written.as_str().unwrap()), Some(pause));
        }
    }
}
