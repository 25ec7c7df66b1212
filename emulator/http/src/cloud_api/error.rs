//! Errors of the Cloud API, and how the error of a signature becomes one.
//!
//! Follows: MPS reference, section 14.5. Message texts are not contractual.

use std::fmt;

use crate::auth::{Mismatch, SignatureError};

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
    pub fn sentence(code: impl Into<String>, fragment: &impl fmt::Display) -> Self {
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

impl From<SignatureError> for ApiError {
    fn from(error: SignatureError) -> Self {
        let code = match &error {
            SignatureError::Unsigned => return Self::missing("Authorization"),
            SignatureError::Missing(name) | SignatureError::MissingHeader(name) => {
                return Self::missing(name);
            }
            SignatureError::InvalidSecretId(_) => "AuthFailure.InvalidSecretId",
            SignatureError::UnknownKey(_) => "AuthFailure.SecretIdNotFound",
            SignatureError::Skewed { .. }
            | SignatureError::Expired { .. }
            | SignatureError::TooEarly { .. } => "AuthFailure.SignatureExpire",
            SignatureError::WrongToken | SignatureError::ExpiredToken { .. } => {
                "AuthFailure.TokenFailure"
            }
            SignatureError::Malformed(diagnosis) => return Self::signature_failure(diagnosis),
            SignatureError::Mismatch(mismatch) => {
                return Self::signature_failure(&diagnosis(mismatch));
            }
        };
        Self::sentence(code, &error)
    }
}

impl ApiError {
    fn signature_failure(diagnosis: &str) -> Self {
        let message = format!(
            "The provided credentials could not be validated. Please check your signature is correct. \
             Diagnosis: {diagnosis}."
        );
        Self::new("AuthFailure.SignatureFailure", message)
    }
}

/// What the client did instead, if that could be found out, and what it should have signed.
fn diagnosis(mismatch: &Mismatch) -> String {
    let difference = match mismatch.difference() {
        Some(difference) => {
            let (ours, theirs) = difference.parts();
            format!("the client signed `{theirs}` where the request has `{ours}`")
        }
        None => "the secret key is another one, or the client signed another text than this request makes"
            .to_owned(),
    };
    let text = &mismatch.expected.string_to_sign;
    format!("{difference}; the text to sign is {text:?}")
}
