//! Errors of the Cloud API, and how a refused signature becomes one.
//!
//! Follows: MPS reference, section 14.5. Message texts are not contractual.

use crate::auth::Refusal;

/// What a client gets in `Response.Error`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// `InvalidParameterValue`, `AuthFailure.SignatureFailure`, …
    pub code: String,
    /// For people.
    pub message: String,
}

impl ApiError {
    /// An error with this code.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }

    /// An error whose message is this fragment as a sentence.
    pub(super) fn sentence(code: impl Into<String>, fragment: &impl std::fmt::Display) -> Self {
        let mut message = fragment.to_string();
        if let Some(first) = message.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        message.push('.');
        Self::new(code, message)
    }

    /// The error of a common parameter that was not sent.
    pub(super) fn missing(name: &str) -> Self {
        let fragment = format_args!("the request is missing a required parameter `{name}`");
        Self::sentence("MissingParameter", &fragment)
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameter", message)
    }

    /// Choice: the code stands in the platform's documentation of common errors; the reference does not list it.
    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(
            "RequestSizeLimitExceeded",
            format!("The request is larger than {limit} bytes."),
        )
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::Missing(name) => return Self::missing(name),
            Refusal::InvalidSecretId(_) => "AuthFailure.InvalidSecretId",
            Refusal::UnknownKey(_) => "AuthFailure.SecretIdNotFound",
            Refusal::Expired { .. } => "AuthFailure.SignatureExpire",
            Refusal::WrongToken | Refusal::ExpiredToken => "AuthFailure.TokenFailure",
            Refusal::Malformed(_) | Refusal::Mismatch(_) => {
                let message = format!(
                    "The provided credentials could not be validated. Please check your signature is correct. \
                     Diagnosis: {refusal}."
                );
                return Self::new("AuthFailure.SignatureFailure", message);
            }
        };
        Self::sentence(code, &refusal)
    }
}
