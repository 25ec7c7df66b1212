//! Namespaces that the API has created or described.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Namespace {
    /// For people.
    pub description: String,
    /// When it was created.
    pub added: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
}
