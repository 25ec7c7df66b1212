//! AWS signature version 4, in the header or in the query, for the service `s3` in any region.
//!
//! Follows: the published description of the scheme, and COS reference, section 3.6.

use http::header::{AUTHORIZATION, DATE};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::body::Payload;
use super::chunk_signer::ChunkSigner;
use super::{Unverified, Verified, has_token, header};
use crate::Query;
use crate::auth::guess;
use crate::auth::keyring::{Credentials, Keyring};
use crate::auth::mac::hmac_sha256;
use crate::auth::mismatch::{Mismatch, SignedText};
use crate::auth::signature_error::SignatureError;
use crate::auth::v5::Signed;

/// The header with the digest of the body.
const PAYLOAD_HASH: &str = "x-amz-content-sha256";

/// The name of the scheme.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The largest difference between the client's clock and the emulator's, in seconds.
const ALLOWED_SKEW: i64 = 15 * 60;

/// The longest life of a signature in a query, in seconds.
const MAX_EXPIRES: i64 = 7 * 24 * 60 * 60;

/// Characters that are encoded in values.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Characters that are encoded in paths.
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// The day and region of a signature, from which its signing key is derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// `YYYYMMDD`.
    day: String,
    region: String,
}

/// The parts of a signature.
#[derive(Debug)]
struct Authorization {
    secret_id: String,
    scope: Scope,
    signed_headers: Vec<String>,
    signature: String,
    /// `YYYYMMDDTHHMMSSZ`.
    date: String,
    at: i64,
    /// Seconds for which it is valid, if it is in the query.
    expires: Option<i64>,
    payload_hash: String,
}

/// Who signed the request, and how its body is sent. `now` is the client's time in seconds since the epoch.
pub fn verify(
    request: &Unverified<'_>,
    keyring: &Keyring,
    now: i64,
) -> Result<Verified, SignatureError> {
    let sent = Authorization::find(request.signed)?;
    let key = keyring
        .find(&sent.secret_id)
        .ok_or_else(|| SignatureError::UnknownKey(sent.secret_id.clone()))?;
    sent.check_time(now)?;
    if !has_token(request.signed, key.credentials.token.as_deref()) {
        return Err(SignatureError::WrongToken);
    }
    let signing_key = sent.scope.signing_key(&key.credentials.secret_key);
    check(request, &sent, &signing_key)?;
    key.check_age(now)?;
    let payload = payload(&sent, signing_key)?;
    Ok(Verified { key, payload })
}

impl Authorization {
    fn find(signed: &Signed<'_>) -> Result<Self, SignatureError> {
        let header = signed.headers.get(AUTHORIZATION);
        match header.filter(|value| !value.is_empty()) {
            Some(value) => Self::of_header(value, signed.headers),
            None => Self::of_query(signed.query, signed.headers),
        }
    }

    fn of_header(value: &HeaderValue, headers: &HeaderMap) -> Result<Self, SignatureError> {
        let text = value
            .to_str()
            .map_err(|_| malformed("the Authorization header is not ASCII"))?;
        let parts = text.strip_prefix(ALGORITHM).unwrap_or_default().split(',');
        let part = |wanted: &str| {
            let found = parts
                .clone()
                .filter_map(|part| part.trim().split_once('='))
                .find(|(name, _)| *name == wanted);
            let missing = || malformed(&format!("the Authorization has no {wanted}"));
            found.map(|(_, value)| value).ok_or_else(missing)
        };
        let (secret_id, scope) = credential(part("Credential")?)?;
        let date = match (header(headers, "x-amz-date"), header(headers, "date")) {
            (Some(date), _) => date.to_owned(),
            (None, Some(date)) => from_http_date(date)
                .ok_or_else(|| malformed(&format!("`{date}` is not a {DATE}")))?,
            (None, None) => return Err(malformed("the request has no x-amz-date")),
        };
        let payload_hash =
            header(headers, PAYLOAD_HASH).ok_or(SignatureError::MissingHeader(PAYLOAD_HASH))?;
        Self {
            secret_id,
            scope,
            signed_headers: list(part("SignedHeaders")?),
            signature: part("Signature")?.to_owned(),
            at: seconds(&date)?,
            date,
            expires: None,
            payload_hash: payload_hash.to_owned(),
        }
        .of_one_day()
    }

