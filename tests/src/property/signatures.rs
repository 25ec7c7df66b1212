//! Signatures: what the reference signer makes is right, and nothing that it covers can be altered.

use backlot::http::Query;
use backlot::http::auth::s3::{Unverified, v2, v4};
use backlot::http::auth::{Credentials, Keyring, Principal, tc3, v1, v5};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use sha1::Sha1;

use super::input::Input;

/// 2023-11-14T22:13:20Z
const NOW: i64 = 1_700_000_000;
const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const HOST: &str = "media-1250000000.cos.ap-guangzhou.myqcloud.com";
const BUCKET: &str = "media-1250000000";

/// A request before anybody has signed it.
#[derive(Clone, Debug, PartialEq)]
struct Draft {
    method: &'static str,
    /// Decoded; begins with a slash.
    path: Vec<u8>,
    /// As it is sent.
    query: String,
    /// `content-type`
    kind: String,
    /// A header of the scheme's own.
    note: String,
    body: Vec<u8>,
}

/// A scheme: how it is made and judged, and what of a request it covers.
struct Scheme {
    sign: fn(&Draft) -> String,
    verify: fn(&Draft, &str) -> bool,
    /// What of the first request a signature of the second one covers. If that is the same, the signature is right for both.
    covered: fn(&Draft, &Draft) -> Vec<Vec<u8>>,
    /// Two signatures of which this is the same are one.
    meant: fn(&str) -> Vec<String>,
}

const SCHEMES: [Scheme; 5] = [
    Scheme {
        sign: |draft| with_v5(draft, sign_v5),
        verify: |draft, sent| with_v5(draft, |signed| verify_v5(signed, sent)),
        covered: |draft, signed| [plain(draft), listed(draft, signed)].concat(),
        meant: meant_by_v5,
    },
    Scheme {
        sign: |draft| with_s3(draft, sign_v4),
        verify: |draft, sent| with_s3(draft, |asked| verify_v4(asked, sent)),
        covered: |draft, _| [plain(draft), all(draft, |part| part.value.clone())].concat(),
        meant: meant_by_v4_and_tc3,
    },
    Scheme {
        sign: sign_v2,
        verify: |draft, sent| with_s3(draft, |asked| verify_v2(asked, sent)),
        covered: |draft, _| plain(draft),
        meant: |sent| vec![sent.to_owned()],
    },
    Scheme {
        sign: sign_tc3,
        verify: verify_tc3,
        covered: |draft, _| covered_by_tc3(draft),
        meant: meant_by_v4_and_tc3,
    },
    Scheme {
        sign: sign_v1,
        verify: verify_v1,
        covered: |draft, _| covered_by_v1(draft),
        meant: |sent| vec![sent.to_owned()],
    },
];

/// Choices of what to alter, then lines: path, query, content type, note; then the body.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let scheme = &SCHEMES[usize::from(input.byte()) % SCHEMES.len()];
    let part = input.byte();
    let (at, byte) = (input.below(1 << 16), input.byte());
    let draft = Draft {
        method: input.choose(&["GET", "PUT", "POST", "DELETE", "HEAD"]),
        path: [b"/", input.line()].concat(),
        query: visible(input.line()),
        kind: visible(input.line()),
        note: visible(input.line()),
        body: input.0.to_vec(),
    };
    // A list of one name that holds a separator could be one of two names, and none can hold a name without letters. A
    // token that is not the key's is refused, however right its signature.
    let is_odd = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.is_empty() || name.contains(';') || name.ends_with("token")
    };
    let query = Query::parse(&draft.query);
    if query.iter().any(|part| is_odd(&part.name)) {
        return;
    }
    let sent = (scheme.sign)(&draft);
    if sent.is_empty() {
        return;
    }
    assert!((scheme.verify)(&draft, &sent), "{draft:?} {sent}");
    let mut other = draft.clone();
    let mut altered = sent.clone();
    match part % 7 {
        0 => {
            let methods = ["GET", "PUT", "POST", "DELETE", "HEAD"];
            other.method = methods[at % methods.len()];
        }
        1 => replace(&mut other.path, at, byte),
        2 => replace_visible(&mut other.query, at, byte),
        3 => replace_visible(&mut other.kind, at, byte),
        4 => replace_visible(&mut other.note, at, byte),
        5 => replace(&mut other.body, at, byte),
        _ => replace_visible(&mut altered, at, byte),
    }
    if other.path.first() != Some(&b'/') || other.path.contains(&b'\n') {
        // A line end in a path makes one text of two requests in schemes that sign it decoded.
        return;
    }
    let is_same = (scheme.covered)(&other, &draft) == (scheme.covered)(&draft, &draft);
    if !is_same || (scheme.meant)(&altered) != (scheme.meant)(&sent) {
        let passes = (scheme.verify)(&other, &altered);
        assert!(!passes, "{draft:?} {sent}\nas {other:?} {altered}");
    }
}

