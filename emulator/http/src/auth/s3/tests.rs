//! Vectors that another implementation has made verify, and what is close to them does not.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use serde_json::Value;

use super::body::decode;
use super::*;
use crate::auth::{Credentials, Keyring, Principal, SignatureError};
use crate::exchange::full;

const NOW: i64 = 1_700_000_100;

/// A vector as a request.
struct Sent {
    name: String,
    method: String,
    host: String,
    path: String,
    query: Query,
    headers: HeaderMap,
    body: Vec<u8>,
    token: Option<String>,
    decoded: Option<String>,
}

impl Sent {
    fn verify(&self, keyring: &Keyring, now: i64) -> Result<Verified, SignatureError> {
        let hosts = [self.host.as_str()];
        let decoded = percent_encoding::percent_decode_str(&self.path);
        let paths = [decoded.collect::<Vec<u8>>()];
        let signed = Signed {
            method: &self.method,
            hosts: &hosts,
            paths: &paths,
            query: &self.query,
            headers: &self.headers,
        };
        let request = Unverified {
            signed: &signed,
            raw_path: &self.path,
            host_bucket: self.host.split_once(".cos.").map_or("", |(name, _)| name),
        };
        match Scheme::of(&self.headers, &self.query) {
            Scheme::S3V4 => v4::verify(&request, keyring, now),
            Scheme::S3V2 => v2::verify(&request, keyring, now),
            Scheme::V5 => panic!("{} is signed as S3 clients sign", self.name),
        }
    }

    /// The decoded body, sent in frames of `size` bytes.
    async fn decode(&self, size: usize) -> Result<Vec<u8>, Option<PayloadError>> {
        let caller = self.verify(&keyring(None), NOW).unwrap();
        let chunks: Vec<_> = self.body.chunks(size).map(Bytes::copy_from_slice).collect();
        let frames = chunks.into_iter().map(|chunk| Ok(Frame::data(chunk)));
        let body = crate::Body::streaming(stream::iter(frames));
        let (body, watch) = decode(body, caller.payload, &self.headers, true);
        match body.collect().await {
            Ok(collected) => Ok(collected.to_bytes().to_vec()),
            Err(_) => Err(watch.fault().cloned()),
        }
    }
}

fn keyring(token: Option<&str>) -> Keyring {
    let keyring = Keyring::default();
    let credentials = Credentials {
        secret_id: "AKIDEXAMPLEEXAMPLEEXAMPLE000000000000".into(),
        secret_key: "EXAMPLEsecretKEYexampleSECRETkey".into(),
        token: token.map(Into::into),
    };
    keyring.issue(credentials, Principal::new("owner", None));
    keyring
}

fn vectors() -> Vec<Sent> {
    let file = include_str!("../../../../../tests/vectors/cos/s3-signature-vectors.json");
    let file: Value = serde_json::from_str(file).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let vectors = file["vectors"].as_array().unwrap().iter().map(|vector| {
        let url = text(&vector["url"]).unwrap();
        let rest = url.strip_prefix("http://").unwrap();
        let (host, target) = rest.split_at(rest.find('/').unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = vector["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (
                name,
                HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
            )
        });
        Sent {
            name: text(&vector["name"]).unwrap(),
            method: text(&vector["method"]).unwrap(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: Query::parse(query),
            headers: headers.collect(),
            body: text(&vector["body"]).unwrap().into_bytes(),
            token: text(&vector["token"]),
            decoded: text(&vector["decoded"]),
        }
    });
    vectors.collect()
}

fn vector(name: &str) -> Sent {
    let mut all = vectors().into_iter();
    all.find(|vector| vector.name == name).unwrap()
}

#[test]
fn every_vector_verifies_and_none_without_its_token() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 16);
    for vector in vectors {
        let caller = vector.verify(&keyring(vector.token.as_deref()), NOW);
        let name = caller.map(|caller| caller.key.principal.name.clone());
        assert_eq!(name, Ok("owner".into()), "{}", vector.name);
        let other = vector.token.is_none().then_some("token");
        let refused = vector.verify(&keyring(other), NOW).unwrap_err();
        assert_eq!(refused, SignatureError::WrongToken, "{}", vector.name);
    }
}

#[test]
fn what_is_signed_cannot_be_changed_and_mistakes_are_found() {
    for mut vector in vectors() {
        let keyring = keyring(vector.token.as_deref());
        vector.method = "DELETE".into();
        let SignatureError::Mismatch(mismatch) = vector.verify(&keyring, NOW).unwrap_err() else {
            panic!("{}", vector.name);
        };
        assert!(mismatch.expected.format_string.starts_with("DELETE\n"));
        let difference = mismatch.difference();
        let difference = difference.unwrap_or_else(|| panic!("{}", vector.name));
        let difference = difference.to_string();
        assert!(difference.contains("expected `DELETE`"), "{difference}");
        let text = format!("{mismatch:?}");
        assert!(!text.contains("EXAMPLEsecret"));
        // Another key is nothing that can be found out.
        let other = Keyring::default();
        let mut key = keyring
            .find("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000")
            .map(Arc::unwrap_or_clone)
            .unwrap();
        key.credentials.secret_key = "other".into();
        other.add(key);
        let refused = vector.verify(&other, NOW).unwrap_err();
        assert!(matches!(refused, SignatureError::Mismatch(found) if found.client.is_none()));
    }
}