    fn of_query(query: &Query, headers: &HeaderMap) -> Result<Self, SignatureError> {
        let part = |name: &str| {
            let missing = || malformed(&format!("the query has no {name}"));
            query.filled(name).map(str::to_owned).ok_or_else(missing)
        };
        let algorithm = part("X-Amz-Algorithm")?;
        if algorithm != ALGORITHM {
            let text = format!("the X-Amz-Algorithm {algorithm} is not supported");
            return Err(malformed(&text));
        }
        let (secret_id, scope) = credential(&part("X-Amz-Credential")?)?;
        let date = part("X-Amz-Date")?;
        let expires = part("X-Amz-Expires")?.parse().ok();
        let expires = expires.filter(|seconds| (1..=MAX_EXPIRES).contains(seconds));
        let expires =
            expires.ok_or_else(|| malformed("the X-Amz-Expires must be from 1 to 604800"))?;
        let payload_hash = query
            .filled("x-amz-content-sha256")
            .or_else(|| header(headers, "x-amz-content-sha256"))
            .unwrap_or("UNSIGNED-PAYLOAD");
        Self {
            secret_id,
            scope,
            signed_headers: list(&part("X-Amz-SignedHeaders")?),
            signature: part("X-Amz-Signature")?,
            at: seconds(&date)?,
            date,
            expires: Some(expires),
            payload_hash: payload_hash.to_owned(),
        }
        .of_one_day()
    }

    fn of_one_day(self) -> Result<Self, SignatureError> {
        if self.date.starts_with(&self.scope.day) {
            Ok(self)
        } else {
            Err(malformed("the scope is of another day than the x-amz-date"))
        }
    }

    fn check_time(&self, now: i64) -> Result<(), SignatureError> {
        match self.expires {
            Some(_) if self.at > now.saturating_add(ALLOWED_SKEW) => {
                Err(SignatureError::TooEarly { start: self.at })
            }
            Some(expires) if now > self.at + expires => Err(SignatureError::Expired {
                end: self.at + expires,
            }),
            None if (now - self.at).abs() > ALLOWED_SKEW => {
                Err(SignatureError::Skewed { at: self.at, now })
            }
            _ => Ok(()),
        }
    }
}

impl Scope {
    fn text(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.day, self.region)
    }

    fn signing_key(&self, secret_key: &str) -> [u8; 32] {
        let day = hmac_sha256(format!("AWS4{secret_key}").as_bytes(), self.day.as_bytes());
        let region = hmac_sha256(&day, self.region.as_bytes());
        hmac_sha256(&hmac_sha256(&region, b"s3"), b"aws4_request")
    }
}

/// Tries every spelling of host, path and spaces. The first spelling is shown if no one matches.
fn check(
    request: &Unverified<'_>,
    sent: &Authorization,
    signing_key: &[u8],
) -> Result<(), SignatureError> {
    let signed = request.signed;
    if !sent.signed_headers.iter().any(|name| name == "host") {
        return Err(malformed("the SignedHeaders must name the host"));
    }
    let has_all = sent
        .signed_headers
        .iter()
        .all(|name| name == "host" || signed.headers.contains_key(name));
    let attempt = |format_string| attempt(sent, signing_key, format_string);
    let paths: Vec<_> = signed.paths.iter().map(|path| encode_path(path)).collect();
    let paths = || paths.iter().cloned().chain([request.raw_path.to_owned()]);
    let mut shown = None;
    for literal in [true, false] {
        let query = canonical_query(signed.query, literal);
        for host in signed.hosts {
            let headers = canonical_headers(signed.headers, &sent.signed_headers, host);
            for path in paths() {
                let (is_it, text) =
                    attempt(canonical(signed.method, &path, &query, &headers, sent));
                if is_it && has_all {
                    return Ok(());
                }
                shown.get_or_insert(text);
            }
        }
    }
    Err(SignatureError::Mismatch(Box::new(Mismatch {
        expected: shown.unwrap_or_default(),
        client: reconstruct(
            signed,
            sent,
            signing_key,
            &paths().next().unwrap_or_default(),
        ),
        separator: '\n',
    })))
}

