//! A parameter that cannot be accepted: where, why, and under which code.
//!
//! Follows: MPS reference, section 14.5. Choice: a value of the wrong type is an `InvalidParameter`, a value that is not
//! allowed is an `InvalidParameterValue`, as the platform's documentation of common errors describes the two.

use std::fmt;

use super::ApiError;

/// A parameter that cannot be accepted. As an [`ApiError`] it has the platform's common code for its problem; a service that
/// documents another code gives it with [`ParameterError::with_code`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParameterError {
    /// For example `InputInfo.CosInputInfo.Bucket` or `Activities.0.Type`; positions are from 0.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is required and was not sent: `MissingParameter`.
    Missing,
    /// It has another type than the one that is needed: `InvalidParameter`.
    Type {
        /// The type that is needed, with its article.
        expected: &'static str,
        /// What was sent, with its article.
        found: &'static str,
    },
    /// Its value is not allowed, by this rule: `InvalidParameterValue`.
    Value(String),
    /// No parameter has this name: `UnknownParameter`.
    Unknown,
}

impl ParameterError {
    /// The error under a code that the service documents for this parameter, for example
    /// `InvalidParameterValue.SessionIdTooLong`.
    pub fn with_code(self, code: impl Into<String>) -> ApiError {
        ApiError {
            code: code.into(),
            ..self.into()
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.problem {
            Problem::Missing => write!(out, "the request is missing a required parameter `{path}`"),
            Problem::Type { expected, found } => {
                write!(
                    out,
                    "the parameter `{path}` must be {expected}, not {found}"
                )
            }
            Problem::Value(rule) => write!(out, "the value of the parameter `{path}` {rule}"),
            Problem::Unknown => write!(out, "the parameter `{path}` does not exist"),
        }
    }
}

impl From<ParameterError> for ApiError {
    fn from(error: ParameterError) -> Self {
        let code = match error.problem {
            Problem::Missing => "MissingParameter",
            Problem::Type { .. } => "InvalidParameter",
            Problem::Value(_) => "InvalidParameterValue",
            Problem::Unknown => "UnknownParameter",
        };
        Self::sentence(code, &error)
    }
}
