//! Writing an object member by member, in the order in which a document lists them.

use super::Value;

/// An object under construction.
#[derive(Clone, Debug, Default)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member at the end.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a member at the end if `wanted`; otherwise the member is absent, not `null`.
    #[must_use]
    pub fn with_if(self, wanted: bool, name: &str, value: impl Into<Value>) -> Self {
        if wanted { self.with(name, value) } else { self }
    }

    /// Adds the members of another object at the end.
    #[must_use]
    pub fn with_all(mut self, other: Object) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(super) fn into_members(self) -> Vec<(String, Value)> {
        self.0
    }
}
