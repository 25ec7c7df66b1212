//! How planned trouble is written, in scenarios, in `backlot.yaml` and towards a running stage.

use serde::{Deserialize, Serialize};
use serde_saphyr::{Location, Spanned};

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
    /// Whether a scenario passes though it never strikes.
    #[serde(default, skip_serializing)]
    pub optional: bool,
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
    pub service: Option<Spanned<String>>,
    /// For example `PutObject`; `Attempt` for a function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Spanned<String>>,
    /// The bucket's full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// A key in which `*` stands for any text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The function that makes or takes the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<Spanned<String>>,
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
    pub status: Spanned<u16>,
    /// The service's error code.
    #[serde(default = "no_code")]
    pub code: Spanned<String>,
}

fn no_code() -> Spanned<String> {
    unplaced(String::new())
}

/// A value that was not read from a text.
fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN)
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
        let value = |written: Spanned<String>| written.value;
        Rule {
            name: self.name.clone().unwrap_or_else(position),
            on: Matcher {
                service: on.service.map(value),
                operation: on.operation.map(value),
                bucket: on.bucket,
                key: on.key,
                function: on.function.map(value),
                attempt: on.attempt,
            },
            nth: self.nth,
            times: self.times,
            verdict: match &self.action {
                FaultAction::Fail(fail) => Verdict::Fail {
                    status: fail.status.value,
                    code: fail.code.value.clone(),
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
                status: unplaced(*status),
                code: unplaced(code.clone()),
            }),
            Verdict::Kill => FaultAction::Kill,
        };
        Some(Self {
            name: Some(rule.name.clone()),
            on: CallConfig {
                service: on.service.map(unplaced),
                operation: on.operation.map(unplaced),
                bucket: on.bucket,
                key: on.key,
                function: on.function.map(unplaced),
                attempt: on.attempt,
            },
            nth: rule.nth,
            times: rule.times,
            optional: false,
            action,
        })
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
}