/// Whether the client signed this canonical request, and the texts of it.
fn attempt(sent: &Authorization, signing_key: &[u8], format_string: String) -> (bool, SignedText) {
    let string_to_sign = string_to_sign(sent, &format_string);
    let made = hex::encode(hmac_sha256(signing_key, string_to_sign.as_bytes()));
    let is_it: bool = made.as_bytes().ct_eq(sent.signature.as_bytes()).into();
    let text = SignedText {
        string_to_sign,
        format_string,
    };
    (is_it, text)
}

/// What the client has signed instead, if it is one of the common mistakes.
fn reconstruct(
    signed: &Signed<'_>,
    sent: &Authorization,
    signing_key: &[u8],
    path: &str,
) -> Option<SignedText> {
    let query = canonical_query(signed.query, true);
    let host = signed.hosts.first().copied().unwrap_or_default();
    let headers = canonical_headers(signed.headers, &sent.signed_headers, host);
    let methods = guess::METHODS.map(|method| canonical(method, path, &query, &headers, sent));
    let other_paths = guess::paths(signed.paths).into_iter().map(|path| {
        let path = String::from_utf8_lossy(&path).into_owned();
        canonical(signed.method, &path, &query, &headers, sent)
    });
    let fewer = guess::without_one(headers.trim_end(), '\n', sent.signed_headers.len());
    let fewer = fewer.map(|headers| {
        let headers = format!("{headers}\n");
        canonical(signed.method, path, &query, &headers, sent)
    });
    let no_query = canonical(signed.method, path, "", &headers, sent);
    methods
        .into_iter()
        .chain(other_paths)
        .chain(fewer)
        .chain([no_query])
        .map(|canonical| attempt(sent, signing_key, canonical))
        .find_map(|(is_it, text)| is_it.then_some(text))
}

fn canonical(method: &str, path: &str, query: &str, headers: &str, sent: &Authorization) -> String {
    let names = sent.signed_headers.join(";");
    let hash = &sent.payload_hash;
    format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{hash}")
}

fn string_to_sign(sent: &Authorization, canonical: &str) -> String {
    let hash = hex::encode(Sha256::digest(canonical));
    let (date, scope) = (&sent.date, sent.scope.text());
    format!("{ALGORITHM}\n{date}\n{scope}\n{hash}")
}

fn canonical_query(query: &Query, literal: bool) -> String {
    let encode = |text: &str| percent_encode(text.as_bytes(), ENCODED).to_string();
    let parts = query
        .iter()
        .filter(|part| !part.name.eq_ignore_ascii_case("x-amz-signature"));
    let mut pairs: Vec<_> = parts
        .map(|part| {
            let value = if literal { &part.literal } else { &part.value };
            (encode(&part.name), encode(value))
        })
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// A line for each header, ending in a line end.
fn canonical_headers(headers: &HeaderMap, names: &[String], host: &str) -> String {
    let mut text = String::new();
    for name in names {
        let value = if name == "host" {
            host.to_owned()
        } else {
            let values = headers.get_all(name).iter().map(|value| {
                let value = String::from_utf8_lossy(value.as_bytes());
                let words: Vec<_> = value.split_ascii_whitespace().collect();
                words.join(" ")
            });
            values.collect::<Vec<_>>().join(",")
        };
        text.extend([name, ":", value.as_str(), "\n"]);
    }
    text
}

fn encode_path(path: &[u8]) -> String {
    percent_encode(path, ENCODED_PATH).to_string()
}

/// How the body must be sent.
fn payload(sent: &Authorization, signing_key: [u8; 32]) -> Result<Payload, SignatureError> {
    let signed = |has_trailer: bool| {
        let signing = ChunkSigner::new(
            signing_key,
            sent.date.clone(),
            sent.scope.text(),
            sent.signature.clone(),
        );
        Payload::Chunked {
            signing: Some(signing),
            has_trailer,
        }
    };
    match sent.payload_hash.as_str() {
        "UNSIGNED-PAYLOAD" => Ok(Payload::Unsigned),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Ok(signed(false)),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Ok(signed(true)),
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Payload::Chunked {
            signing: None,
            has_trailer: true,
        }),
        text => {
            let mut hash = [0; 32];
            hex::decode_to_slice(text, &mut hash).map_err(|_| {
                malformed("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of the STREAMING forms, or a SHA-256")
            })?;
            Ok(Payload::Hashed(hash))
        }
    }
}

