//! The signature of the Cloud API, third edition: `TC3-HMAC-SHA256`.
//!
//! It says who signed, or why the signature is not accepted. Follows: MPS reference, section 14.3, with all its traps.

mod reading;

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use self::reading::Reading;
use crate::auth::checks::{check_id, check_time, check_token};
use crate::auth::keyring::{Credentials, Key, Keyring};
use crate::auth::mac::hmac_sha256;
use crate::auth::mismatch::{Mismatch, SignedText};
use crate::auth::signature_error::SignatureError;

const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// The parts of a request that a signature can cover.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Spellings of the host that the client may have signed: with and without the port.
    pub hosts: &'a [&'a str],
    /// The query as sent. It is signed for GET only.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body as sent. It is not signed for GET.
    pub body: &'a [u8],
    /// The service to which the host belongs, if it belongs to one.
    pub service: Option<&'a str>,
}

/// The parts of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
struct Authorization<'a> {
    secret_id: &'a str,
    date: &'a str,
    service: &'a str,
    /// Lower case, sorted.
    signed_headers: Vec<String>,
    signature: &'a str,
}

/// Who signed the request. `now` is the client's time in seconds since the epoch.
pub fn verify(
    request: &Signed<'_>,
    keyring: &Keyring,
    now: i64,
) -> Result<Arc<Key>, SignatureError> {
    let authorization = text(request.headers, "Authorization")?;
    let sent = Authorization::parse(authorization)?;
    check_id(sent.secret_id)?;
    let key = keyring
        .find(sent.secret_id)
        .ok_or_else(|| SignatureError::UnknownKey(sent.secret_id.to_owned()))?;
    let timestamp = text(request.headers, "X-TC-Timestamp")?;
    let seconds: i64 = timestamp.trim().parse().map_err(|_| {
        SignatureError::Malformed(format!("the X-TC-Timestamp `{timestamp}` is not a number"))
    })?;
    check_time(seconds, now)?;
    let token = request.headers.get("x-tc-token");
    check_token(
        token.map(http::HeaderValue::as_bytes),
        key.credentials.token.as_deref(),
    )?;
    check_scope(request, &sent, seconds)?;
    check(request, &sent, timestamp.trim(), &key.credentials)?;
    key.check_age(now)?;
    Ok(key)
}

/// The service that a client means, as its signature says.
pub fn service_of(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    Some(Authorization::parse(authorization).ok()?.service)
}

impl<'a> Authorization<'a> {
    fn parse(text: &'a str) -> Result<Self, SignatureError> {
        let malformed = |what: &str| SignatureError::Malformed(format!("the Authorization {what}"));
        let parts = text
            .trim()
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| malformed("is not of the kind TC3-HMAC-SHA256"))?;
        let part = |name: &str| {
            let mut parts = parts
                .split(',')
                .filter_map(|part| part.trim().split_once('='));
            let found = parts.find(|(found, _)| *found == name);
            found
                .map(|(_, value)| value.trim())
                .ok_or_else(|| malformed(&format!("has no {name}")))
        };
        let credential = part("Credential")?;
        let mut scope = credential.split('/');
        let (Some(secret_id), Some(date), Some(service), Some("tc3_request"), None) = (
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
        ) else {
            return Err(malformed(
                "has a Credential that is not `SecretId/date/service/tc3_request`",
            ));
        };
        let names = part("SignedHeaders")?.split(';').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        let mut signed_headers: Vec<_> = names.map(str::to_ascii_lowercase).collect();
        signed_headers.sort_unstable();
        signed_headers.dedup();
        for needed in ["content-type", "host"] {
            if !signed_headers.iter().any(|name| name == needed) {
                return Err(malformed(&format!("does not sign the header `{needed}`")));
            }
        }
        Ok(Self {
            secret_id,
            date,
            service,
            signed_headers,
            signature: part("Signature")?,
        })
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", self.date, self.service)
    }
}

/// The scope must say what the request says. A client with an endpoint of its own derives the service from it, so the
/// service counts only where the host belongs to one.
fn check_scope(
    request: &Signed<'_>,
    sent: &Authorization<'_>,
    seconds: i64,
) -> Result<(), SignatureError> {
    let date = Timestamp::from_second(seconds).map(|time| time.strftime("%Y-%m-%d").to_string());
    if date.as_deref().ok() != Some(sent.date) {
        return Err(SignatureError::Malformed(format!(
            "the date `{}` of the Credential is not the UTC date of the X-TC-Timestamp {seconds}",
            sent.date
        )));
    }
    match request.service {
        Some(service) if service != sent.service => Err(SignatureError::Malformed(format!(
            "the service `{}` of the Credential is not `{service}`, which the host belongs to",
            sent.service
        ))),
        _ => Ok(()),
    }
}

