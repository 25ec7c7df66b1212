//! Translates `x-amz-*` headers to the `x-cos-*` headers with the same meaning.
//!
//! Observed: SDKs move such headers into the query of a presigned URL, where the signature covers them. They count as headers
//! then, as in S3.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

use crate::names::split_bucket;
use backlot_http::Query;

/// Headers of the signature and the signed body, which mean nothing after its verification.
const SPENT: [&str; 11] = [
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// The request with headers of COS.
pub(crate) fn translate(head: &Parts, query: &Query) -> Parts {
    let mut translated = head.clone();
    let mut given = head.headers.clone();
    if query.has("x-amz-signature") {
        hoisted(query, &mut given);
    }
    translated.headers = headers(&given);
    translated
}

/// Adds the headers that were moved into the query of a presigned URL. A header that was sent wins.
fn hoisted(query: &Query, headers: &mut HeaderMap) {
    let moved = query.iter().filter_map(|parameter| {
        let name = parameter.name.to_ascii_lowercase();
        let is_header = name.starts_with("x-amz-") && !SPENT.contains(&name.as_str());
        let name = HeaderName::try_from(name).ok().filter(|_| is_header)?;
        let value = HeaderValue::try_from(parameter.value.as_bytes()).ok()?;
        Some((name, value))
    });
    for (name, value) in moved {
        if !headers.contains_key(&name) {
            headers.append(name, value);
        }
    }
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
    fn headers_in_a_presigned_query_count_unless_they_are_sent() {
        let query = Query::parse(
            "X-Amz-Signature=s&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=9&X-Amz-SignedHeaders=host&X-Amz-Algorithm=a\
             &x-amz-meta-a=1%202&x-amz-meta-b=q&x-amz-acl=public-read&x-id=PutObject&bad=%0A",
        );
        let mut given = HeaderMap::new();
        given.insert("x-amz-meta-b", HeaderValue::from_static("h"));
        hoisted(&query, &mut given);
        let mut found: Vec<_> = given
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("x-amz-acl", "public-read"),
                ("x-amz-meta-a", "1 2"),
                ("x-amz-meta-b", "h"),
            ]
        );
    }

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