/// What every scheme of COS covers.
fn plain(draft: &Draft) -> Vec<Vec<u8>> {
    vec![
        draft.method.into(),
        draft.path.clone(),
        spaces(&draft.kind).into(),
        spaces(&draft.note).into(),
    ]
}

/// The parameters, sorted.
fn all(draft: &Draft, value: fn(&backlot::http::query::Parameter) -> String) -> Vec<Vec<u8>> {
    let query = Query::parse(&draft.query);
    let mut pairs: Vec<_> = query
        .iter()
        .map(|part| format!("{}={}", part.name.to_ascii_lowercase(), value(part)).into_bytes())
        .collect();
    pairs.sort();
    pairs
}

/// The parameters with the names that were there when the request was signed. Others may be added: the list tells what counts.
fn listed(draft: &Draft, signed: &Draft) -> Vec<Vec<u8>> {
    let known = Query::parse(&signed.query);
    let query = Query::parse(&draft.query);
    let parts = query.iter().filter(|part| known.has(&part.name));
    let mut pairs: Vec<_> = parts
        .map(|part| format!("{}={}", part.name.to_ascii_lowercase(), part.value).into_bytes())
        .collect();
    pairs.sort();
    pairs
}

/// Which headers and parameters a signature lists is no part of what it signs, only they themselves are; so lists can be
/// altered as long as they name the same. Names are the same in any case, empty names are left out, and spaces around a part do not
/// count.
fn meant_by_v5(sent: &str) -> Vec<String> {
    let parts = sent.split('&').filter_map(|part| part.split_once('='));
    let parts = parts.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()));
    let parts = parts.map(|(name, value)| match name {
        name if name.ends_with("-list") => format!("{name}={}", names(value)),
        name => format!("{name}={value}"),
    });
    parts.collect()
}

/// The list is signed, but in lower case; and a space between the parts may be one more comma.
fn meant_by_v4_and_tc3(sent: &str) -> Vec<String> {
    let sent = sent.replacen(' ', ",", 1);
    let parts = sent.split(',').map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    let parts = parts.map(|part| match part.split_once('=') {
        Some(("SignedHeaders", value)) => format!("SignedHeaders={}", names(value)),
        _ => part.to_owned(),
    });
    parts.collect()
}

