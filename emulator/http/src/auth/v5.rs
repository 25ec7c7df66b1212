//! The signature of the COS XML API, version 5: `q-sign-algorithm=sha1`, in the `Authorization` header or in the query.
//!
//! It says who signed, or why the signature is not accepted; what the caller may do is left to COS.
//! Follows: COS reference, section 3.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

use super::guess;
use super::keyring::{Key, Keyring};
use super::mac::hmac_sha1;
use super::mismatch::{Mismatch, SignedText};
use super::signature_error::SignatureError;
use crate::query::Query;

/// How far a signature may begin in the future, in seconds.
const ALLOWED_SKEW: i64 = 15 * 60;

/// Everything but letters, digits and `-_.~` is percent-encoded, with upper-case digits.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The parts of a request that a signature can cover.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Spellings of the host that the client may have signed; the first match counts.
    pub hosts: &'a [&'a str],
    /// Spellings of the decoded path, with its leading slash, that the client may have signed.
    pub paths: &'a [Vec<u8>],
    /// The query, with or without the signature itself.
    pub query: &'a Query,
    /// The headers.
    pub headers: &'a HeaderMap,
}

/// The parts of a signature, mostly as they were sent.
#[derive(Debug, PartialEq, Eq)]
struct Authorization<'a> {
    secret_id: &'a str,
    sign_time: Cow<'a, str>,
    key_time: Cow<'a, str>,
    start: i64,
    end: i64,
    header_list: Vec<Cow<'a, str>>,
    parameter_list: Vec<Cow<'a, str>>,
    signature: &'a str,
}

/// The names of those parts.
const PARTS: [&str; 7] = [
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
];

/// Who signed the request. `now` is the client's time in seconds since the epoch.
pub fn verify(
    request: &Signed<'_>,
    keyring: &Keyring,
    now: i64,
) -> Result<Arc<Key>, SignatureError> {
    let authorization = find(request)?;
    let key = keyring
        .find(authorization.secret_id)
        .ok_or_else(|| SignatureError::UnknownKey(authorization.secret_id.to_owned()))?;
    if now > authorization.end {
        return Err(SignatureError::Expired {
            end: authorization.end,
        });
    }
    if authorization.start > now.saturating_add(ALLOWED_SKEW) {
        return Err(SignatureError::TooEarly {
            start: authorization.start,
        });
    }
    if !has_token(request, key.credentials.token.as_deref()) {
        return Err(SignatureError::WrongToken);
    }
    check(request, &authorization, &key.credentials.secret_key)?;
    key.check_age(now)?;
    Ok(key)
}

/// Whether a request has a signature in its header or its query, of any scheme.
pub fn is_signed(head: &http::request::Parts) -> bool {
    let header = head.headers.get(AUTHORIZATION);
    let query = head.uri.query().unwrap_or_default();
    header.is_some_and(|value| !value.is_empty()) || Query::parse(query).has("q-signature")
}

/// Finds the signature in the header or the query.
fn find<'a>(request: &Signed<'a>) -> Result<Authorization<'a>, SignatureError> {
    let header = request.headers.get(AUTHORIZATION);
    let header = header.filter(|value| !value.is_empty());
    if let Some(header) = header {
        let text = header.to_str().map_err(|_| {
            SignatureError::Malformed("the Authorization header is not ASCII".to_owned())
        })?;
        return Authorization::parse(text);
    }
    if request.query.has("q-signature") {
        let parts = request.query.iter();
        return Authorization::from_parts(
            parts.map(|part| (part.name.as_str(), part.literal.as_str())),
        );
    }
    match request.query.filled("sign") {
        Some(text) => Authorization::parse(text),
        None => Err(SignatureError::Unsigned),
    }
}

impl<'a> Authorization<'a> {
    fn parse(text: &'a str) -> Result<Self, SignatureError> {
        let parts = text.trim().split('&');
        Self::from_parts(parts.filter_map(|part| {
            let (name, value) = part.split_once('=')?;
            // Spaces in lists are tolerated, but a key id with spaces is another one.
            let is_id = name.trim().eq_ignore_ascii_case("q-ak");
            Some((name.trim(), if is_id { value } else { value.trim() }))
        }))
    }

