//! One template, as it is kept.

use jiff::Timestamp;

use backlot_base::json::Value;

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Whether every account has it.
    pub is_preset: bool,
    /// All members of its family, in the spelling of the service.
    pub members: Value,
    /// When it was created.
    pub created: Timestamp,
    /// When it was created or last changed.
    pub updated: Timestamp,
}
