//! The part of the registry: the triggers that the API has made, changed and deleted, as they are kept.
//!
//! Like functions, triggers that the API has not touched are not kept: they are as the configuration says at each start. Names
//! of members are the API's.

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::description::{InvalidTrigger, KINDS};
use super::trigger::{Source, Trigger, TriggerId};
use crate::scf::function_key::FunctionKey;
use backlot_base::signal::FunctionTarget;

/// The name of the part.
pub(super) const PART: &str = "scf.triggers";

/// What differs from the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Kept {
    /// Triggers that were made, in the order of their creation.
    pub(super) made: Vec<Trigger>,
    /// Triggers of the configuration that were changed.
    pub(super) changed: Vec<Changed>,
    /// Triggers of the configuration that were deleted.
    pub(super) deleted: Vec<TriggerId>,
}

/// A trigger of the configuration that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Changed {
    /// What the configuration calls it.
    pub(super) configured: TriggerId,
    /// What it has become.
    pub(super) now: Trigger,
}

impl Kept {
    /// Takes out what concerns a function.
    pub(super) fn forget(&mut self, function: &FunctionKey) {
        self.made.retain(|made| made.function() != *function);
        self.changed
            .retain(|changed| changed.now.function() != *function);
        self.deleted
            .retain(|deleted| FunctionKey::from(&deleted.target) != *function);
    }

    /// Adds what another one has.
    pub(super) fn extend(&mut self, other: Self) {
        self.made.extend(other.made);
        self.changed.extend(other.changed);
        self.deleted.extend(other.deleted);
    }
}

/// How a trigger is found, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    namespace: String,
    function_name: String,
    qualifier: String,
    r#type: String,
    trigger_name: String,
    /// What sets it off. Only for COS triggers it is a part of the name, because several may have one bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trigger_desc: Option<String>,
}

/// A trigger, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    #[serde(flatten)]
    name: Key,
    enable: bool,
    custom_argument: String,
    description: String,
    added: Timestamp,
    modified: Timestamp,
}

/// What is kept is no trigger.
#[derive(Debug, thiserror::Error)]
enum InvalidRow {
    /// There are no triggers of this type.
    #[error("`{0}` is not a type of trigger")]
    Type(String),
    /// What sets it off cannot be read.
    #[error(transparent)]
    Source(#[from] InvalidTrigger),
}

impl Key {
    fn kind(&self) -> Result<&'static str, InvalidRow> {
        let known = KINDS.into_iter().find(|kind| *kind == self.r#type);
        known.ok_or_else(|| InvalidRow::Type(self.r#type.clone()))
    }

    fn target(&self) -> FunctionTarget {
        FunctionTarget {
            namespace: self.namespace.clone().into(),
            function: self.function_name.clone(),
            qualifier: self.qualifier.clone().into(),
        }
    }

    fn source(&self, description: &str) -> Result<Source, InvalidRow> {
        Ok(Source::read(self.kind()?, &self.trigger_name, description)?)
    }
}

impl From<TriggerId> for Key {
    fn from(id: TriggerId) -> Self {
        Self {
            namespace: id.target.namespace.into_owned(),
            function_name: id.target.function,
            qualifier: id.target.qualifier.into_owned(),
            r#type: id.kind.to_owned(),
            trigger_name: id.name,
            trigger_desc: id.source.map(|source| source.describe()),
        }
    }
}

impl TryFrom<Key> for TriggerId {
    type Error = InvalidRow;

    fn try_from(name: Key) -> Result<Self, InvalidRow> {
        let source = name.trigger_desc.as_deref();
        Ok(Self {
            target: name.target(),
            kind: name.kind()?,
            source: source.map(|text| name.source(text)).transpose()?,
            name: name.trigger_name,
        })
    }
}

impl Serialize for TriggerId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Key::from(self.clone()).serialize(to)
    }
}

impl<'de> Deserialize<'de> for TriggerId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = Key::deserialize(from)?;
        Self::try_from(name).map_err(D::Error::custom)
    }
}

impl Serialize for Trigger {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Row::from(self.clone()).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Trigger {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let row = Row::deserialize(from)?;
        Self::try_from(row).map_err(D::Error::custom)
    }
}

impl From<Trigger> for Row {
    fn from(trigger: Trigger) -> Self {
        Self {
            name: Key {
                trigger_desc: Some(trigger.source.describe()),
                ..Key::from(trigger.id())
            },
            enable: trigger.is_enabled,
            custom_argument: trigger.argument,
            description: trigger.description,
            added: trigger.added,
            modified: trigger.modified,
        }
    }
}

impl TryFrom<Row> for Trigger {
    type Error = InvalidRow;

    fn try_from(row: Row) -> Result<Self, InvalidRow> {
        let described = row.name.trigger_desc.as_deref().unwrap_or_default();
        Ok(Self {
            source: row.name.source(described)?,
            target: row.name.target(),
            name: row.name.trigger_name,
            is_enabled: row.enable,
            argument: row.custom_argument,
            description: row.description,
            added: row.added,
            modified: row.modified,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trigger of each type.
    fn triggers() -> Vec<Trigger> {
        let host = "media-1250000000.cos.ap-guangzhou.myqcloud.com";
        let cos = r#"{"event":"cos:ObjectCreated:*","filter":{"Prefix":"in/","Suffix":".mp4"}}"#;
        [
            ("timer", "nightly", "0 0 2 * * MON-FRI *"),
            ("cos", host, cos),
            (
                "mps",
                "WorkflowTaskEvent",
                r#"{"eventType":"WorkflowTask"}"#,
            ),
            (
                "mps",
                "ScheduleTaskEvent",
                r#"{"eventType":"ScheduleTask"}"#,
            ),
            ("cls", "topic", r#"{"topic_id":"topic"}"#),
        ]
        .into_iter()
        .map(|(kind, name, description)| {
            let source = Source::read(kind, name, description).unwrap();
            Trigger {
                argument: "hello".into(),
                description: "for tests".into(),
                modified: Timestamp::from_second(60).unwrap(),
                ..Trigger::new(name, FunctionTarget::named("notify"), source)
            }
        })
        .collect()
    }

    #[test]
    fn every_type_is_the_same_after_it_was_kept() {
        let made = triggers();
        let kept = Kept {
            changed: vec![Changed {
                configured: made[0].id(),
                now: made[0].clone().enabled(false),
            }],
            deleted: made.iter().map(Trigger::id).collect(),
            made,
        };
        let text = serde_json::to_string(&kept).unwrap();
        let again: Kept = serde_json::from_str(&text).unwrap();
        assert_eq!(again, kept, "{text}");
    }

    #[test]
    fn what_is_no_trigger_is_told() {
        let text = serde_json::to_string(&triggers()[0]).unwrap();
        for (from, to, expected) in [
            ("\"timer\"", "\"moon\"", "`moon` is not a type of trigger"),
            ("MON-FRI", "FRI-MON", "`TriggerDesc` is not valid"),
        ] {
            let read: Result<Trigger, _> = serde_json::from_str(&text.replace(from, to));
            let error = read.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
