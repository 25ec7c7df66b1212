//! S3 clients pointed at COS: their signatures, their bodies, their words.

use std::fmt::Write as _;
use std::sync::Arc;

use backlot::cos::Auth;
use backlot::cos::store::{self, StoreSettings};
use backlot::fault::NoFaults;
use backlot::http::Query;
use backlot::http::auth::s3::{Unverified, v4};
use backlot::http::auth::v5::Signed;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::become_key;
use crate::cos::client::{Answered, Ask, BUCKET, HOST, Running};

/// SHA-256 of no bytes, and of `hello world`.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HELLO: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

/// A request, signed as S3 clients sign, with what signs its chunks.
struct Made {
    bytes: Vec<u8>,
    chunks: backlot::http::auth::s3::ChunkSigner,
}

fn made(
    running: &Running,
    method: &str,
    host: &str,
    target: &str,
    hash: &str,
    more: &[(&str, &str)],
) -> Made {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let at = running.clock.client_now();
    let date = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut lines = vec![
        ("x-amz-date", date.as_str()),
        ("x-amz-content-sha256", hash),
    ];
    lines.extend(more);
    let headers = lines.iter().map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    let headers: HeaderMap = headers.collect();
    let (hosts, paths) = ([host], [path.as_bytes().to_vec()]);
    let signed = Signed {
        method,
        hosts: &hosts,
        paths: &paths,
        query: &Query::parse(query),
        headers: &headers,
    };
    let asked = Unverified {
        signed: &signed,
        raw_path: path,
        host_bucket: "",
    };
    let names: Vec<_> = lines
        .iter()
        .map(|(name, _)| *name)
        .chain(["host"])
        .collect();
    let (authorization, chunks) = v4::sign(&asked, &names, hash, &running.credentials, at);
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in lines {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    write!(text, "Authorization: {authorization}\r\n").unwrap();
    Made {
        bytes: text.into_bytes(),
        chunks,
    }
}

async fn send(running: &Running, made: Made, body: &[u8]) -> Answered {
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    let bytes = [&made.bytes, length.as_bytes(), body].concat();
    running.exchange(&bytes, false).await
}

#[tokio::test]
async fn a_hashed_upload_is_stored_and_comes_back_in_s3_words() {
    let running = Running::start().await;
    let meta = [
        ("x-amz-meta-author", "me"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ];
    let put = made(&running, "PUT", HOST, "/dir/k", HELLO, &meta);
    let answer = send(&running, put, b"hello world").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("x-amz-request-id").is_some());
    assert_eq!(
        answer.header("x-amz-request-id"),
        answer.header("x-cos-request-id")
    );
    let get = made(&running, "GET", HOST, "/dir/k", EMPTY, &[]);
    let answer = send(&running, get, b"").await;
    assert_eq!((answer.status, answer.text()), (200, "hello world"));
    assert_eq!(answer.header("x-amz-meta-author"), Some("me"));
    // To clients of COS it is an object like any other.
    let answer = running.get("dir/k").await;
    assert_eq!(answer.header("x-cos-meta-author"), Some("me"));
    assert_eq!(answer.header("x-cos-storage-class"), Some("STANDARD_IA"));
    assert_eq!(answer.header("x-amz-request-id"), None);
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_is_not_what_was_signed_is_not_stored() {
    let running = Running::start().await;
    let put = made(&running, "PUT", HOST, "/k", HELLO, &[]);
    let answer = send(&running, put, b"hello World").await;
    assert_eq!(
        (answer.status, answer.code()),
        (400, "XAmzContentSHA256Mismatch")
    );
    let sum = [("x-amz-checksum-crc32", "AAAAAA==")];
    let put = made(&running, "PUT", HOST, "/k", "UNSIGNED-PAYLOAD", &sum);
    let answer = send(&running, put, b"hello world").await;
    assert_eq!((answer.status, answer.code()), (400, "BadDigest"));
    assert_eq!(running.get("k").await.code(), "NoSuchKey");
    running.stop().await;
}

#[tokio::test]
async fn objects_that_are_xml_are_left_alone() {
    let running = Running::start().await;
    let kind = [("content-type", "application/xml")];
    let put = made(&running, "PUT", HOST, "/k.xml", "UNSIGNED-PAYLOAD", &kind);
    assert_eq!(send(&running, put, b"<a/>").await.status, 200);
    let get = made(&running, "GET", HOST, "/k.xml", EMPTY, &[]);
    assert_eq!(send(&running, get, b"").await.text(), "<a/>");
    let mut head = made(&running, "HEAD", HOST, "/k.xml", EMPTY, &[]);
    head.bytes.extend_from_slice(b"\r\n");
    let answer = running.exchange(&head.bytes, true).await;
    assert_eq!(
        (answer.status, answer.header("Content-Length")),
        (200, Some("4"))
    );
    running.stop().await;
}

#[tokio::test]
async fn signed_chunks_are_put_together() {
    let running = Running::start().await;
    let headers = [
        ("x-amz-decoded-content-length", "11"),
        ("content-encoding", "aws-chunked"),
    ];
    for changed in [false, true] {
        let mut put = made(
            &running,
            "PUT",
            HOST,
            "/k",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            &headers,
        );
        let hash: [u8; 32] = hex::decode(HELLO).unwrap().try_into().unwrap();
        let first = put.chunks.chunk(hash);
        let last = put
            .chunks
            .chunk(hex::decode(EMPTY).unwrap().try_into().unwrap());
        let bytes = if changed {
            "hello World"
        } else {
            "hello world"
        };
        let body =
            format!("b;chunk-signature={first}\r\n{bytes}\r\n0;chunk-signature={last}\r\n\r\n");
        let answer = send(&running, put, body.as_bytes()).await;
        if changed {
            assert_eq!(
                (answer.status, answer.code()),
                (403, "SignatureDoesNotMatch")
            );
        } else {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let kept = running.get("k").await;
        assert_eq!(kept.text(), "hello world");
        assert_eq!(kept.header("Content-Encoding"), None);
    }
    running.stop().await;
}

#[tokio::test]
async fn lists_come_in_the_second_form_to_s3_clients_only() {
    let running = Running::start().await;
    for key in ["a/1", "a/2", "b", "c"] {
        running.put(key, b"x").await;
    }
    let root = "127.0.0.1";
    let mut keys = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let more = if token.is_empty() {
            String::new()
        } else {
            format!("&continuation-token={token}")
        };
        let target = format!("/{BUCKET}?list-type=2&delimiter=/&max-keys=1{more}");
        let answer = send(
            &running,
            made(&running, "GET", root, &target, EMPTY, &[]),
            b"",
        )
        .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(
            answer
                .text()
                .contains("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">")
        );
        assert_eq!(answer.element("KeyCount"), "1");
        assert!(!answer.text().contains("<Owner>"));
        let after = answer
            .text()
            .split("<IsTruncated>")
            .nth(1)
            .unwrap()
            .to_owned();
        let entry = after
            .split(['<', '>'])
            .find(|part| ["a/", "b", "c"].contains(part));
        keys.push(entry.unwrap().to_owned());
        if answer.element("IsTruncated") == "false" {
            break;
        }
        answer
            .element("NextContinuationToken")
            .clone_into(&mut token);
    }
    assert_eq!(keys, ["a/", "b", "c"]);
    // It is not in COS's own API, where unknown parameters do not count.
    let answer = running
        .ask(Ask::new("GET", "/?list-type=2&max-keys=1"))
        .await;
    assert!(answer.text().contains("<NextMarker>") && !answer.text().contains("KeyCount"));
    running.stop().await;
}

#[tokio::test]
async fn a_mismatch_shows_both_sides_and_no_secret() {
    let running = Running::start().await;
    let mut get = made(&running, "GET", HOST, "/k", EMPTY, &[]);
    get.bytes.splice(0..3, *b"PUT");
    let answer = send(&running, get, b"").await;
    assert_eq!(
        (answer.status, answer.code()),
        (403, "SignatureDoesNotMatch")
    );
    assert!(answer.element("FormatString").starts_with("PUT\n/k\n"));
    assert!(
        answer
            .element("ClientFormatString")
            .starts_with("GET\n/k\n")
    );
    assert!(
        answer
            .element("FirstDifference")
            .contains("line 1, column 1")
    );
    assert!(answer.header("x-amz-request-id").is_some());
    assert!(!answer.text().contains("examplekey"));
    // The same in COS's own scheme.
    let put = String::from_utf8(Ask::new("PUT", "/k").to_bytes(&running)).unwrap();
    let answer = running
        .exchange(put.replacen("PUT", "POST", 1).as_bytes(), false)
        .await;
    // POST of an object is nothing that can be asked; whether the signature counts is said first.
    assert_eq!(
        (answer.status, answer.code()),
        (403, "SignatureDoesNotMatch")
    );
    assert!(
        answer
            .element("ClientFormatString")
            .starts_with("put\n/k\n")
    );
    assert!(!answer.text().contains("examplekey"));
    running.stop().await;
}

#[tokio::test]
async fn keys_of_the_real_platform_are_told_where_to_get_others() {
    let mut running = Running::start().await;
    running.credentials.secret_id = format!("AKID{}", "Ab3x".repeat(8));
    let answer = running.get("k").await;
    assert_eq!((answer.status, answer.code()), (403, "InvalidAccessKeyId"));
    assert!(answer.element("Message").contains("backlot"));
    running.credentials.secret_id = "AKIDOTHER".into();
    let answer = running.get("k").await;
    assert_eq!(
        answer.element("Message"),
        "The Access Key Id you provided does not exist in our records"
    );
    running.stop().await;
}

#[tokio::test]
async fn an_empty_continuation_token_is_answered() {
    let running = Running::start().await;
    for (more, is_shown) in [("&continuation-token=", true), ("", false)] {
        let target = format!("/?list-type=2{more}");
        let list = made(&running, "GET", HOST, &target, EMPTY, &[]);
        let answer = send(&running, list, b"").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let has_token = answer.text().contains("<ContinuationToken/>");
        assert_eq!(has_token, is_shown, "{answer:?}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_key_for_a_prefix_lists_below_it_in_the_second_form() {
    let mut running = Running::start().await;
    let policy = format!(
        r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"name/cos:*",
            "resource":"qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/dir/*"}}]}}"#
    );
    become_key(&mut running, "scoped", |key| {
        key.policy = Some(policy.into());
    });
    let root = "127.0.0.1";
    for (more, status) in [("&prefix=dir%2F", 200), ("", 403), ("&prefix=d", 403)] {
        for (host, path) in [(HOST, String::new()), (root, BUCKET.to_owned())] {
            let target = format!("/{path}?list-type=2{more}");
            let list = made(&running, "GET", host, &target, EMPTY, &[]);
            let answer = send(&running, list, b"").await;
            assert_eq!(answer.status, status, "{target} {answer:?}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn an_s3_signature_needs_the_hash_of_the_body() {
    let running = Running::start().await;
    let mut put = made(&running, "PUT", HOST, "/k", EMPTY, &[]);
    let text = String::from_utf8(put.bytes).unwrap();
    let lines = text.split_inclusive("\r\n");
    let without = lines.filter(|line| !line.starts_with("x-amz-content-sha256"));
    put.bytes = without.collect::<String>().into_bytes();
    let answer = send(&running, put, b"").await;
    assert_eq!((answer.status, answer.code()), (400, "InvalidRequest"));
    assert_eq!(
        answer.element("Message"),
        "Missing required header for this request: x-amz-content-sha256"
    );
    running.stop().await;
}

#[tokio::test]
async fn headers_of_a_presigned_upload_may_be_in_its_query() {
    let store = store::open(&StoreSettings::memory()).unwrap();
    let running = Running::with(Arc::new(NoFaults), Auth::Skip, store).await;
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=9&X-Amz-SignedHeaders=host\
                 &X-Amz-Signature=s&x-amz-meta-author=me%20too&x-amz-storage-class=STANDARD_IA&x-amz-acl=public-read\
                 &x-amz-meta-loud=query&x-id=PutObject";
    let put = Ask::new("PUT", &format!("/k?{query}"))
        .unsigned()
        .header("x-amz-meta-loud", "header")
        .body(b"x");
    let answer = running.ask(put).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let found = running.get("k").await;
    assert_eq!(found.header("x-cos-meta-author"), Some("me too"));
    assert_eq!(found.header("x-cos-meta-loud"), Some("header"));
    assert_eq!(found.header("x-cos-storage-class"), Some("STANDARD_IA"));
    let list = running.ask(Ask::new("GET", "/k?acl")).await;
    assert!(list.text().contains("AllUsers"), "{list:?}");
    running.stop().await;
}
