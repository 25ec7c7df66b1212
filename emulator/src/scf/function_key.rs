//! The name by which a function is found.

use std::borrow::Cow;
use std::fmt;

use backlot_base::signal::{DEFAULT_NAMESPACE, FunctionTarget};

/// A namespace and the name of a function in it. Follows: SCF reference, section 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionKey {
    /// The namespace.
    pub namespace: Cow<'static, str>,
    /// The name.
    pub name: String,
}

impl FunctionKey {
    /// A function in the default namespace.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            namespace: DEFAULT_NAMESPACE.into(),
            name: name.into(),
        }
    }
}

impl From<&FunctionTarget> for FunctionKey {
    fn from(target: &FunctionTarget) -> Self {
        Self {
            namespace: target.namespace.clone(),
            name: target.function.clone(),
        }
    }
}

/// The name, after the namespace and a slash unless it is the default one.
impl fmt::Display for FunctionKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace != DEFAULT_NAMESPACE {
            write!(out, "{}/", self.namespace)?;
        }
        out.write_str(&self.name)
    }
}