/// `<id>/<day>/<region>/s3/aws4_request`. The id itself has no slash here.
fn credential(text: &str) -> Result<(String, Scope), SignatureError> {
    let parts: Vec<_> = text.split('/').collect();
    match parts.as_slice() {
        [id, day, region, "s3", "aws4_request"] if day.len() == 8 => {
            let (day, region) = ((*day).to_owned(), (*region).to_owned());
            Ok(((*id).to_owned(), Scope { day, region }))
        }
        _ => Err(malformed(
            "the Credential must be <id>/<YYYYMMDD>/<region>/s3/aws4_request",
        )),
    }
}

fn list(text: &str) -> Vec<String> {
    let names = text.split(';').filter(|name| !name.is_empty());
    names.map(str::to_ascii_lowercase).collect()
}

fn seconds(date: &str) -> Result<i64, SignatureError> {
    let parsed = DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok();
    let at = parsed.and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    at.map(|at| at.timestamp().as_second())
        .ok_or_else(|| malformed(&format!("`{date}` is not a date as YYYYMMDDTHHMMSSZ")))
}

fn from_http_date(text: &str) -> Option<String> {
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(written(at))
}

fn written(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn malformed(text: &str) -> SignatureError {
    SignatureError::Malformed(text.to_owned())
}

/// Makes the `Authorization` header of a request: the other direction, for callers inside and for tests.
///
/// Signs the headers that are named, and those alone; `x-amz-date` is written for `at`. Returns the header's value and the
/// signer of the chunks of the body, if it is sent in chunks.
pub fn sign(
    request: &Unverified<'_>,
    header_names: &[&str],
    payload_hash: &str,
    credentials: &Credentials,
    at: Timestamp,
) -> (String, ChunkSigner) {
    let date = written(at);
    let mut names: Vec<_> = header_names
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    let sent = Authorization {
        secret_id: credentials.secret_id.clone(),
        scope: Scope {
            day: date[..8].to_owned(),
            region: "ap-guangzhou".to_owned(),
        },
        signed_headers: names,
        signature: String::new(),
        at: at.as_second(),
        date,
        expires: None,
        payload_hash: payload_hash.to_owned(),
    };
    let signed = request.signed;
    let path = signed.paths.first().map_or(&b"/"[..], Vec::as_slice);
    let host = signed.hosts.first().copied().unwrap_or_default();
    let headers = canonical_headers(signed.headers, &sent.signed_headers, host);
    let query = canonical_query(signed.query, true);
    let canonical = canonical(signed.method, &encode_path(path), &query, &headers, &sent);
    let signing_key = sent.scope.signing_key(&credentials.secret_key);
    let signature = hex::encode(hmac_sha256(
        &signing_key,
        string_to_sign(&sent, &canonical).as_bytes(),
    ));
    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
        sent.secret_id,
        sent.scope.text(),
        sent.signed_headers.join(";"),
    );
    let chunks = ChunkSigner::new(signing_key, sent.date.clone(), sent.scope.text(), signature);
    (authorization, chunks)
}
