//! The dialect of S3 clients: other names of headers, another form of lists.
//!
//! It is used for requests that are signed as S3 clients sign. Follows: COS reference, section 3.6.

mod reply;
mod request;

pub(super) use reply::{adorn, is_content, with_namespace};
pub(super) use request::translate;

use crate::request::error::{self, Error};
use backlot_http::auth::s3::PayloadError;

/// The namespace of replies. Choice: the namespace of S3, because the platform's is not documented.
pub(super) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The COS error of an invalid body.
impl From<PayloadError> for Error {
    fn from(fault: PayloadError) -> Self {
        match &fault {
            PayloadError::Framing(_) | PayloadError::Length { .. } => {
                Self::from(error::INCOMPLETE_BODY).because(fault.to_string())
            }
            PayloadError::Signature(_) => {
                Self::from(error::SIGNATURE_DOES_NOT_MATCH).because(fault.to_string())
            }
            PayloadError::Hash => error::X_AMZ_CONTENT_SHA256_MISMATCH.into(),
            PayloadError::Checksum(_) => Self::from(error::BAD_DIGEST).because(fault.to_string()),
        }
    }
}
