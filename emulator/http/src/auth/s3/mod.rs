//! The signatures of AWS that COS accepts as well, for S3 clients.
//!
//! [`v4`] and [`v2`] say who signed; [`body`] decodes the body that was sent, and checks it on the way. What the headers
//! mean is left to COS. Follows: COS reference, section 3.6.

pub mod body;
mod checksum;
mod chunk_signer;
mod chunked;
mod payload_error;
pub mod v2;
pub mod v4;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use checksum::crc32;
pub use chunk_signer::ChunkSigner;
pub use payload_error::{PayloadError, Watch};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use super::keyring::Key;
use super::v5::Signed;
use crate::Query;
use body::Payload;

/// The scheme of a request's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// COS's own, or no signature.
    V5,
    /// `AWS4-HMAC-SHA256`.
    S3V4,
    /// `AWS <id>:<signature>`.
    S3V2,
}

/// A request whose signature is not verified yet, with what only these schemes look at.
#[derive(Clone, Copy, Debug)]
pub struct Unverified<'a> {
    /// Method, hosts, decoded paths, query and headers as they were sent.
    pub signed: &'a Signed<'a>,
    /// The path as it was sent.
    pub raw_path: &'a str,
    /// The bucket in the host, empty if there is no bucket in it.
    pub host_bucket: &'a str,
}

/// A request whose signature is verified.
#[derive(Debug)]
pub struct Verified {
    /// The key that signed it.
    pub key: Arc<Key>,
    /// What the signature says about the body.
    pub payload: Payload,
}

impl Verified {
    /// A request whose signature says nothing about the body.
    pub fn plain(key: Arc<Key>) -> Self {
        Self {
            key,
            payload: Payload::Unsigned,
        }
    }
}

impl Scheme {
    /// Reads the header, else the query.
    pub fn of(headers: &HeaderMap, query: &Query) -> Self {
        let header = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        match header.filter(|value| !value.is_empty()) {
            Some(value) if value.starts_with(b"AWS4-HMAC-SHA256") => Self::S3V4,
            Some(value) if value.starts_with(b"AWS ") => Self::S3V2,
            None if query.has("x-amz-signature") || query.has("x-amz-algorithm") => Self::S3V4,
            None if query.has("awsaccesskeyid") && query.has("signature") => Self::S3V2,
            _ => Self::V5,
        }
    }
}

/// Whether a request says that it is for COS: it is signed in one of the schemes that COS accepts, rightly or not. It tells on
/// hosts that are not those of COS.
pub fn is_for_cos(headers: &HeaderMap, query: &Query) -> bool {
    let header = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let is_v5 = match header.filter(|value| !value.is_empty()) {
        Some(value) => value.starts_with(b"q-sign-algorithm="),
        None => query.has("q-signature") || query.has("sign"),
    };
    is_v5 || Scheme::of(headers, query) != Scheme::V5
}

/// Follows: COS reference, section 3.4: a key without a token must not come with one.
fn has_token(signed: &Signed<'_>, wanted: Option<&str>) -> bool {
    use subtle::ConstantTimeEq as _;

    let names = ["x-amz-security-token", "x-cos-security-token"];
    let headers = names.iter().filter_map(|name| signed.headers.get(*name));
    let headers = headers.map(HeaderValue::as_bytes);
    let parameters = names.iter().flat_map(|name| signed.query.all(name));
    let parameters =
        parameters.flat_map(|part| [part.literal.as_bytes(), part.value.as_bytes()].into_iter());
    let mut found = headers.chain(parameters).filter(|value| !value.is_empty());
    match wanted {
        Some(wanted) => found.any(|token| token.ct_eq(wanted.as_bytes()).into()),
        None => found.next().is_none(),
    }
}

/// A header as text, without spaces around it.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}
