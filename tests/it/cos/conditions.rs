//! Conditional requests and dates in headers, over the wire.

use std::sync::Arc;

use backlot::cos::Settings;
use backlot::cos::store::{self, StoreSettings};
use backlot::fault::NoFaults;

use super::client::{Answered, Ask, BUCKET, HOST, Running};

/// When every test begins: virtual time.
const SAME: &str = "Mon, 01 Jan 2024 00:00:00 GMT";
const BEFORE: &str = "Sun, 31 Dec 2023 23:59:59 GMT";

async fn ask(running: &Running, method: &str, headers: &[(&str, &str)]) -> Answered {
    let ask = Ask::new(method, "/k");
    let with = headers
        .iter()
        .fold(ask, |ask, (name, value)| ask.header(name, value));
    running.ask(with).await
}

#[tokio::test]
async fn readers_get_what_they_do_not_have() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/k")
        .body(b"0123456789")
        .header("cache-control", "max-age=1");
    let etag = running.ask(put).await.header("ETag").unwrap().to_owned();
    let weak = format!("W/{etag}");
    for (headers, status) in [
        (vec![("If-None-Match", etag.as_str())], 304),
        (vec![("If-None-Match", &weak)], 304),
        (vec![("If-None-Match", "\"x\"")], 200),
        (vec![("If-Match", &weak)], 412),
        (vec![("If-Match", "*")], 200),
        (vec![("If-Modified-Since", SAME)], 304),
        (
            vec![("If-Modified-Since", "Monday, 01-Jan-24 00:00:00 GMT")],
            304,
        ),
        (vec![("If-Modified-Since", "Mon Jan  1 00:00:00 2024")], 304),
        (vec![("If-Modified-Since", "soon")], 200),
        (vec![("If-Unmodified-Since", BEFORE)], 412),
        (
            vec![("If-Unmodified-Since", BEFORE), ("If-Match", &etag)],
            200,
        ),
        (
            vec![("If-None-Match", "\"x\""), ("If-Modified-Since", SAME)],
            200,
        ),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = ask(&running, method, &headers).await;
            assert_eq!(answer.status, status, "{method} {headers:?}");
        }
    }
    let same = ask(&running, "GET", &[("If-None-Match", &etag)]).await;
    assert_eq!(same.header("Cache-Control"), Some("max-age=1"));
    assert_eq!(same.header("ETag"), Some(etag.as_str()));
    running.stop().await;
}

