//! AWS signature version 2, in the header or in the query.
//!
//! Follows: the published description of the scheme, and COS reference, section 3.6.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use subtle::ConstantTimeEq as _;

use super::{Unverified, Verified, has_token, header};
use crate::Query;
use crate::auth::guess;
use crate::auth::keyring::{Credentials, Keyring};
use crate::auth::mac::hmac_sha1;
use crate::auth::mismatch::{Mismatch, SignedText};
use crate::auth::signature_error::SignatureError;

/// The largest difference between the client's clock and the emulator's, in seconds.
const ALLOWED_SKEW: i64 = 15 * 60;

/// Parameters that belong to the resource, in order.
const SUB_RESOURCES: [&str; 34] = [
    "accelerate",
    "acl",
    "append",
    "cors",
    "delete",
    "domain",
    "encryption",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "position",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
];

/// A parameter that follows all others.
const LAST: &str = "website";

/// The parts of a signature.
struct Authorization {
    secret_id: String,
    signature: String,
    /// Seconds since the epoch until which it is valid, if it is in the query.
    expires: Option<i64>,
}

/// Who signed the request. `now` is the client's time in seconds since the epoch.
pub fn verify(
    request: &Unverified<'_>,
    keyring: &Keyring,
    now: i64,
) -> Result<Verified, SignatureError> {
    let signed = request.signed;
    let sent = find(signed.headers, signed.query)?;
    let key = keyring
        .find(&sent.secret_id)
        .ok_or_else(|| SignatureError::UnknownKey(sent.secret_id.clone()))?;
    match sent.expires {
        Some(end) if now > end => return Err(SignatureError::Expired { end }),
        Some(_) => {}
        None => check_date(signed.headers, now)?,
    }
    if !has_token(signed, key.credentials.token.as_deref()) {
        return Err(SignatureError::WrongToken);
    }
    check(request, &sent, &key.credentials)?;
    key.check_age(now)?;
    Ok(Verified::plain(key))
}

fn find(headers: &HeaderMap, query: &Query) -> Result<Authorization, SignatureError> {
    let malformed = |text: &str| SignatureError::Malformed(text.to_owned());
    if let Some(text) = header(headers, "authorization") {
        let rest = text.strip_prefix("AWS ").unwrap_or_default();
        let (secret_id, signature) = rest
            .split_once(':')
            .ok_or_else(|| malformed("the Authorization must be AWS <id>:<signature>"))?;
        return Ok(Authorization {
            secret_id: secret_id.trim().to_owned(),
            signature: signature.trim().to_owned(),
            expires: None,
        });
    }
    // A signature holds `+`, which some clients do not encode.
    let literal = |name: &str| query.all(name).next().map(|part| part.literal.clone());
    let expires = query
        .get("expires")
        .and_then(|seconds| seconds.parse().ok());
    match (literal("awsaccesskeyid"), literal("signature"), expires) {
        (Some(secret_id), Some(signature), Some(expires)) => Ok(Authorization {
            secret_id,
            signature,
            expires: Some(expires),
        }),
        _ => Err(malformed(
            "the query needs AWSAccessKeyId, Signature and Expires",
        )),
    }
}

fn check_date(headers: &HeaderMap, now: i64) -> Result<(), SignatureError> {
    let date = header(headers, "x-amz-date").or_else(|| header(headers, "date"));
    let date =
        date.ok_or_else(|| SignatureError::Malformed("the request has no Date".to_owned()))?;
    let parsed = jiff::fmt::rfc2822::parse(date)
        .map_err(|_| SignatureError::Malformed(format!("`{date}` is not a Date")))?;
    let at = parsed.timestamp().as_second();
    if (now - at).abs() > ALLOWED_SKEW {
        return Err(SignatureError::Skewed { at, now });
    }
    Ok(())
}

fn check(
    request: &Unverified<'_>,
    sent: &Authorization,
    credentials: &Credentials,
) -> Result<(), SignatureError> {
    let attempt = |string_to_sign: String| {
        let made = signature(&string_to_sign, credentials);
        let is_it: bool = made.as_bytes().ct_eq(sent.signature.as_bytes()).into();
        let text = SignedText {
            format_string: string_to_sign.clone(),
            string_to_sign,
        };
        (is_it, text)
    };
    let method = request.signed.method;
    let mut shown = None;
    for resource in resources(request) {
        let (is_it, text) = attempt(string_to_sign(request, method, &resource, sent.expires));
        if is_it {
            return Ok(());
        }
        shown.get_or_insert(text);
    }
    let client = guess::METHODS
        .iter()
        .flat_map(|method| {
            resources(request)
                .into_iter()
                .map(move |path| (*method, path))
        })
        .map(|(method, resource)| string_to_sign(request, method, &resource, sent.expires))
        .map(attempt)
        .find_map(|(is_it, text)| is_it.then_some(text));
    Err(SignatureError::Mismatch(Box::new(Mismatch {
        expected: shown.unwrap_or_default(),
        client,
        separator: '\n',
    })))
}

fn signature(string_to_sign: &str, credentials: &Credentials) -> String {
    let key = credentials.secret_key.as_bytes();
    STANDARD.encode(hmac_sha1(key, string_to_sign.as_bytes()))
}

/// The path, with the bucket before it if the host names one; some clients leave it out.
fn resources(request: &Unverified<'_>) -> Vec<String> {
    let path = request.raw_path;
    match request.host_bucket {
        "" => vec![path.to_owned()],
        bucket => vec![format!("/{bucket}{path}"), path.to_owned()],
    }
}

fn string_to_sign(
    request: &Unverified<'_>,
    method: &str,
    path: &str,
    expires: Option<i64>,
) -> String {
    let headers = request.signed.headers;
    let of = |name: &str| header(headers, name).unwrap_or_default();
    let date = match expires {
        Some(expires) => expires.to_string(),
        None if headers.contains_key("x-amz-date") => String::new(),
        None => of("date").to_owned(),
    };
    let (md5, content_type) = (of("content-md5"), of("content-type"));
    let amz = amz_headers(headers);
    let resource = resource(path, request.signed.query);
    format!("{method}\n{md5}\n{content_type}\n{date}\n{amz}{resource}")
}

fn amz_headers(headers: &HeaderMap) -> String {
    let mut names: Vec<_> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-amz-"))
        .collect();
    names.sort_unstable();
    let lines = names.into_iter().map(|name| {
        let values = headers.get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes().trim_ascii()).into_owned())
            .collect();
        format!("{name}:{}\n", values.join(","))
    });
    lines.collect()
}

fn resource(path: &str, query: &Query) -> String {
    let names = SUB_RESOURCES.into_iter().chain([LAST]);
    let parts: Vec<_> = names
        .filter_map(|name| {
            // Here the case counts.
            let part = query.iter().find(|part| part.name == name)?;
            Some(if part.literal.is_empty() {
                name.to_owned()
            } else {
                format!("{name}={}", part.literal)
            })
        })
        .collect();
    if parts.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", parts.join("&"))
    }
}
