//! Translates `x-amz-*` headers to the `x-cos-*` headers with the same meaning.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

use crate::names::split_bucket;

/// Headers of the signature and the signed body, which mean nothing after its verification.
const SPENT: [&str; 6] = [
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
];

/// The request with headers of COS.
pub(crate) fn translate(head: &Parts) -> Parts {
    let mut translated = head.clone();
    translated.headers = headers(&head.headers);
    translated
}

fn headers(given: &HeaderMap) -> HeaderMap {
    let mut translated = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let Some(rest) = name.as_str().strip_prefix("x-amz-") else {
            translated.append(name.clone(), value.clone());
            continue;
        };
        if SPENT.contains(&name.as_str()) || rest.starts_with("checksum-") {
            continue;
        }
        let name = HeaderName::try_from(format!("x-cos-{rest}"));
        let name = name.expect("a header name stays one with another beginning");
        translated.append(name, worded(rest, value));
    }
    if let Some(length) = given.get("x-amz-decoded-content-length") {
        translated.insert(header::CONTENT_LENGTH, length.clone());
    }
    without_chunks(&mut translated);
    translated
}

/// The value of a header as COS spells it.
fn worded(rest: &str, value: &HeaderValue) -> HeaderValue {
    let text = value.to_str().unwrap_or_default();
    let other = match rest {
        "copy-source" => source(text),
        "server-side-encryption" if text == "aws:kms" => Some("cos/kms".to_owned()),
        _ => None,
    };
    let other = other.and_then(|text| HeaderValue::from_str(&text).ok());
    other.unwrap_or_else(|| value.clone())
}

/// `/bucket/key` with both parts apart. It names no region: the bucket may be in any.
fn source(text: &str) -> Option<String> {
    let text = text.strip_prefix('/').unwrap_or(text);
    // Some clients encode the slash as well.
    let text = match text.split_once('/') {
        Some(_) => text.to_owned(),
        None => text.replacen("%2F", "/", 1).replacen("%2f", "/", 1),
    };
    let (bucket, key) = text.split_once('/')?;
    let bucket = percent_decode_str(bucket).decode_utf8().ok()?;
    split_bucket(&bucket)?;
    Some(format!("{bucket}/{key}"))
}

/// `aws-chunked` encodes the transfer, not the object.
fn without_chunks(headers: &mut HeaderMap) {
    let Some(encoding) = headers.remove(header::CONTENT_ENCODING) else {
        return;
    };
    let Ok(text) = encoding.to_str() else {
        headers.insert(header::CONTENT_ENCODING, encoding);
        return;
    };
    let kept: Vec<_> = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.eq_ignore_ascii_case("aws-chunked") && !name.is_empty())
        .collect();
    if let Ok(value) = HeaderValue::from_str(&kept.join(", "))
        && !kept.is_empty()
    {
        headers.insert(header::CONTENT_ENCODING, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_mean_the_same_under_other_names() {
        let given: HeaderMap = [
            ("x-amz-meta-a", "1"),
            ("x-amz-acl", "public-read"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-amz-checksum-crc32", "x"),
            ("x-amz-copy-source", "/b-1/a%20b?versionId=1"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-decoded-content-length", "5"),
            ("content-length", "99"),
            ("content-encoding", "aws-chunked,gzip"),
            ("content-type", "text/plain"),
        ]
        .into_iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect();
        let translated = headers(&given);
        let mut found: Vec<_> = translated
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("content-encoding", "gzip"),
                ("content-length", "5"),
                ("content-type", "text/plain"),
                ("x-cos-acl", "public-read"),
                ("x-cos-copy-source", "b-1/a%20b?versionId=1"),
                ("x-cos-meta-a", "1"),
                ("x-cos-server-side-encryption", "cos/kms"),
            ]
        );
        assert_eq!(source("b-1%2Fk").as_deref(), Some("b-1/k"));
        assert_eq!(source("nothing"), None);
    }
}
