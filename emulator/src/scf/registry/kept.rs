//! The part of the registry: what the API has changed, as it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::function_key::FunctionKey;
use super::Definitions;
use super::entry::Entry;
use super::event_invoke::EventInvokeChange;
use super::namespace::Namespace;

/// What differs from the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Kept {
    /// Namespaces by their name.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Functions that were made or changed.
    pub functions: Vec<KeptFunction>,
    /// Configured functions that were deleted.
    pub deleted: Vec<Name>,
    /// What was said of the retries of functions, also of those that were not changed otherwise.
    pub event_invoke: Vec<KeptEventInvoke>,
}

/// How a function is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Name {
    /// The namespace.
    pub namespace: String,
    /// The name in it.
    pub function_name: String,
}

/// One function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptFunction {
    /// How it is found.
    #[serde(flatten)]
    pub name: Name,
    /// All that belongs to it.
    #[serde(flatten)]
    pub entry: Entry,
}

/// The retries of one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptEventInvoke {
    /// How the function is found.
    #[serde(flatten)]
    pub name: Name,
    /// What was said.
    #[serde(flatten)]
    pub change: EventInvokeChange,
}

impl Kept {
    /// What has to be kept of all definitions.
    pub fn of(definitions: &Definitions) -> Self {
        let changed = definitions.functions.iter();
        let changed = changed.filter(|(_, entry)| entry.is_changed);
        let functions = changed.map(|(key, entry)| KeptFunction {
            name: key.into(),
            entry: entry.clone(),
        });
        let event_invoke = definitions.event_invoke.iter();
        let event_invoke = event_invoke.map(|(key, change)| KeptEventInvoke {
            name: key.into(),
            change: *change,
        });
        Self {
            namespaces: definitions.namespaces.clone(),
            functions: functions.collect(),
            deleted: definitions.deleted.iter().map(Name::from).collect(),
            event_invoke: event_invoke.collect(),
        }
    }
}

impl From<&FunctionKey> for Name {
    fn from(key: &FunctionKey) -> Self {
        Self {
            namespace: key.namespace.clone().into_owned(),
            function_name: key.name.clone(),
        }
    }
}

impl From<Name> for FunctionKey {
    fn from(name: Name) -> Self {
        Self {
            namespace: name.namespace.into(),
            name: name.function_name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::function::Function;
    use super::super::definition::Definition;
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn only_what_was_changed_is_kept() {
        let mut definitions = Definitions::default();
        for (name, is_changed) in [("configured", false), ("made", true)] {
            let function = Function::folder(name, "/");
            let latest = Definition::of(&function, Timestamp::UNIX_EPOCH);
            let mut entry = Entry::new("lam-1".into(), latest);
            entry.is_changed = is_changed;
            definitions
                .functions
                .insert(FunctionKey::named(name), entry);
        }
        definitions.deleted.insert(FunctionKey::named("gone"));
        let change = EventInvokeChange {
            retry_num: Some(0),
            msg_ttl: None,
        };
        let configured = FunctionKey::named("configured");
        definitions.event_invoke.insert(configured, change);
        let kept = Kept::of(&definitions);
        assert_eq!(kept.functions.len(), 1);
        assert_eq!(kept.functions[0].name.function_name, "made");
        let text = serde_json::to_string(&kept).unwrap();
        let mut again: Kept = serde_json::from_str(&text).unwrap();
        again.functions[0].entry.is_changed = true;
        assert_eq!(again, kept);
        let key = FunctionKey::from(again.deleted.remove(0));
        assert_eq!(key, FunctionKey::named("gone"));
    }
}
