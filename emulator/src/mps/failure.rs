//! Why a sub-task or a task fails. Follows: mps.md section 8.2.

use std::str::FromStr;

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// The code of a failure, in today's words: `InternalError`, `InvalidInput.InvalidTimeOffset` …
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct FailureCode {
    name: String,
    family: Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Family {
    InvalidInput,
    SourceFile,
    Internal,
}

/// No family of failures begins like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a failure code: expected `InternalError`, `SourceFileError` or `InvalidInput`, perhaps with a detail such as `InvalidInput.InvalidTimeOffset`"
)]
pub struct UnknownFailureCode(pub String);

/// A sub-task that does not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: FailureCode,
    /// Replaces the usual message.
    pub(super) message: Option<String>,
}

impl FailureCode {
    /// The source cannot be read.
    pub fn source_file() -> Self {
        Self::known("SourceFileError", Family::SourceFile)
    }

    /// The source has no pictures to work on.
    pub fn no_video() -> Self {
        Self::known("SourceFileError.NoVideoMedia", Family::SourceFile)
    }

    /// A time lies beyond the end, or an end before its start.
    pub fn time_offset() -> Self {
        Self::known("InvalidInput.InvalidTimeOffset", Family::InvalidInput)
    }

    /// There is no such template.
    pub fn no_definition() -> Self {
        Self::known("InvalidInput.DefinitionNotExist", Family::InvalidInput)
    }

    /// Something went wrong at the service.
    pub fn internal() -> Self {
        Self::known("InternalError", Family::Internal)
    }

    fn known(name: &str, family: Family) -> Self {
        Self {
            name: name.to_owned(),
            family,
        }
    }

    /// `ErrCodeExt`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Today's `ErrCode`.
    pub fn number(&self) -> i64 {
        match self.family {
            Family::InvalidInput => 40000,
            Family::SourceFile => 60000,
            Family::Internal => 70000,
        }
    }

    /// Whether the source file is to blame.
    pub fn is_source_error(&self) -> bool {
        self.family == Family::SourceFile
    }

    /// Today's `Message`.
    pub fn message(&self) -> &'static str {
        match self.family {
            Family::InvalidInput if self.name.ends_with(".InvalidParameter") => {
                "Request parameter error."
            }
            Family::InvalidInput => "InvalidInput",
            Family::SourceFile => "source file err",
            Family::Internal => "InternalError",
        }
    }
}

impl From<FailureCode> for Failure {
    fn from(code: FailureCode) -> Self {
        Self {
            code,
            message: None,
        }
    }
}

impl FromStr for FailureCode {
    type Err = UnknownFailureCode;

    fn from_str(text: &str) -> Result<Self, UnknownFailureCode> {
        let (head, detail) = match text.split_once('.') {
            Some((head, detail)) => (head, Some(detail)),
            None => (text, None),
        };
        let family = match head {
            "InvalidInput" => Family::InvalidInput,
            "SourceFileError" => Family::SourceFile,
            "InternalError" => Family::Internal,
            _ => return Err(UnknownFailureCode(text.to_owned())),
        };
        if detail == Some("") {
            return Err(UnknownFailureCode(text.to_owned()));
        }
        Ok(Self::known(text, family))
    }
}

impl Serialize for FailureCode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.name)
    }
}

impl TryFrom<String> for FailureCode {
    type Error = UnknownFailureCode;

    fn try_from(text: String) -> Result<Self, UnknownFailureCode> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mps::profile::Profile;

    #[test]
    fn each_profile_has_its_numbers() {
        for (name, legacy, modern, message) in [
            ("InternalError", 30010, 70000, "InternalError"),
            (
                "InvalidInput.InvalidTimeOffset",
                30010,
                40000,
                "InvalidInput",
            ),
            (
                "InvalidInput.InvalidParameter",
                30010,
                40000,
                "Request parameter error.",
            ),
            (
                "SourceFileError.NoVideoMedia",
                30009,
                60000,
                "source file err",
            ),
        ] {
            let code: FailureCode = name.parse().unwrap();
            assert_eq!(Profile::Legacy.report(&code).code, legacy);
            let report = Profile::Modern.report(&code);
            assert_eq!((report.code, &*report.code_ext), (modern, name));
            assert_eq!(report.message, message);
        }
    }

    #[test]
    fn unknown_families_are_refused() {
        for name in ["", "Oops", "InternalErrors", "InvalidInput."] {
            assert!(name.parse::<FailureCode>().is_err(), "{name}");
        }
    }
}
