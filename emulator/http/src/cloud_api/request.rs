//! A request of the Cloud API as it was sent, in one of its four forms.
//!
//! Follows: MPS reference, section 14.1.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method};

use super::{ApiError, flatten, multipart};
use crate::Body;
use crate::auth::{Key, Keyring, tc3, v1};
use crate::exchange::{BodyError, collect};
use crate::query::Query;
use backlot_base::json::Value;

const JSON_LIMIT: usize = 10 * 1024 * 1024;
const FORM_LIMIT: usize = 1024 * 1024;
const QUERY_LIMIT: usize = 32 * 1024;

/// Parameters of every call in the older form; all others are the action's own.
const COMMON: &[&str] = &[
    "Action",
    "Version",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Region",
    "Token",
    "Language",
    "RequestClient",
];

/// Where the common parameters and the signature are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In headers: `TC3-HMAC-SHA256`.
    Headers,
    /// Among the other parameters: `HmacSHA1` and `HmacSHA256`.
    Parameters,
}

/// A request that has been read. Its service is not known yet.
#[derive(Debug)]
pub(super) struct Sent {
    method: Method,
    raw_query: String,
    headers: HeaderMap,
    body: Bytes,
    form: Form,
    /// The query or the form, if the parameters are there.
    flat: Query,
    /// The action's own parameters.
    pub(super) parameters: Value,
}

/// A request that cannot be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// The client is answered with this error.
    Refused(ApiError),
    /// The client has closed the connection.
    Gone,
}

impl From<ApiError> for Unread {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl Form {
    /// The form of a request and the largest size of its parameters in bytes. `kind` is its content type without
    /// parameters, in lower case.
    fn of(parts: &Parts, kind: &str, content_type: &str) -> Result<(Self, usize), ApiError> {
        let is_by_headers = parts.headers.contains_key("x-tc-action");
        Ok(match (&parts.method, kind) {
            (&Method::GET, _) if is_by_headers => (Self::Headers, QUERY_LIMIT),
            (&Method::GET, _) => (Self::Parameters, QUERY_LIMIT),
            (&Method::POST, "application/json" | "multipart/form-data") => {
                (Self::Headers, JSON_LIMIT)
            }
            (&Method::POST, "application/x-www-form-urlencoded") if !is_by_headers => {
                (Self::Parameters, FORM_LIMIT)
            }
            (&Method::POST, _) => {
                // Choice: the reference says which type goes with which signature, not the code of the error.
                let message = format!(
                    "The Content-Type `{content_type}` cannot be used with this kind of signature."
                );
                return Err(ApiError::new("UnsupportedProtocol", message));
            }
            (method, _) => {
                let message = format!("The method {method} is not GET or POST.");
                return Err(ApiError::new("UnsupportedProtocol", message));
            }
        })
    }
}

impl Sent {
    /// Reads method and content type, then the parameters.
    pub(super) async fn read(parts: Parts, body: Body) -> Result<Self, Unread> {
        let path = parts.uri.path();
        if !path.is_empty() && path != "/" {
            let message = format!("The path of a call is always `/`, not `{path}`.");
            return Err(ApiError::invalid_parameter(message).into());
        }
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        let content_type = parts.headers.get(CONTENT_TYPE);
        let content_type = content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default();
        let kind = kind.trim().to_ascii_lowercase();
        let (form, limit) = Form::of(&parts, &kind, content_type)?;
        if parts.method == Method::GET && raw_query.len() > limit {
            return Err(ApiError::too_large(limit).into());
        }
        let body = match collect(body, limit).await {
            Ok(body) => body,
            Err(BodyError::TooLarge { limit }) => return Err(ApiError::too_large(limit).into()),
            Err(BodyError::Incomplete { .. }) => return Err(Unread::Gone),
        };
        let (flat, parameters) = match (&parts.method, &kind[..]) {
            (&Method::GET, _) => flat(&raw_query, form)?,
            (_, "application/json") => (Query::default(), json(&body)?),
            (_, "multipart/form-data") => {
                let read = multipart::read(content_type, &body)?;
                let pairs = read
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.clone()));
                (Query::default(), flatten::unflatten(pairs)?)
            }
            _ => flat(&String::from_utf8_lossy(&body), form)?,
        };
        Ok(Self {
            method: parts.method,
            raw_query,
            headers: parts.headers,
            body,
            form,
            flat,
            parameters,
        })
    }

    /// A common parameter, wherever this form has it: `Action` is `X-TC-Action` among the headers.
    pub(super) fn common(&self, name: &str) -> Option<&str> {
        let found = match self.form {
            Form::Headers => {
                let value = self.headers.get(format!("x-tc-{name}"));
                value.and_then(|value| value.to_str().ok())
            }
            Form::Parameters => {
                let mut parts = self.flat.iter();
                let found = parts.find(|part| part.name == name);
                found.map(|part| part.value.as_str())
            }
        };
        found.filter(|value| !value.is_empty())
    }

    /// The service that the signature is for, if it says so.
    pub(super) fn signed_service(&self) -> Option<&str> {
        tc3::service_of(&self.headers)
    }

    /// Whether the client says that it does not sign.
    pub(super) fn is_unsigned(&self) -> bool {
        let authorization = self.headers.get(AUTHORIZATION);
        self.form == Form::Headers && authorization.is_some_and(|value| value == "SKIP")
    }

    /// Who signed. `hosts` are spellings of the host, `service` is what it belongs to, `now` is in seconds since the epoch.
    pub(super) fn signer(
        &self,
        hosts: &[&str],
        service: Option<&str>,
        keyring: &Keyring,
        now: i64,
    ) -> Result<Arc<Key>, ApiError> {
        let method = self.method.as_str();
        let verified = match self.form {
            Form::Headers => {
                let signed = tc3::Signed {
                    method,
                    hosts,
                    query: &self.raw_query,
                    headers: &self.headers,
                    body: &self.body,
                    service,
                };
                tc3::verify(&signed, keyring, now)
            }
            Form::Parameters => {
                let signed = v1::Signed {
                    method,
                    hosts,
                    parameters: &self.flat,
                };
                v1::verify(&signed, keyring, now)
            }
        };
        Ok(verified?)
    }
}

fn json(body: &[u8]) -> Result<Value, ApiError> {
    let refused =
        |what: String| ApiError::invalid_parameter(format!("The body is not JSON: {what}."));
    let text = std::str::from_utf8(body).map_err(|error| refused(error.to_string()))?;
    if text.trim().is_empty() {
        return Ok(Value::Object(Vec::new()));
    }
    let value = Value::parse(text).map_err(|error| refused(error.to_string()))?;
    if value.as_object().is_none() {
        let message = format!("The body is {}, not an object.", value.kind());
        return Err(ApiError::invalid_parameter(message));
    }
    Ok(value)
}

fn flat(raw: &str, form: Form) -> Result<(Query, Value), ApiError> {
    let query = Query::parse(raw);
    let own = query
        .iter()
        .filter(|part| form == Form::Headers || !COMMON.contains(&part.name.as_str()));
    let own = own.map(|part| (part.name.as_str(), part.value.clone()));
    let parameters = flatten::unflatten(own)?;
    Ok((query, parameters))
}