    /// Names are in any case; the last of the same name counts.
    fn from_parts(parts: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, SignatureError> {
        let mut found = [None; PARTS.len()];
        for (name, value) in parts {
            let is_it = |part: &&str| part.eq_ignore_ascii_case(name);
            if let Some(at) = PARTS.iter().position(is_it) {
                found[at] = Some(value);
            }
        }
        let take = |wanted: &str| {
            let at = PARTS.iter().position(|part| *part == wanted);
            let missing =
                || SignatureError::Malformed(format!("the Authorization has no {wanted}"));
            at.and_then(|at| found[at]).ok_or_else(missing)
        };
        let algorithm = take("q-sign-algorithm")?;
        if algorithm != "sha1" {
            let text = format!("the q-sign-algorithm {algorithm} is not supported");
            return Err(SignatureError::Malformed(text));
        }
        let sign_time = unescaped(take("q-sign-time")?);
        let key_time = unescaped(take("q-key-time")?);
        let (start, end) = window(&sign_time)?;
        window(&key_time)?;
        Ok(Self {
            secret_id: take("q-ak")?,
            sign_time,
            key_time,
            start,
            end,
            header_list: list(take("q-header-list")?),
            parameter_list: list(take("q-url-param-list")?),
            signature: take("q-signature")?,
        })
    }
}

/// `start;end` in seconds since the epoch.
fn window(text: &str) -> Result<(i64, i64), SignatureError> {
    let parse = || {
        let (start, end) = text.split_once(';')?;
        Some((start.parse().ok()?, end.parse().ok()?))
    };
    parse().ok_or_else(|| SignatureError::Malformed(format!("`{text}` is not a time span")))
}

/// Some clients leave `;` as it is, some write `%3B` or `%3b`, also inside an already decoded query. Beside the former, the
/// latter is part of a name.
fn list(text: &str) -> Vec<Cow<'_, str>> {
    if text.contains(';') || !text.contains('%') {
        return entries(text).map(unescaped).collect();
    }
    let text = text.replace("%3B", ";").replace("%3b", ";");
    entries(&text)
        .map(|entry| unescaped(entry).into_owned().into())
        .collect()
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').filter(|entry| !entry.is_empty())
}

