//! What the archive makes of connections that break, and of servers that are slow or gone.

use std::time::Duration;

use tokio::net::TcpListener;

use backlot_handler::digest::Digest;
use backlot_handler::function::Invocation;

use super::stub::{Act, Stub, refusal, stored};
use super::{HOST, function, invocation, settings};

const EVENT: &[u8] = b"{}";
const KEY: &str = "mps/unrecognized/44136fa355b3678a.json";

#[tokio::test]
async fn a_forward_proxy_gets_the_whole_uri_and_the_usual_host() {
    let cos = Stub::start(vec![Act::Answer(stored(EVENT))]).await;
    let proxy = format!("http://user:pass@{}", cos.address);
    let function = function(&settings(cos.address, &[("HTTP_PROXY", &proxy)]));
    function.handle(&invocation(EVENT)).await.unwrap();
    let put = &cos.seen()[0];
    assert_eq!(put.line(), format!("PUT http://{HOST}/{KEY} HTTP/1.1"));
    assert_eq!(put.header("host"), Some(HOST));
    assert_eq!(
        put.header("proxy-authorization"),
        Some("Basic dXNlcjpwYXNz")
    );
    assert!(
        !put.header("authorization")
            .unwrap()
            .contains("proxy-authorization")
    );
}

#[tokio::test]
async fn one_connection_serves_many_events() {
    let cos = Stub::start(vec![Act::Answer(stored(EVENT)); 3]).await;
    let function = function(&settings(cos.address, &[]));
    for _ in 0..3 {
        function.handle(&invocation(EVENT)).await.unwrap();
    }
    let connections: Vec<_> = cos
        .seen()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections, [1, 1, 1]);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced() {
    let acts = vec![
        Act::AnswerAndClose(stored(EVENT)),
        Act::Answer(stored(EVENT)),
        Act::Reset,
        Act::Answer(stored(EVENT)),
    ];
    let cos = Stub::start(acts).await;
    let function = function(&settings(cos.address, &[]));
    for _ in 0..3 {
        let receipt = function.handle(&invocation(EVENT)).await.unwrap();
        assert_eq!(receipt.tries, 1);
    }
    let connections: Vec<_> = cos
        .seen()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections, [1, 2, 2, 3]);
}

