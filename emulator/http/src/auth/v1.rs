//! The first signature of the Cloud API: `HmacSHA1` and `HmacSHA256` over sorted parameters.
//!
//! It says who signed, or why the signature is not accepted. Follows: MPS reference, section 14.4.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use subtle::ConstantTimeEq as _;

use super::checks::{check_id, check_time, check_token};
use super::keyring::{Key, Keyring};
use super::mac::{hmac_sha1, hmac_sha256};
use super::mismatch::{Mismatch, SignedText};
use super::signature_error::SignatureError;
use crate::query::Query;

/// The hosts that a client signs when it is not told about another one.
const ENDPOINTS: [&str; 3] = [
    "mps.tencentcloudapi.com",
    "scf.tencentcloudapi.com",
    "sts.tencentcloudapi.com",
];

/// The parts of a request that a signature can cover.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Spellings of the host that the client may have signed: with and without the port.
    pub hosts: &'a [&'a str],
    /// All parameters, of the query or of the form, the signature included.
    pub parameters: &'a Query,
}

#[derive(Clone, Copy, Debug)]
enum Method {
    Sha1,
    Sha256,
}

/// One way to read the request; clients differ in what they sign.
#[derive(Clone, Copy, Debug)]
struct Reading<'a> {
    method: &'a str,
    host: &'a str,
    /// The Python SDK writes `_` in names as `.` in the text to sign.
    has_dots: bool,
    is_encoded: bool,
}

/// Who signed the request. `now` is the client's time in seconds since the epoch.
pub fn verify(
    request: &Signed<'_>,
    keyring: &Keyring,
    now: i64,
) -> Result<Arc<Key>, SignatureError> {
    let secret_id = needed(request.parameters, "SecretId")?;
    check_id(secret_id)?;
    let key = keyring
        .find(secret_id)
        .ok_or_else(|| SignatureError::UnknownKey(secret_id.to_owned()))?;
    let timestamp = needed(request.parameters, "Timestamp")?;
    let seconds = timestamp.parse().map_err(|_| {
        SignatureError::Malformed(format!("the Timestamp `{timestamp}` is not a number"))
    })?;
    check_time(seconds, now)?;
    needed(request.parameters, "Nonce")?;
    let token = find(request.parameters, "Token").map(str::as_bytes);
    check_token(token, key.credentials.token.as_deref())?;
    check(request, key.credentials.secret_key.as_bytes())?;
    key.check_age(now)?;
    Ok(key)
}

fn check(request: &Signed<'_>, secret_key: &[u8]) -> Result<(), SignatureError> {
    let method = Method::of(request.parameters)?;
    needed(request.parameters, "Signature")?;
    let is_signed = |reading: &Reading<'_>| {
        let source = source(request.parameters, reading, false);
        let expected = STANDARD.encode(method.sign(secret_key, source.as_bytes()));
        let sent = request.parameters.iter();
        let mut sent = sent.filter(|part| part.name == "Signature");
        // A client that does not encode its signature sends a raw plus sign.
        sent.any(|part| {
            let is_value = expected.as_bytes().ct_eq(part.value.as_bytes());
            bool::from(is_value | expected.as_bytes().ct_eq(part.literal.as_bytes()))
        })
    };
    let reading = |host, has_dots| Reading {
        method: request.method,
        host,
        has_dots,
        is_encoded: false,
    };
    let mut readings = request
        .hosts
        .iter()
        .flat_map(|host| [false, true].map(|has_dots| reading(host, has_dots)));
    if readings.any(|reading| is_signed(&reading)) {
        return Ok(());
    }
    let usual = reading(request.hosts.first().copied().unwrap_or_default(), false);
    let mut guesses = ENDPOINTS.map(|host| reading(host, false)).to_vec();
    for method in ["GET", "POST"] {
        guesses.push(Reading { method, ..usual });
    }
    guesses.push(Reading {
        is_encoded: true,
        ..usual
    });
    // The string to sign is the request itself.
    let text = |reading: &Reading<'_>| {
        let source = source(request.parameters, reading, true);
        SignedText {
            string_to_sign: source.clone(),
            format_string: source,
        }
    };
    Err(SignatureError::Mismatch(Box::new(Mismatch {
        expected: text(&usual),
        client: guesses.iter().find(|guess| is_signed(guess)).map(text),
        separator: '&',
    })))
}

/// The text to sign. `is_shown` leaves out what must not be shown.
fn source(parameters: &Query, reading: &Reading<'_>, is_shown: bool) -> String {
    let signed = parameters.iter().filter(|part| part.name != "Signature");
    let mut pairs: Vec<_> = signed
        .map(|part| {
            let name = if reading.has_dots {
                part.name.replace('_', ".")
            } else {
                part.name.clone()
            };
            let value = if is_shown && part.name == "Token" {
                "(not shown)".to_owned()
            } else if reading.is_encoded {
                utf8_percent_encode(&part.value, NON_ALPHANUMERIC).to_string()
            } else {
                part.value.clone()
            };
            (name, value)
        })
        .collect();
    pairs.sort_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    let pairs = pairs.collect::<Vec<_>>().join("&");
    format!("{}{}/?{pairs}", reading.method, reading.host)
}

impl Method {
    fn of(parameters: &Query) -> Result<Self, SignatureError> {
        match find(parameters, "SignatureMethod") {
            None | Some("" | "HmacSHA1") => Ok(Self::Sha1),
            Some("HmacSHA256") => Ok(Self::Sha256),
            Some(other) => Err(SignatureError::Malformed(format!(
                "the SignatureMethod `{other}` is not HmacSHA1 or HmacSHA256"
            ))),
        }
    }

    fn sign(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => hmac_sha1(key, text).to_vec(),
            Self::Sha256 => hmac_sha256(key, text).to_vec(),
        }
    }
}

/// The value of the first parameter of exactly this name.
fn find<'a>(parameters: &'a Query, name: &str) -> Option<&'a str> {
    let mut parts = parameters.iter();
    let found = parts.find(|part| part.name == name);
    found.map(|part| part.value.as_str())
}

fn needed<'a>(parameters: &'a Query, name: &'static str) -> Result<&'a str, SignatureError> {
    let value = find(parameters, name).filter(|value| !value.is_empty());
    value.ok_or(SignatureError::Missing(name))
}

/// Makes the value of the parameter `Signature`: the other direction, for callers inside and for tests.
///
/// Signs the first spelling of the host and all other parameters. Fails if their `SignatureMethod` is not one.
pub fn sign(request: &Signed<'_>, secret_key: &str) -> Result<String, SignatureError> {
    let reading = Reading {
        method: request.method,
        host: request.hosts.first().copied().unwrap_or_default(),
        has_dots: false,
        is_encoded: false,
    };
    let source = source(request.parameters, &reading, false);
    let method = Method::of(request.parameters)?;
    Ok(STANDARD.encode(method.sign(secret_key.as_bytes(), source.as_bytes())))
}