fn unescaped(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Follows: COS reference, section 3.4. A key without a token must not come with one, else it is not the key's.
fn has_token(request: &Signed<'_>, wanted: Option<&str>) -> bool {
    const NAME: &str = "x-cos-security-token";
    let header = request.headers.get(NAME).map(http::HeaderValue::as_bytes);
    let header = header.filter(|value| !value.is_empty());
    let mut found = header
        .into_iter()
        .chain(request.query.all(NAME).flat_map(|part| {
            let spellings = [part.literal.as_bytes(), part.value.as_bytes()];
            spellings.into_iter().filter(|value| !value.is_empty())
        }));
    match wanted {
        Some(wanted) => found.any(|token| token.ct_eq(wanted.as_bytes()).into()),
        None => found.next().is_none(),
    }
}

/// Tries every spelling of host, path and spaces. The first spelling is shown if no one matches.
fn check(
    request: &Signed<'_>,
    sent: &Authorization<'_>,
    secret_key: &str,
) -> Result<(), SignatureError> {
    let sign_key = sign_key(secret_key, &sent.key_time);
    let names_host = sent
        .header_list
        .iter()
        .any(|name| name.eq_ignore_ascii_case("host"));
    let hosts = if names_host {
        request.hosts
    } else {
        request.hosts.get(..1).unwrap_or(&[""])
    };
    let is_complete = has_all_listed(request, sent);
    let has_plus = request.query.iter().any(|part| part.value != part.literal);
    let mut shown = None;
    for literal in [false, true].into_iter().take(1 + usize::from(has_plus)) {
        let parameters = parameters(request.query, &sent.parameter_list, literal);
        for host in hosts {
            let headers = headers(request.headers, &sent.header_list, host);
            for path in request.paths {
                let format = format(request.method, path, &parameters, &headers);
                let string_to_sign = string_to_sign(&sent.sign_time, &format);
                let expected = made(&sign_key, &string_to_sign);
                if expected.ct_eq(sent.signature.as_bytes()).into() && is_complete {
                    return Ok(());
                }
                shown.get_or_insert((string_to_sign, format));
            }
        }
    }
    let (string_to_sign, format) = shown.unwrap_or_default();
    Err(SignatureError::Mismatch(Box::new(Mismatch {
        client: reconstruct(request, sent, &sign_key),
        expected: SignedText {
            string_to_sign,
            format_string: String::from_utf8_lossy(&format).into_owned(),
        },
        separator: '\n',
    })))
}

/// The request as it is signed.
fn format(method: &str, path: &[u8], parameters: &str, headers: &str) -> Vec<u8> {
    let parts = [
        method.as_bytes(),
        path,
        parameters.as_bytes(),
        headers.as_bytes(),
    ];
    let length: usize = parts.iter().map(|part| part.len() + 1).sum();
    let mut text = Vec::with_capacity(length);
    for part in parts {
        text.extend_from_slice(part);
        text.push(b'\n');
    }
    text[..method.len()].make_ascii_lowercase();
    text
}

/// The string that the key is applied to.
fn string_to_sign(sign_time: &str, format: &[u8]) -> String {
    let hash = digits(Sha1::digest(format).into());
    let hash = str::from_utf8(&hash).expect("digits are ASCII");
    ["sha1\n", sign_time, "\n", hash, "\n"].concat()
}

/// The key of one span of time.
fn sign_key(secret_key: &str, key_time: &str) -> [u8; 40] {
    digits(hmac_sha1(secret_key.as_bytes(), key_time.as_bytes()))
}

/// The signature of a text.
fn made(sign_key: &[u8], string_to_sign: &str) -> [u8; 40] {
    digits(hmac_sha1(sign_key, string_to_sign.as_bytes()))
}

/// In lower-case hexadecimal.
fn digits(hash: [u8; 20]) -> [u8; 40] {
    let mut digits = [0; 40];
    hex::encode_to_slice(hash, &mut digits).expect("two digits are a byte");
    digits
}

/// What the client has signed instead, if it is one of the usual mistakes.
fn reconstruct(
    request: &Signed<'_>,
    sent: &Authorization<'_>,
    sign_key: &[u8],
) -> Option<SignedText> {
    let host = request.hosts.first().copied().unwrap_or_default();
    let all_parameters = parameters(request.query, &sent.parameter_list, false);
    let all_headers = headers(request.headers, &sent.header_list, host);
    let listed = all_headers.matches('&').count() + 1;
    let less_headers = guess::without_one(&all_headers, '&', listed);
    let less_parameters = guess::without_one(&all_parameters, '&', sent.parameter_list.len());
    let paths = guess::paths(request.paths);
    let first_path = String::from_utf8_lossy(paths.first().map_or(b"", Vec::as_slice));
    let paths = paths
        .iter()
        .map(|path| String::from_utf8_lossy(path).into_owned());
    let method = request.method.to_ascii_lowercase();
    let text = |method: &str, path: &str, parameters: &str, headers: &str| {
        format!("{method}\n{path}\n{parameters}\n{headers}\n")
    };
    let (parameters, headers) = (all_parameters.as_str(), all_headers.as_str());
    let methods = guess::METHODS.iter().map(|method| {
        text(
            &method.to_ascii_lowercase(),
            &first_path,
            parameters,
            headers,
        )
    });
    let as_written = std::iter::once(text(request.method, &first_path, parameters, headers));
    let candidates = as_written
        .chain(methods)
        .chain(paths.map(|path| text(&method, &path, parameters, headers)))
        .chain(less_headers.map(|headers| text(&method, &first_path, parameters, &headers)))
        .chain(less_parameters.map(|parameters| text(&method, &first_path, &parameters, headers)));
    let sign = |format_string: String| {
        let hash = hex::encode(Sha1::digest(&format_string));
        // Clients often forget the last line end.
        let whole = format!("sha1\n{}\n{hash}\n", sent.sign_time);
        let short = whole.trim_end().to_owned();
        [whole, short].into_iter().find_map(|string_to_sign| {
            let made = made(sign_key, &string_to_sign);
            let is_it: bool = made.ct_eq(sent.signature.as_bytes()).into();
            is_it.then(|| SignedText {
                string_to_sign,
                format_string: format_string.clone(),
            })
        })
    };
    candidates.into_iter().find_map(sign)
}

/// Whether everything that the signature lists was sent, be it empty.
fn has_all_listed(request: &Signed<'_>, sent: &Authorization<'_>) -> bool {
    let is_sent = |name: &Cow<'_, str>| {
        name.eq_ignore_ascii_case("host") || request.headers.contains_key(&**name)
    };
    sent.header_list.iter().all(is_sent)
        && sent
            .parameter_list
            .iter()
            .all(|name| request.query.has(name))
}