#[test]
fn clocks_are_judged() {
    for vector in vectors() {
        let keyring = keyring(vector.token.as_deref());
        let late = vector.verify(&keyring, NOW + 1000).unwrap_err();
        if vector.name.contains("presigned") {
            assert!(
                matches!(late, SignatureError::Expired { .. }),
                "{}",
                vector.name
            );
        } else {
            assert_eq!(
                late,
                SignatureError::Skewed {
                    at: NOW,
                    now: NOW + 1000
                },
                "{}",
                vector.name
            );
        }
        let edge = if vector.name == "presigned-temporary" {
            60
        } else {
            900
        };
        assert!(
            vector.verify(&keyring, NOW + edge).is_ok(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn what_cannot_be_read_is_malformed() {
    for text in [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20231114/r/sts/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20231115/r/s3/aws4_request, SignedHeaders=host, Signature=0",
        "AWS a",
    ] {
        let mut vector = vector("get-range");
        vector.headers.insert(AUTHORIZATION, text.parse().unwrap());
        let refused = vector.verify(&keyring(None), NOW).unwrap_err();
        assert!(
            matches!(refused, SignatureError::Malformed(_)),
            "{text}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn bodies_come_out_as_they_were_meant_however_they_arrive() {
    for name in [
        "put-hashed",
        "chunked-signed",
        "chunked-unsigned-trailer",
        "chunked-signed-trailer",
    ] {
        let sent = vector(name);
        let whole = sent.decoded.clone().unwrap_or_else(|| "hello world".into());
        for size in [1, 7, 100, 10_000] {
            let decoded = sent.decode(size).await;
            assert_eq!(decoded, Ok(whole.clone().into_bytes()), "{name} by {size}");
        }
    }
}

#[tokio::test]
async fn bodies_that_were_changed_end_in_an_error() {
    let changed = |name: &str, from: &str, to: &str| {
        let mut sent = vector(name);
        let text = String::from_utf8(sent.body).unwrap();
        assert!(text.contains(from), "{text}");
        sent.body = text.replacen(from, to, 1).into_bytes();
        sent
    };
    let cases = [
        (changed("put-hashed", "world", "World"), PayloadError::Hash),
        (
            changed("chunked-signed", "hello", "Hello"),
            PayloadError::Signature("a chunk"),
        ),
        (
            changed(
                "chunked-signed-trailer",
                "x-amz-checksum-sha256:",
                "x-amz-checksum-sha256:x",
            ),
            PayloadError::Signature("the trailer"),
        ),
        (
            changed("chunked-unsigned-trailer", "hello", "Hello"),
            PayloadError::Checksum("x-amz-checksum-crc32".into()),
        ),
        (
            changed("chunked-unsigned-trailer", "5\r\nhello\r\n", ""),
            PayloadError::Length {
                expected: 312,
                found: 307,
            },
        ),
        (
            changed("chunked-unsigned-trailer", "hello\r\n", "hello--\r\n"),
            PayloadError::Framing("a chunk does not end where it should"),
        ),
    ];
    for (sent, fault) in cases {
        assert_eq!(sent.decode(50).await, Err(Some(fault)), "{}", sent.name);
    }
    let mut cut = vector("chunked-signed");
    cut.body.truncate(200);
    let fault = PayloadError::Framing("the body ends inside of a chunk");
    assert_eq!(cut.decode(50).await, Err(Some(fault)));
}

#[tokio::test]
async fn a_checksum_in_the_head_counts_too() {
    let headers: HeaderMap = [(
        HeaderName::from_static("x-amz-checksum-sha1"),
        HeaderValue::from_static("qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
    )]
    .into_iter()
    .collect();
    let (body, _watch) = decode(full("abc"), Payload::Unsigned, &headers, true);
    assert!(body.collect().await.is_ok());
    let (body, watch) = decode(full("abd"), Payload::Unsigned, &headers, true);
    assert!(body.collect().await.is_err());
    assert_eq!(
        watch.fault(),
        Some(&PayloadError::Checksum("x-amz-checksum-sha1".into()))
    );
    // It is of an object that is spoken about, not of this body.
    let (body, _watch) = decode(full("abd"), Payload::Unsigned, &headers, false);
    assert!(body.collect().await.is_ok());
}
