//! One function with all that belongs to it: versions, aliases, and its share of the concurrency.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alias::Alias;
use super::definition::Definition;
use backlot_base::signal::LATEST;

/// A function as the API knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    /// `FunctionId`.
    pub id: String,
    /// `$LATEST` and the published versions, by their name.
    pub versions: BTreeMap<String, Definition>,
    /// Aliases other than those that exist by themselves, by their name.
    #[serde(default)]
    pub aliases: BTreeMap<String, Alias>,
    /// The number of the version that was published last. Numbers are not given twice.
    #[serde(default)]
    pub last_version: u64,
    /// `ReservedConcurrencyMem` in MB, if it has a share of its own.
    #[serde(default)]
    pub reserved_mb: Option<u64>,
    /// Whether the API has changed anything, so that it has to be kept.
    #[serde(skip)]
    pub is_changed: bool,
}

impl Entry {
    /// A function with its first version, the latest.
    pub fn new(id: String, latest: Definition) -> Self {
        Self {
            id,
            versions: BTreeMap::from([(LATEST.to_owned(), latest)]),
            aliases: BTreeMap::new(),
            last_version: 0,
            reserved_mb: None,
            is_changed: false,
        }
    }

    /// The published versions, by their number.
    pub fn published(&self) -> Vec<(u64, &Definition)> {
        let versions = self.versions.iter();
        let mut published: Vec<_> = versions
            .filter_map(|(name, definition)| Some((name.parse().ok()?, definition)))
            .collect();
        published.sort_unstable_by_key(|(number, _)| *number);
        published
    }
}
