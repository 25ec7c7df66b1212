//! Who is refused, and in which words.

use backlot::cos::Auth;
use backlot::cos::store::{self, StoreSettings};
use backlot::fault::NoFaults;
use backlot::http::auth::{Credentials, Principal};
use std::sync::Arc;

use super::client::{Ask, HOST, Running};

#[tokio::test]
async fn errors_have_the_published_shape() {
    let running = Running::start().await;
    let answer = running.get("exampleobject").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("Content-Type"), Some("application/xml"));
    let request_id = answer.header("x-cos-request-id").unwrap();
    let trace_id = answer.element("TraceId");
    let expected = format!(
        "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>NoSuchKey</Code>\n\
         \t<Message>The specified key does not exist.</Message>\n\t<Resource>{HOST}/exampleobject</Resource>\n\
         \t<RequestId>{request_id}</RequestId>\n\t<TraceId>{trace_id}</TraceId>\n</Error>"
    );
    assert_eq!(answer.text(), expected);
    let missing = running
        .ask(Ask::new("GET", "/").host("none-1250000000.cos.ap-x.myqcloud.com"))
        .await;
    assert_eq!(
        missing.element("Resource"),
        "none-1250000000.cos.ap-x.myqcloud.com"
    );
    running.stop().await;
}

#[tokio::test]
async fn errors_of_head_have_no_body() {
    let running = Running::start().await;
    let answer = running.ask(Ask::new("HEAD", "/exampleobject")).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("Content-Type"), Some("application/xml"));
    assert_eq!(answer.header("Content-Length"), Some("0"));
    assert!(
        answer.header("x-cos-request-id").is_some() && answer.header("x-cos-trace-id").is_some()
    );
    running.stop().await;
}

#[tokio::test]
async fn callers_are_told_apart() {
    let running = Running::start().await;
    let anonymous = running.ask(Ask::new("GET", "/k").unsigned()).await;
    assert_eq!((anonymous.status, anonymous.code()), (403, "AccessDenied"));
    let empty = running
        .ask(Ask::new("GET", "/k").unsigned().header("Authorization", ""))
        .await;
    assert_eq!((empty.status, empty.code()), (403, "AccessDenied"));

    let now = running.clock.client_now().as_second();
    let window = |start: i64, end: i64| {
        format!(
            "q-sign-algorithm=sha1&q-ak=AKIDEXAMPLE&q-sign-time={start};{end}&q-key-time={start};{end}\
             &q-header-list=&q-url-param-list=&q-signature=0"
        )
    };
    let signed = |authorization: String| {
        running.ask(
            Ask::new("GET", "/k")
                .unsigned()
                .header("Authorization", authorization),
        )
    };
    let expired = signed(window(now - 900, now - 60)).await;
    assert_eq!(
        (expired.status, expired.element("Message")),
        (403, "Request has expired")
    );
    assert_eq!(
        expired.element("ServerTime").len(),
        "2023-11-15T01:13:20Z".len()
    );
    let early = signed(window(now + 1000, now + 2000)).await;
    assert_eq!((early.status, early.code()), (403, "RequestTimeTooSkewed"));
    let wrong = signed(window(now, now + 900)).await;
    assert_eq!((wrong.status, wrong.code()), (403, "SignatureDoesNotMatch"));
    assert_eq!(wrong.element("FormatString"), "get\n/k\n\n\n");
    assert!(!wrong.text().contains("examplekey"));
    let unknown = signed(window(now, now + 900).replace("AKIDEXAMPLE", "AKIDOTHER")).await;
    assert_eq!(
        (unknown.status, unknown.code()),
        (403, "InvalidAccessKeyId")
    );
    let malformed = signed("Bearer x".into()).await;
    assert_eq!(
        (malformed.status, malformed.code()),
        (400, "InvalidArgument")
    );
    running.stop().await;
}

#[tokio::test]
async fn temporary_keys_need_their_token() {
    let mut running = Running::start().await;
    running.put("k", b"x").await;
    let temporary = Credentials {
        secret_id: "AKIDTEMPORARY".into(),
        secret_key: "temporarykey".into(),
        token: Some("to/ken+==".into()),
    };
    running.keyring.issue(
        temporary.clone(),
        Principal::new("archive/1.1", Some("archive".into())),
    );
    running.credentials = temporary;
    let get = || Ask::new("GET", "/k");
    assert_eq!(running.ask(get()).await.code(), "InvalidAccessKeyId");
    assert_eq!(
        running
            .ask(get().header("x-cos-security-token", "other"))
            .await
            .code(),
        "InvalidAccessKeyId"
    );
    assert_eq!(
        running
            .ask(get().header("x-cos-security-token", "to/ken+=="))
            .await
            .status,
        200
    );
    running.stop().await;
}

#[tokio::test]
async fn signatures_can_be_switched_off() {
    let store = store::open(&StoreSettings::memory()).unwrap();
    let running = Running::with(Arc::new(NoFaults), Auth::Skip, store).await;
    assert_eq!(
        running
            .ask(Ask::new("PUT", "/k").unsigned().body(b"x"))
            .await
            .status,
        200
    );
    assert_eq!(
        running.ask(Ask::new("GET", "/k").unsigned()).await.text(),
        "x"
    );
    running.stop().await;
}

#[tokio::test]
async fn what_is_not_played_is_named() {
    let running = Running::start().await;
    let answer = running.ask(Ask::new("GET", "/?vod")).await;
    assert_eq!((answer.status, answer.code()), (501, "NotImplemented"));
    assert_eq!(
        answer.element("Message"),
        "GetVod is not supported by the emulator"
    );
    let answer = running
        .ask(Ask::new("GET", "/k?ci-process=videoinfo"))
        .await;
    assert_eq!(
        answer.element("Message"),
        "GetMediaInfo is not supported by the emulator"
    );
    let answer = running.ask(Ask::new("PATCH", "/k")).await;
    assert_eq!((answer.status, answer.code()), (405, "MethodNotAllowed"));
    running.stop().await;
}