/// The names of a list, each once.
fn names(list: &str) -> String {
    let list = list.to_ascii_lowercase();
    let mut names: Vec<_> = list.split(';').filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

/// Runs of spaces count as one, and those at the ends are removed.
fn spaces(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn visible(bytes: &[u8]) -> String {
    let visible = bytes.iter().filter(|byte| (b' '..=b'~').contains(*byte));
    visible.map(|byte| char::from(*byte)).collect()
}

fn replace(bytes: &mut [u8], at: usize, byte: u8) {
    if let Some(place) = at.checked_rem(bytes.len()).and_then(|at| bytes.get_mut(at)) {
        *place = byte;
    }
}

fn replace_visible(text: &mut String, at: usize, byte: u8) {
    let mut bytes = text.clone().into_bytes();
    replace(&mut bytes, at, b' ' + byte % 95);
    *text = String::from_utf8(bytes).expect("all of it is ASCII");
}

fn credentials() -> Credentials {
    Credentials {
        secret_id: "AKIDEXAMPLE".to_owned(),
        secret_key: "examplekey".to_owned(),
        token: None,
    }
}

fn keyring() -> Keyring {
    let keyring = Keyring::default();
    keyring.issue(credentials(), Principal::new("owner", None));
    keyring
}

fn headers(draft: &Draft, note: &'static str) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).expect("it is visible");
    let mut headers = HeaderMap::new();
    headers.insert("content-type", value(&draft.kind));
    headers.insert(HeaderName::from_static(note), value(&draft.note));
    headers
}

fn with_authorization(headers: &HeaderMap, sent: &str) -> HeaderMap {
    let mut headers = headers.clone();
    let value = HeaderValue::from_str(sent).expect("it is visible");
    headers.insert(AUTHORIZATION, value);
    headers
}

fn with_v5<T>(draft: &Draft, act: impl FnOnce(&v5::Signed<'_>) -> T) -> T {
    act(&v5::Signed {
        method: draft.method,
        hosts: &[HOST],
        paths: std::slice::from_ref(&draft.path),
        query: &Query::parse(&draft.query),
        headers: &headers(draft, "x-cos-meta-note"),
    })
}

fn sign_v5(signed: &v5::Signed<'_>) -> String {
    let names = ["content-type", "host", "x-cos-meta-note"];
    v5::sign(signed, &names, &credentials(), (NOW - 60, NOW + 60))
}

fn verify_v5(signed: &v5::Signed<'_>, sent: &str) -> bool {
    let headers = with_authorization(signed.headers, sent);
    let signed = v5::Signed {
        headers: &headers,
        ..*signed
    };
    v5::verify(&signed, &keyring(), NOW).is_ok()
}

fn with_s3<T>(draft: &Draft, act: impl FnOnce(&Unverified<'_>) -> T) -> T {
    let mut headers = headers(draft, "x-amz-meta-note");
    headers.insert("date", HeaderValue::from_static(DATE));
    headers.insert(
        "x-amz-content-sha256",
        HeaderValue::from_static("UNSIGNED-PAYLOAD"),
    );
    let raw_path = raw(&draft.path);
    act(&Unverified {
        signed: &v5::Signed {
            method: draft.method,
            hosts: &[HOST],
            paths: std::slice::from_ref(&draft.path),
            query: &Query::parse(&draft.query),
            headers: &headers,
        },
        raw_path: &raw_path,
        host_bucket: BUCKET,
    })
}

fn raw(path: &[u8]) -> String {
    let parts = path.split(|byte| *byte == b'/');
    let parts = parts.map(|part| percent_encode(part, NON_ALPHANUMERIC).to_string());
    parts.collect::<Vec<_>>().join("/")
}

fn sign_v4(asked: &Unverified<'_>) -> String {
    let names = [
        "content-type",
        "date",
        "host",
        "x-amz-content-sha256",
        "x-amz-meta-note",
    ];
    let at = Timestamp::from_second(NOW).expect("it is a time");
    v4::sign(asked, &names, "UNSIGNED-PAYLOAD", &credentials(), at).0
}

fn verify_v4(asked: &Unverified<'_>, sent: &str) -> bool {
    let headers = with_authorization(asked.signed.headers, sent);
    let signed = v5::Signed {
        headers: &headers,
        ..*asked.signed
    };
    let asked = Unverified {
        signed: &signed,
        ..*asked
    };
    v4::verify(&asked, &keyring(), NOW).is_ok()
}

/// Parameters that name a part of the resource, in the order in which they are signed.
const SUB_RESOURCES: &str = "accelerate acl append cors delete domain encryption inventory legal-hold lifecycle location \
    logging notification object-lock partNumber policy position replication requestPayment response-cache-control \
    response-content-disposition response-content-encoding response-content-language response-content-type \
    response-expires restore retention tagging torrent uploadId uploads versionId versioning versions website";

/// Written from the published description, as there is no signer of this scheme in the emulator.
fn sign_v2(draft: &Draft) -> String {
    let (kind, note) = (draft.kind.trim(), draft.note.trim());
    let path = raw(&draft.path);
    let parameter = Query::parse(&draft.query);
    let mut text = format!(
        "{}\n\n{kind}\n{DATE}\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-meta-note:{note}\n/{BUCKET}{path}",
        draft.method
    );
    let mut separator = '?';
    for name in SUB_RESOURCES.split_whitespace() {
        let Some(part) = parameter.iter().find(|part| part.name == name) else {
            continue;
        };
        text.push(separator);
        text.push_str(name);
        if !part.literal.is_empty() {
            text.push('=');
            text.push_str(&part.literal);
        }
        separator = '&';
    }
    let key = credentials().secret_key;
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("any key is one");
    mac.update(text.as_bytes());
    format!(
        "AWS AKIDEXAMPLE:{}",
        STANDARD.encode(mac.finalize().into_bytes())
    )
}

fn verify_v2(asked: &Unverified<'_>, sent: &str) -> bool {
    let headers = with_authorization(asked.signed.headers, sent);
    let signed = v5::Signed {
        headers: &headers,
        ..*asked.signed
    };
    let asked = Unverified {
        signed: &signed,
        ..*asked
    };
    v2::verify(&asked, &keyring(), NOW).is_ok()
}

fn with_tc3<T>(draft: &Draft, headers: &HeaderMap, act: impl FnOnce(&tc3::Signed<'_>) -> T) -> T {
    act(&tc3::Signed {
        method: draft.method,
        hosts: &["mps.tencentcloudapi.com"],
        query: &draft.query,
        headers,
        body: &draft.body,
        service: Some("mps"),
    })
}

fn tc3_headers(draft: &Draft) -> HeaderMap {
    let mut headers = headers(draft, "x-tc-action");
    headers.insert("x-tc-timestamp", NOW.into());
    headers
}

fn sign_tc3(draft: &Draft) -> String {
    let sign =
        |signed: &tc3::Signed<'_>| tc3::sign(signed, &["x-tc-action"], &credentials(), "mps", NOW);
    with_tc3(draft, &tc3_headers(draft), sign)
}

fn verify_tc3(draft: &Draft, sent: &str) -> bool {
    let headers = with_authorization(&tc3_headers(draft), sent);
    with_tc3(draft, &headers, |signed| {
        tc3::verify(signed, &keyring(), NOW).is_ok()
    })
}

/// The query of GET, the body of all others; header values in any case.
fn covered_by_tc3(draft: &Draft) -> Vec<Vec<u8>> {
    let payload = match draft.method {
        "GET" => draft.query.clone().into_bytes(),
        _ => draft.body.clone(),
    };
    vec![
        draft.method.into(),
        spaces(&draft.kind).to_ascii_lowercase().into(),
        spaces(&draft.note).to_ascii_lowercase().into(),
        payload,
    ]
}

fn v1_query(draft: &Draft, signature: &str) -> String {
    let signature = percent_encode(signature.as_bytes(), NON_ALPHANUMERIC);
    format!(
        "SecretId=AKIDEXAMPLE&Timestamp={NOW}&Nonce=1&Signature={signature}&{}",
        draft.query
    )
}

fn sign_v1(draft: &Draft) -> String {
    let signed = v1::Signed {
        method: draft.method,
        hosts: &["mps.tencentcloudapi.com"],
        parameters: &Query::parse(&v1_query(draft, "")),
    };
    // There is no signature if the parameters ask for a method that does not exist.
    v1::sign(&signed, &credentials().secret_key).unwrap_or_default()
}

fn verify_v1(draft: &Draft, sent: &str) -> bool {
    let signed = v1::Signed {
        method: draft.method,
        hosts: &["mps.tencentcloudapi.com"],
        parameters: &Query::parse(&v1_query(draft, sent)),
    };
    v1::verify(&signed, &keyring(), NOW).is_ok()
}

/// The scheme signs values as they are; so parameters that come to one text are the same to it.
fn covered_by_v1(draft: &Draft) -> Vec<Vec<u8>> {
    let query = Query::parse(&v1_query(draft, ""));
    let signed = query.iter().filter(|part| part.name != "Signature");
    let mut pairs: Vec<_> = signed
        .map(|part| (part.name.replace('_', "."), part.value.clone()))
        .collect();
    pairs.sort();
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"));
    let text = pairs.collect::<Vec<_>>().join("&");
    vec![draft.method.into(), text.into_bytes()]
}
