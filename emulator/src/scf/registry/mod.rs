//! What the API knows of functions, beside what of them runs: definitions, versions, aliases and namespaces; and how they are
//! kept.
//!
//! [`Definitions`] is plain data behind the service's lock. `books` has the pools that run the versions, and `functions` makes
//! both agree. What differs from the configuration is kept in [`backlot_base::registry`] as one part, [`PART`].

mod alias;
mod definition;
mod entry;
mod event_invoke;
mod kept;
mod namespace;
mod packages;

use std::collections::{BTreeMap, BTreeSet};

pub use alias::{Alias, HEADER, Match, Method, Range, Weight};
pub use definition::{CodeSource, DeadLetterConfig, Definition, Details};
pub use entry::Entry;
pub use event_invoke::EventInvokeChange;
pub use kept::Kept;
pub use namespace::Namespace;
pub use packages::{PackageError, Packages, blob};

use super::function_key::FunctionKey;
use backlot_base::json::Value;
use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

/// The name of the part of the registry.
pub const PART: &str = "scf.functions";

/// How an event chooses among the versions of an alias.
#[derive(Clone, Copy, Debug, Default)]
pub struct Route<'a> {
    /// The caller's routing key, an object.
    pub routing_key: Option<&'a Value>,
    /// The draw, from 0 to below 1.
    pub share: f64,
}

/// All functions and namespaces.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// Functions by their key.
    pub functions: BTreeMap<FunctionKey, Entry>,
    /// Namespaces other than `default`, which always exists, and than those of configured functions.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Configured functions that the API has deleted.
    pub deleted: BTreeSet<FunctionKey>,
    /// What the API has said of the retries of functions.
    pub event_invoke: BTreeMap<FunctionKey, EventInvokeChange>,
}

impl Definitions {
    /// Whether there is a namespace of this name.
    pub fn has_namespace(&self, name: &str) -> bool {
        name == DEFAULT_NAMESPACE
            || self.namespaces.contains_key(name)
            || self.functions.keys().any(|key| key.namespace == name)
    }

    /// The names of all namespaces, in their order.
    pub fn namespace_names(&self) -> BTreeSet<&str> {
        let of_functions = self.functions.keys().map(|key| &*key.namespace);
        let created = self.namespaces.keys().map(String::as_str);
        of_functions
            .chain(created)
            .chain([DEFAULT_NAMESPACE])
            .collect()
    }

    /// The functions of a namespace, in the order of their names.
    pub fn in_namespace<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a FunctionKey, &'a Entry)> {
        let all = self.functions.iter();
        all.filter(move |(key, _)| key.namespace == namespace)
    }

    /// The version that a qualifier of a function stands for; `None` if the function has no such version or alias. What is
    /// unknown here is taken for a version.
    pub fn version_of<'a>(
        &'a self,
        key: &FunctionKey,
        qualifier: &'a str,
        route: Route<'_>,
    ) -> &'a str {
        let entry = self.functions.get(key);
        let name = if qualifier.is_empty() {
            DEFAULT_ALIAS
        } else {
            qualifier
        };
        match entry.and_then(|entry| entry.aliases.get(name)) {
            Some(alias) => alias.route(route.routing_key, route.share),
            None if name == DEFAULT_ALIAS => LATEST,
            None => name,
        }
    }

    /// The digests of all packages that a version needs.
    pub fn packages(&self) -> BTreeSet<&str> {
        let versions = self
            .functions
            .values()
            .flat_map(|entry| entry.versions.values());
        versions
            .filter_map(|definition| definition.code.sha256())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::function::Function;
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn qualifiers_lead_to_versions() {
        let key = FunctionKey::named("archive");
        let function = Function::folder("archive", "/");
        let latest = Definition::of(&function, Timestamp::UNIX_EPOCH);
        let mut definitions = Definitions::default();
        let mut entry = Entry::new("lam-1".into(), latest);
        let alias = |version: &str| Alias {
            version: version.into(),
            description: String::new(),
            weights: Vec::new(),
            matches: Vec::new(),
            added: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
        };
        entry.aliases.insert("live".into(), alias("3"));
        definitions.functions.insert(key.clone(), entry);
        let version = |definitions: &Definitions, qualifier: &'static str| {
            let found = definitions.version_of(&key, qualifier, Route::default());
            found.to_owned()
        };
        for qualifier in ["", "$DEFAULT", "$LATEST"] {
            assert_eq!(version(&definitions, qualifier), "$LATEST");
        }
        assert_eq!(version(&definitions, "live"), "3");
        assert_eq!(version(&definitions, "7"), "7");
        let entry = definitions.functions.get_mut(&key).unwrap();
        entry.aliases.insert("$DEFAULT".into(), alias("2"));
        assert_eq!(version(&definitions, ""), "2");
        assert_eq!(version(&definitions, "$LATEST"), "$LATEST");
    }

    #[test]
    fn the_namespaces_of_functions_exist() {
        let mut definitions = Definitions::default();
        assert!(definitions.has_namespace("default"));
        assert!(!definitions.has_namespace("media"));
        let function = Function::folder("archive", "/");
        let key = FunctionKey {
            namespace: "media".into(),
            name: "archive".into(),
        };
        let latest = Definition::of(&function, Timestamp::UNIX_EPOCH);
        let entry = Entry::new("lam-1".into(), latest);
        definitions.functions.insert(key, entry);
        assert!(definitions.has_namespace("media"));
        let names: Vec<_> = definitions.namespace_names().into_iter().collect();
        assert_eq!(names, ["default", "media"]);
        assert_eq!(definitions.in_namespace("media").count(), 1);
        assert_eq!(definitions.in_namespace("default").count(), 0);
    }
}
