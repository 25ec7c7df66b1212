//! How a function is named: by its namespace, its name and a qualifier.

use std::borrow::Cow;
use std::fmt;

/// The namespace that always exists. Follows: SCF reference, section 1.
pub const DEFAULT_NAMESPACE: &str = "default";
/// The version that can be changed.
pub const LATEST: &str = "$LATEST";
/// The alias that always exists. It stands for [`LATEST`] until it is changed.
pub const DEFAULT_ALIAS: &str = "$DEFAULT";

/// The function that an event is for, and by its qualifier the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTarget {
    /// The function's namespace.
    pub namespace: Cow<'static, str>,
    /// The function's name.
    pub function: String,
    /// A version or an alias.
    pub qualifier: Cow<'static, str>,
}

impl FunctionTarget {
    /// What triggers start unless they say otherwise: the default alias of a function. It is in the default namespace, unless
    /// the name begins with another one and a slash.
    pub fn named(function: impl Into<String>) -> Self {
        let written = function.into();
        let (namespace, function) = match written.split_once('/') {
            Some((namespace, function)) => (namespace.to_owned().into(), function.to_owned()),
            None => (DEFAULT_NAMESPACE.into(), written),
        };
        Self {
            namespace,
            function,
            qualifier: DEFAULT_ALIAS.into(),
        }
    }

    /// The target with another version or alias, unless `qualifier` is `None`.
    #[must_use]
    pub fn at(mut self, qualifier: Option<&str>) -> Self {
        if let Some(qualifier) = qualifier {
            self.qualifier = qualifier.to_owned().into();
        }
        self
    }
}

/// The function as people write it: its namespace and its qualifier only if they are not the usual ones.
impl fmt::Display for FunctionTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace != DEFAULT_NAMESPACE {
            write!(out, "{}/", self.namespace)?;
        }
        out.write_str(&self.function)?;
        if self.qualifier != DEFAULT_ALIAS && self.qualifier != LATEST {
            write!(out, ":{}", self.qualifier)?;
        }
        Ok(())
    }
}