fn check(
    request: &Signed<'_>,
    sent: &Authorization<'_>,
    timestamp: &str,
    credentials: &Credentials,
) -> Result<(), SignatureError> {
    for name in &sent.signed_headers {
        if name != "host" && !request.headers.contains_key(name) {
            return Err(SignatureError::Malformed(format!(
                "the header `{name}` is signed but was not sent"
            )));
        }
    }
    let key = signing_key(&credentials.secret_key, sent.date, sent.service);
    let is_signed = |reading: &Reading<'_>| {
        let canonical = reading.canonical(request, &sent.signed_headers, false);
        let expected = signature(&key, &string_to_sign(timestamp, &sent.scope(), &canonical));
        bool::from(expected.as_bytes().ct_eq(sent.signature.as_bytes()))
    };
    let mut readings = request
        .hosts
        .iter()
        .flat_map(|host| [false, true].map(|is_lower| Reading::of(request, host, is_lower)));
    if readings.any(|reading| is_signed(&reading)) {
        return Ok(());
    }
    let host = request.hosts.first().copied().unwrap_or_default();
    let reading = Reading::of(request, host, false);
    let endpoint = format!("{}.tencentcloudapi.com", sent.service);
    let guesses = reading.guesses(&endpoint);
    let text = |reading: &Reading<'_>| {
        let canonical = reading.canonical(request, &sent.signed_headers, true);
        SignedText {
            string_to_sign: string_and_request(timestamp, sent, &canonical),
            format_string: canonical,
        }
    };
    Err(SignatureError::Mismatch(Box::new(Mismatch {
        expected: text(&reading),
        client: guesses.iter().find(|guess| is_signed(guess)).map(text),
        separator: '\n',
    })))
}

fn string_to_sign(timestamp: &str, scope: &str, canonical: &str) -> String {
    let hash = hex::encode(Sha256::digest(canonical));
    format!("{ALGORITHM}\n{timestamp}\n{scope}\n{hash}")
}

/// The string to sign with the canonical request in place of its hash, which tells nothing.
fn string_and_request(timestamp: &str, sent: &Authorization<'_>, canonical: &str) -> String {
    format!(
        "{ALGORITHM}\n{timestamp}\n{}\nSHA256({canonical})",
        sent.scope()
    )
}

fn signing_key(secret_key: &str, date: &str, service: &str) -> [u8; 32] {
    let first = hmac_sha256(format!("TC3{secret_key}").as_bytes(), date.as_bytes());
    hmac_sha256(&hmac_sha256(&first, service.as_bytes()), b"tc3_request")
}

fn signature(key: &[u8], string_to_sign: &str) -> String {
    hex::encode(hmac_sha256(key, string_to_sign.as_bytes()))
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, SignatureError> {
    let value = headers.get(name).ok_or(SignatureError::Missing(name))?;
    value
        .to_str()
        .map_err(|_| SignatureError::Malformed(format!("the header `{name}` is not ASCII")))
}

/// Makes the value of an `Authorization` header: the other direction, for callers inside and for tests.
///
/// Signs `content-type`, `host` (the first of its spellings) and the headers in `more`, which are in lower case.
/// `timestamp` is what the request's `X-TC-Timestamp` says.
pub fn sign(
    request: &Signed<'_>,
    more: &[&str],
    credentials: &Credentials,
    service: &str,
    timestamp: i64,
) -> String {
    let date = Timestamp::from_second(timestamp)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%d")
        .to_string();
    let names = ["content-type", "host"].iter().chain(more);
    let mut signed_headers: Vec<_> = names.map(|&name| name.to_owned()).collect();
    signed_headers.sort_unstable();
    let sent = Authorization {
        secret_id: &credentials.secret_id,
        date: &date,
        service,
        signed_headers,
        signature: "",
    };
    let host = request.hosts.first().copied().unwrap_or_default();
    let reading = Reading::of(request, host, false);
    let canonical = reading.canonical(request, &sent.signed_headers, false);
    let key = signing_key(&credentials.secret_key, &date, service);
    let to_sign = string_to_sign(&timestamp.to_string(), &sent.scope(), &canonical);
    format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
        sent.secret_id,
        sent.scope(),
        sent.signed_headers.join(";"),
        signature(&key, &to_sign)
    )
}