#[tokio::test]
async fn a_part_is_sent_of_the_same_object_only() {
    let running = Running::start().await;
    let put = running.put("k", b"0123456789").await;
    let etag = put.header("ETag").unwrap();
    let range = ("Range", "bytes=2-4");
    for (validator, status) in [
        (etag, 206),
        (SAME, 206),
        ("Monday, 01-Jan-24 00:00:00 GMT", 206),
        ("\"x\"", 200),
        (BEFORE, 200),
        ("Mon, 01 Jan 2024 00:00:01 GMT", 200),
        ("soon", 200),
    ] {
        let answer = ask(&running, "GET", &[range, ("If-Range", validator)]).await;
        let expected = if status == 206 { "234" } else { "0123456789" };
        assert_eq!(
            (answer.status, answer.text()),
            (status, expected),
            "{validator}"
        );
    }
    // Nothing is out of range where the range does not count.
    let beyond = ("Range", "bytes=10-");
    assert_eq!(ask(&running, "GET", &[beyond]).await.status, 416);
    let other = ask(&running, "GET", &[beyond, ("If-Range", "\"x\"")]).await;
    assert_eq!(other.status, 200);
    // Ranges are for GET only.
    let head = ask(&running, "HEAD", &[range]).await;
    assert_eq!(
        (head.status, head.header("Content-Length")),
        (200, Some("10"))
    );
    assert_eq!(ask(&running, "HEAD", &[beyond]).await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn conditions_do_not_hide_other_answers() {
    let running = Running::start().await;
    let missing = ask(&running, "GET", &[("If-Match", "*")]).await;
    assert_eq!((missing.status, missing.code()), (404, "NoSuchKey"));
    let archived = Ask::new("PUT", "/k")
        .body(b"x")
        .header("x-cos-storage-class", "ARCHIVE");
    let etag = running
        .ask(archived)
        .await
        .header("ETag")
        .unwrap()
        .to_owned();
    let closed = ask(&running, "GET", &[("If-None-Match", &etag)]).await;
    assert_eq!((closed.status, closed.code()), (403, "InvalidObjectState"));
    assert_eq!(
        ask(&running, "HEAD", &[("If-None-Match", &etag)])
            .await
            .status,
        304
    );
    running.stop().await;
}

#[tokio::test]
async fn copies_are_made_of_the_expected_source_only() {
    let running = Running::start().await;
    let put = running.put("k", b"x").await;
    let etag = put.header("ETag").unwrap();
    let weak = format!("W/{etag}");
    let begun = running.ask(Ask::new("POST", "/parts?uploads")).await;
    let part = format!("/parts?partNumber=1&uploadId={}", begun.element("UploadId"));
    for (conditions, status) in [
        (vec![("Match", etag)], 200),
        (vec![("Match", &weak)], 412),
        (vec![("Match", "*")], 200),
        (vec![("Match", "\"x\"")], 412),
        (vec![("None-Match", "\"x\"")], 200),
        (vec![("None-Match", &weak)], 412),
        (vec![("None-Match", "*")], 412),
        (vec![("Modified-Since", BEFORE)], 200),
        (vec![("Modified-Since", SAME)], 412),
        (vec![("Modified-Since", "Mon Jan  1 00:00:00 2024")], 412),
        (vec![("Modified-Since", "soon")], 200),
        (vec![("Unmodified-Since", SAME)], 200),
        (
            vec![("Unmodified-Since", "Sunday, 31-Dec-23 23:59:59 GMT")],
            412,
        ),
        (vec![("Match", etag), ("Unmodified-Since", BEFORE)], 200),
        (vec![("None-Match", "\"x\""), ("Modified-Since", SAME)], 200),
        (vec![("None-Match", etag), ("Modified-Since", BEFORE)], 412),
    ] {
        for target in ["/copy", &part] {
            let copy = Ask::new("PUT", target).header("x-cos-copy-source", format!("{HOST}/k"));
            let copy = conditions.iter().fold(copy, |copy, (name, value)| {
                copy.header(&format!("x-cos-copy-source-If-{name}"), value)
            });
            let answer = running.ask(copy).await;
            assert_eq!(answer.status, status, "{target} {conditions:?} {answer:?}");
            if status == 412 {
                assert_eq!(answer.code(), "PreconditionFailed");
            }
        }
    }
    running.stop().await;
}

/// A service that obeys what COS does not document.
async fn lenient() -> Running {
    let settings = Settings {
        conditional_writes: true,
        copy_in_place: true,
        ..Settings::default()
    };
    let store = store::open(&StoreSettings::memory()).unwrap();
    Running::with_settings(Arc::new(NoFaults), settings, store).await
}

#[tokio::test]
async fn conditions_on_writes_are_recorded_unless_they_are_obeyed() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let lock = [("If-None-Match", "*")];
    assert_eq!(ask(&running, "PUT", &lock).await.status, 200);
    assert_eq!(
        ask(&running, "DELETE", &[("If-Match", "\"x\"")])
            .await
            .status,
        204
    );
    let other = Ask::new("POST", "/other?uploads").header("If-None-Match", "*");
    assert_eq!(running.ask(other).await.status, 200);
    assert_eq!(ask(&running, "GET", &lock).await.status, 404);
    // An empty header is absent.
    assert_eq!(
        ask(&running, "PUT", &[("If-None-Match", "")]).await.status,
        200
    );
    let feature = "conditional request".to_owned();
    let expected = ["k", "k", "other"].map(|key| (feature.clone(), format!("{BUCKET}/{key}")));
    assert_eq!(running.unsupported(), expected);
    running.stop().await;
}

#[tokio::test]
async fn conditions_on_writes_can_be_obeyed() {
    let running = lenient().await;
    let put = |conditions: &[(&str, &str)]| {
        let ask = Ask::new("PUT", "/k").body(b"x");
        let with = conditions
            .iter()
            .fold(ask, |ask, (name, value)| ask.header(name, value));
        let running = &running;
        async move { running.ask(with).await }
    };
    assert_eq!(put(&[("If-Match", "*")]).await.status, 412);
    let first = put(&[("If-None-Match", "*")]).await;
    let etag = first.header("ETag").unwrap();
    assert_eq!(first.status, 200, "{first:?}");
    let second = put(&[("If-None-Match", "*")]).await;
    assert_eq!((second.status, second.code()), (412, "PreconditionFailed"));
    assert_eq!(put(&[("If-Match", "\"x\"")]).await.status, 412);
    assert_eq!(put(&[("If-Match", etag)]).await.status, 200);
    assert_eq!(put(&[("If-Unmodified-Since", BEFORE)]).await.status, 412);
    assert_eq!(put(&[("If-Modified-Since", SAME)]).await.status, 200);

    let stale = [("If-Match", "\"x\"")];
    for ask in [
        Ask::new("DELETE", "/k"),
        Ask::new("PUT", "/k")
            .header("x-cos-copy-source", format!("{HOST}/k"))
            .header("x-cos-metadata-directive", "Replaced"),
        Ask::new("PUT", "/k?symlink").header("x-cos-symlink-target", "k"),
    ] {
        let ask = ask.header(stale[0].0, stale[0].1);
        assert_eq!(running.ask(ask).await.status, 412);
    }
    let begun = running.ask(Ask::new("POST", "/k?uploads")).await;
    let id = begun.element("UploadId").to_owned();
    let part = format!("/k?partNumber=1&uploadId={id}");
    let part = running.ask(Ask::new("PUT", &part).body(b"y")).await;
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        part.header("ETag").unwrap()
    );
    let done = || Ask::new("POST", &format!("/k?uploadId={id}")).body(list.as_bytes());
    let refused = running.ask(done().header("If-None-Match", "*")).await;
    assert_eq!(
        (refused.status, refused.code()),
        (412, "PreconditionFailed")
    );
    assert_eq!(
        running.ask(done().header("If-Match", etag)).await.status,
        200
    );
    assert_eq!(running.get("k").await.text(), "y");
    assert_eq!(running.unsupported(), []);
    running.stop().await;
}

#[tokio::test]
async fn an_object_is_copied_onto_itself_to_change_something() {
    let strict = Running::start().await;
    let lenient = lenient().await;
    for running in [&strict, &lenient] {
        let put = Ask::new("PUT", "/k").body(b"x").header("x-cos-meta-a", "1");
        running.ask(put).await;
    }
    let copy = || Ask::new("PUT", "/k").header("x-cos-copy-source", format!("{HOST}/k"));
    let cold = || copy().header("x-cos-storage-class", "STANDARD_IA");
    for ask in [copy(), cold()] {
        let refused = strict.ask(ask).await;
        assert_eq!((refused.status, refused.code()), (400, "InvalidRequest"));
    }
    assert_eq!(lenient.ask(copy()).await.code(), "InvalidRequest");
    assert_eq!(lenient.ask(cold()).await.status, 200);
    let found = lenient.get("k").await;
    assert_eq!(found.header("x-cos-storage-class"), Some("STANDARD_IA"));
    assert_eq!(found.header("x-cos-meta-a"), Some("1"));
    assert_eq!(lenient.ask(cold()).await.code(), "InvalidRequest");
    strict.stop().await;
    lenient.stop().await;
}