#[tokio::test]
async fn broken_connections_are_tried_again() {
    let answer = stored(EVENT);
    let in_the_head = answer[..20].to_owned();
    let in_the_body = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<Err".to_owned();
    for broken in [
        Act::Close,
        Act::Reset,
        Act::AnswerAndClose(in_the_head),
        Act::AnswerAndClose(in_the_body),
        Act::AnswerAndClose("no HTTP\r\n\r\n".to_owned()),
    ] {
        let cos = Stub::start(vec![broken.clone(), Act::Answer(answer.clone())]).await;
        let function = function(&settings(cos.address, &[]));
        let receipt = function.handle(&invocation(EVENT)).await.unwrap();
        assert_eq!(receipt.tries, 2, "{broken:?}");
    }
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_is_found_stored() {
    let digest = Digest::of(EVENT);
    let (etag, crc64) = (digest.md5_hex(), digest.crc64.to_string());
    let found = format!(
        "HTTP/1.1 200 OK\r\nETag: \"{etag}\"\r\nx-cos-hash-crc64ecma: {crc64}\r\nContent-Length: 2\r\n\r\n"
    );
    let acts = vec![
        Act::Close,
        Act::Answer(refusal("409 Conflict", "FileAlreadyExists")),
        Act::Answer(found),
    ];
    let cos = Stub::start(acts).await;
    let function = function(&settings(cos.address, &[]));
    let receipt = function.handle(&invocation(EVENT)).await.unwrap();
    assert_eq!((receipt.already, receipt.tries), (true, 2));
    assert!(cos.seen()[2].line().starts_with("HEAD "));
}

#[tokio::test]
async fn a_slow_answer_is_tried_again() {
    let cos = Stub::start(vec![Act::Hang, Act::Answer(stored(EVENT))]).await;
    let function = function(&settings(cos.address, &[("ARCHIVE_TRY_TIMEOUT_MS", "250")]));
    let receipt = function.handle(&invocation(EVENT)).await.unwrap();
    assert_eq!(receipt.tries, 2);
    let connections: Vec<_> = cos
        .seen()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(
        connections,
        [1, 2],
        "a connection that owes an answer is not used again"
    );
}

#[tokio::test]
async fn a_server_that_never_answers_does_not_outlast_the_time_limit() {
    let cos = Stub::start(vec![Act::Hang; 20]).await;
    let function = function(&settings(cos.address, &[("ARCHIVE_TRIES", "20")]));
    let invocation = Invocation {
        time_limit: Some(Duration::from_millis(200)),
        ..invocation(EVENT)
    };
    let report = function.handle(&invocation).await.unwrap_err();
    assert_eq!(report.error_type, "OutOfTime", "{}", report.error_message);
    let word = format!("no answer from `{HOST}` within");
    assert!(
        report.error_message.contains(&word),
        "{}",
        report.error_message
    );
}

#[tokio::test]
async fn no_time_at_all_is_no_try() {
    let cos = Stub::start(vec![]).await;
    let function = function(&settings(cos.address, &[]));
    let invocation = Invocation {
        time_limit: Some(Duration::ZERO),
        ..invocation(EVENT)
    };
    let report = function.handle(&invocation).await.unwrap_err();
    assert!(
        report.error_message.ends_with("was stored (0 tries)"),
        "{}",
        report.error_message
    );
}

#[tokio::test]
async fn a_pause_that_would_outlast_the_time_limit_is_not_begun() {
    let cos = Stub::start(vec![Act::Answer(refusal("503 Slow", "SlowDown")); 20]).await;
    let more = [("ARCHIVE_RETRY_BASE_MS", "60000"), ("ARCHIVE_TRIES", "20")];
    let function = function(&settings(cos.address, &more));
    let invocation = Invocation {
        time_limit: Some(Duration::from_millis(100)),
        ..invocation(EVENT)
    };
    let report = function.handle(&invocation).await.unwrap_err();
    assert_eq!(report.error_type, "OutOfTime");
    assert!(
        report.error_message.contains("503 SlowDown"),
        "{}",
        report.error_message
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let function = function(&settings(address, &[]));
    let report = function.handle(&invocation(EVENT)).await.unwrap_err();
    assert_eq!(report.error_type, "NotStored");
    let word =
        format!("(4 tries): no answer from `{HOST}`: failed to connect to `http://{address}`");
    assert!(
        report.error_message.contains(&word),
        "{}",
        report.error_message
    );
    assert!(
        report.error_message.contains("refused"),
        "{}",
        report.error_message
    );
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let endless = format!(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 10000000\r\n\r\n{}",
        "x".repeat(200_000)
    );
    let cos = Stub::start(vec![Act::Answer(endless)]).await;
    let function = function(&settings(cos.address, &[]));
    let report = function.handle(&invocation(EVENT)).await.unwrap_err();
    assert!(
        report.error_message.contains("COS answered 403"),
        "{}",
        report.error_message
    );
}

#[tokio::test]
async fn an_answer_that_closes_the_connection_is_honored() {
    let closing = stored(EVENT).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let acts = vec![Act::AnswerAndClose(closing), Act::Answer(stored(EVENT))];
    let cos = Stub::start(acts).await;
    let function = function(&settings(cos.address, &[]));
    for _ in 0..2 {
        function.handle(&invocation(EVENT)).await.unwrap();
    }
    let connections: Vec<_> = cos
        .seen()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections, [1, 2]);
}

#[tokio::test]
async fn keys_that_cannot_be_in_a_header_are_a_failure() {
    let cos = Stub::start(vec![]).await;
    let source = Box::new(|| {
        Ok(backlot_handler::credentials::Credentials {
            token: Some("a\nb".to_owned()),
            ..super::credentials(1)
        })
    });
    let (function, _) = super::function_with(&settings(cos.address, &[]), source);
    let report = function.handle(&invocation(EVENT)).await.unwrap_err();
    assert!(
        report.error_message.contains("`x-cos-security-token`"),
        "{}",
        report.error_message
    );
}