fn parameters(query: &Query, names: &[impl AsRef<str>], literal: bool) -> String {
    let mut pairs = Vec::with_capacity(names.len());
    for name in distinct(names) {
        let key = lower(encode(name.as_bytes()));
        for part in query.all(name) {
            let value = if literal { &part.literal } else { &part.value };
            pairs.push((key.clone(), encode(value.as_bytes())));
        }
    }
    joined(pairs)
}

fn headers(headers: &HeaderMap, names: &[impl AsRef<str>], host: &str) -> String {
    let mut pairs = Vec::with_capacity(names.len());
    for name in distinct(names) {
        let key = lower(encode(name.as_bytes()));
        if name.eq_ignore_ascii_case("host") {
            pairs.push((key, encode(host.as_bytes())));
            continue;
        }
        for value in headers.get_all(name) {
            pairs.push((key.clone(), encode(value.as_bytes())));
        }
    }
    joined(pairs)
}

/// A client that sends a header twice lists it twice; each of its values counts once.
fn distinct(names: &[impl AsRef<str>]) -> impl Iterator<Item = &str> {
    let is_first = |(index, name): &(usize, &str)| {
        !names[..*index]
            .iter()
            .any(|before| before.as_ref().eq_ignore_ascii_case(name))
    };
    names
        .iter()
        .map(AsRef::as_ref)
        .enumerate()
        .filter(is_first)
        .map(|(_, name)| name)
}

/// Names and values, sorted, as one text.
fn joined(mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> String {
    pairs.sort_unstable();
    let length: usize = pairs
        .iter()
        .map(|(name, value)| name.len() + value.len() + 2)
        .sum();
    let mut text = String::with_capacity(length);
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&name);
        text.push('=');
        text.push_str(&value);
    }
    text
}

fn encode(bytes: &[u8]) -> Cow<'_, str> {
    percent_encode(bytes, ENCODED).into()
}

fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text.to_ascii_lowercase().into();
    }
    text
}

/// Makes the value of an `Authorization` header: the other direction, for callers inside and for tests.
///
/// Signs the host, the headers and the parameters that are given, for the time from `start` to `end`.
pub fn sign(
    request: &Signed<'_>,
    header_names: &[&str],
    credentials: &super::Credentials,
    (start, end): (i64, i64),
) -> String {
    let key_time = format!("{start};{end}");
    let mut names: Vec<String> = header_names
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    let mut listed: Vec<String> = request.query.iter().map(|part| part.name.clone()).collect();
    listed.sort_unstable_by_key(|name| encode(name.as_bytes()).to_ascii_lowercase());
    let host = request.hosts.first().copied().unwrap_or_default();
    let path = request.paths.first().map(Vec::as_slice).unwrap_or_default();
    let format = format(
        request.method,
        path,
        &parameters(request.query, &listed, false),
        &headers(request.headers, &names, host),
    );
    let sign_key = sign_key(&credentials.secret_key, &key_time);
    let signature = made(&sign_key, &string_to_sign(&key_time, &format));
    let signature = str::from_utf8(&signature).expect("digits are ASCII");
    let listed: Vec<_> = listed
        .iter()
        .map(|name| encode(name.as_bytes()).to_ascii_lowercase())
        .collect();
    format!(
        "q-sign-algorithm=sha1&q-ak={}&q-sign-time={key_time}&q-key-time={key_time}&q-header-list={}\
         &q-url-param-list={}&q-signature={signature}",
        credentials.secret_id,
        names.join(";"),
        listed.join(";"),
    )
}

#[cfg(test)]
#[path = "v5_tests.rs"]
mod tests;
