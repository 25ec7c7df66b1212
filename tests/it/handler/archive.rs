//! What the archive makes of COS's answers.

use std::sync::Mutex;

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use backlot_handler::digest::Digest;
use backlot_handler::failure::Report;
use backlot_handler::receipt::Receipt;

use super::stub::error_body;
use super::{BUCKET, HOST, credentials, function, function_with, invocation, settings};

const EVENT: &[u8] = br#"{ "EventType":"EditMediaTask", "EditMediaTaskEvent":{"TaskId":"26-EditMedia-1","Status":"FINISH",
    "ErrCode":0,"Extra":11.261677742004395} }"#;

/// Gives its answers one after the other.
struct InTurn(Mutex<Vec<ResponseTemplate>>);

impl Respond for InTurn {
    fn respond(&self, _request: &Request) -> ResponseTemplate {
        self.0.lock().unwrap().remove(0)
    }
}

/// A COS that gives these answers to PUT and HEAD, and expects to be asked for each of them.
async fn cos(puts: Vec<ResponseTemplate>, heads: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for (verb, answers) in [("PUT", puts), ("HEAD", heads)] {
        let expected = answers.len() as u64;
        Mock::given(method(verb))
            .respond_with(InTurn(Mutex::new(answers)))
            .expect(expected)
            .mount(&server)
            .await;
    }
    server
}

/// What COS says about an object that holds `body`.
fn holds(body: &[u8]) -> ResponseTemplate {
    let digest = Digest::of(body);
    ResponseTemplate::new(200)
        .insert_header("ETag", format!("\"{}\"", digest.md5_hex()))
        .insert_header("x-cos-hash-crc64ecma", digest.crc64.to_string())
}

/// The answer to HEAD: as long as `body`, without sending it.
fn shows(body: &[u8]) -> ResponseTemplate {
    holds(body).insert_header("Content-Length", body.len().to_string())
}

fn refuses(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(error_body(code), "application/xml")
}

async fn archive(server: &MockServer) -> Result<Receipt, Report> {
    let function = function(&settings(*server.address(), &[]));
    function.handle(&invocation(EVENT)).await
}

#[track_caller]
fn failed(result: Result<Receipt, Report>, kind: &str, word: &str) {
    let report = result.unwrap_err();
    assert_eq!(report.error_type, kind, "{}", report.error_message);
    assert!(
        report.error_message.contains(word),
        "{}",
        report.error_message
    );
}

#[tokio::test]
async fn the_bytes_are_stored_as_received_and_signed() {
    let cos = cos(vec![holds(b"hello")], vec![]).await;
    let settings = settings(*cos.address(), &[]);
    let (function, lines) = function_with(&settings, Box::new(|| Ok(credentials(1))));

    let receipt = function.handle(&invocation(b"hello")).await.unwrap();

    let requests = cos.received_requests().await.unwrap();
    let put = &requests[0];
    assert_eq!(put.body, b"hello");
    assert_eq!(
        put.url.as_str(),
        format!("http://{HOST}/mps/not-json/2cf24dba5fb0a30e.bin")
    );
    let header = |name: &str| put.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("host"), HOST);
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!(header("content-md5"), "XUFAKrxLKna5cZ2REBfFkg==");
    assert_eq!(header("x-cos-forbid-overwrite"), "true");
    assert_eq!(header("x-cos-meta-event-type"), "not-json");
    assert_eq!(header("x-cos-meta-request-id"), "request-1");
    assert_eq!(header("x-cos-security-token"), "token/1+=");
    // Computed apart from the code under test.
    assert_eq!(
        header("authorization"),
        "q-sign-algorithm=sha1&q-ak=secret-id-1&q-sign-time=1700000000;1700003660&q-key-time=1700000000;1700003660\
         &q-header-list=content-length;content-md5;content-type;host;x-cos-forbid-overwrite;x-cos-meta-event-type;\
         x-cos-meta-request-id;x-cos-security-token&q-url-param-list=\
         &q-signature=9d054e58844b94ea43bf9e45ae41539014d1d6bb"
    );
    assert!(!put.headers.contains_key("date"));
    assert_eq!(
        serde_json::to_value(receipt).unwrap(),
        json!({
            "archived": {
                "bucket": BUCKET,
                "key": "mps/not-json/2cf24dba5fb0a30e.bin",
                "size": 5,
                "md5": "5d41402abc4b2a76b9719d911017c592",
                "crc64": Digest::of(b"hello").crc64.to_string(),
            },
            "event": {"type": "not-json", "taskId": null, "status": null},
            "already": false,
            "tries": 1,
        })
    );
    assert_eq!(
        *lines.lock().unwrap(),
        [
            r#"{"level":"info","outcome":"archived","requestId":"request-1","eventType":"not-json","taskId":null,"status":null,"key":"mps/not-json/2cf24dba5fb0a30e.bin","size":5,"tries":1}"#
        ]
    );
}

#[tokio::test]
async fn a_notification_tells_its_task_in_the_metadata() {
    let cos = cos(vec![holds(EVENT)], vec![]).await;
    let receipt = archive(&cos).await.unwrap();
    let put = &cos.received_requests().await.unwrap()[0];
    assert_eq!(put.body, EVENT);
    let header = |name: &str| put.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-cos-meta-event-type"), "EditMediaTask");
    assert_eq!(header("x-cos-meta-task-id"), "26-EditMedia-1");
    assert_eq!(header("x-cos-meta-status"), "FINISH");
    assert_eq!(
        receipt.archived.key,
        format!(
            "mps/EditMediaTask/26-EditMedia-1/FINISH-{}.json",
            Digest::of(EVENT).short()
        )
    );
}

#[tokio::test]
async fn a_server_that_recovers_is_asked_again() {
    let answers = vec![
        refuses(503, "SlowDown"),
        refuses(500, "InternalError"),
        refuses(409, "PathConflict"),
        holds(EVENT),
    ];
    let cos = cos(answers, vec![]).await;
    let receipt = archive(&cos).await.unwrap();
    assert_eq!((receipt.tries, receipt.already), (4, false));
    let retries: Vec<bool> = cos
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| request.headers.contains_key("x-cos-sdk-retry"))
        .collect();
    assert_eq!(retries, [false, true, true, true]);
}

#[tokio::test]
async fn a_server_that_does_not_recover_is_given_up() {
    let cos = cos(vec![refuses(500, "InternalError"); 4], vec![]).await;
    failed(
        archive(&cos).await,
        "NotStored",
        "(4 tries): COS answered 500 InternalError: Told to (COS request `cos-request`)",
    );
}

#[tokio::test]
async fn refusals_are_final() {
    for (status, code) in [
        (301, "PermanentRedirect"),
        (400, "ExpiredToken"),
        (403, "AccessDenied"),
        (404, "NoSuchBucket"),
        (409, "BucketLocked"),
        (412, "PreconditionFailed"),
        (501, "NotImplemented"),
    ] {
        let cos = cos(vec![refuses(status, code)], vec![]).await;
        failed(
            archive(&cos).await,
            "NotStored",
            &format!("(1 try): COS answered {status} {code}"),
        );
    }
}

#[tokio::test]
async fn wrong_or_missing_checksums_are_a_failure() {
    let other = Digest::of(b"other bytes");
    let crc64 = Digest::of(EVENT).crc64.to_string();
    let etag = format!("\"{}\"", Digest::of(EVENT).md5_hex());
    let answer = || ResponseTemplate::new(200);
    for (answer, word) in [
        (
            holds(EVENT).insert_header("x-cos-hash-crc64ecma", other.crc64.to_string()),
            format!("x-cos-hash-crc64ecma is {}, not {crc64}", other.crc64),
        ),
        (
            holds(EVENT).insert_header("ETag", format!("\"{}\"", other.md5_hex())),
            format!("ETag is {}", other.md5_hex()),
        ),
        (
            answer().insert_header("ETag", etag.as_str()),
            "x-cos-hash-crc64ecma is not given".to_owned(),
        ),
        (
            answer().insert_header("x-cos-hash-crc64ecma", crc64.as_str()),
            "ETag is not given".to_owned(),
        ),
    ] {
        let cos = cos(vec![answer], vec![]).await;
        failed(archive(&cos).await, "StoredDifferently", &word);
    }
}

#[tokio::test]
async fn an_error_in_the_body_of_a_success_is_an_error() {
    let late = |code: &str| holds(EVENT).set_body_raw(error_body(code), "application/xml");
    let cos_that_recovers = cos(vec![late("InternalError"), holds(EVENT)], vec![]).await;
    assert_eq!(archive(&cos_that_recovers).await.unwrap().tries, 2);
    let cos_that_refuses = cos(vec![late("AccessDenied")], vec![]).await;
    failed(
        archive(&cos_that_refuses).await,
        "NotStored",
        "COS answered 200 AccessDenied",
    );
}

#[tokio::test]
async fn the_same_bytes_under_the_key_are_a_success() {
    let cos = cos(vec![refuses(409, "FileAlreadyExists")], vec![shows(EVENT)]).await;
    let receipt = archive(&cos).await.unwrap();
    assert_eq!((receipt.already, receipt.tries), (true, 1));
    let requests = cos.received_requests().await.unwrap();
    assert_eq!(requests[0].url, requests[1].url);
    assert!(requests[1].headers.contains_key("authorization"));
}

#[tokio::test]
async fn different_bytes_under_the_key_are_not_overwritten() {
    let longer = [EVENT, b" "].concat();
    let mut changed = EVENT.to_vec();
    changed[0] = b'[';
    for (there, property) in [
        (longer, "Content-Length"),
        (changed, "x-cos-hash-crc64ecma"),
    ] {
        let cos = cos(vec![refuses(409, "FileAlreadyExists")], vec![shows(&there)]).await;
        let result = archive(&cos).await;
        failed(
            result,
            "TakenByOthers",
            "refusing to overwrite different bytes",
        );
        let again = cos.received_requests().await.unwrap();
        assert_eq!(again.len(), 2, "{property}");
    }
}

#[tokio::test]
async fn an_object_that_vanishes_while_it_is_compared_is_stored() {
    let cos = cos(
        vec![refuses(409, "FileAlreadyExists"), holds(EVENT)],
        vec![ResponseTemplate::new(404)],
    )
    .await;
    let receipt = archive(&cos).await.unwrap();
    assert_eq!((receipt.already, receipt.tries), (false, 2));
}

#[tokio::test]
async fn a_comparison_that_fails_for_a_moment_is_made_again() {
    let taken = || refuses(409, "FileAlreadyExists");
    let cos = cos(
        vec![taken(), taken()],
        vec![ResponseTemplate::new(503), shows(EVENT)],
    )
    .await;
    let receipt = archive(&cos).await.unwrap();
    assert_eq!((receipt.already, receipt.tries), (true, 2));
}

#[tokio::test]
async fn a_comparison_that_is_not_allowed_is_a_failure() {
    let cos = cos(
        vec![refuses(409, "FileAlreadyExists")],
        vec![ResponseTemplate::new(403)],
    )
    .await;
    failed(archive(&cos).await, "NotStored", "COS answered 403");
}

#[tokio::test]
async fn the_number_of_tries_can_be_set() {
    let cos = cos(vec![refuses(503, "SlowDown")], vec![]).await;
    let function = function(&settings(*cos.address(), &[("ARCHIVE_TRIES", "1")]));
    failed(
        function.handle(&invocation(EVENT)).await,
        "NotStored",
        "(1 try)",
    );
}

#[tokio::test]
async fn a_failure_is_logged_with_its_cause() {
    let cos = cos(vec![refuses(403, "AccessDenied")], vec![]).await;
    let settings = settings(*cos.address(), &[]);
    let (function, lines) = function_with(&settings, Box::new(|| Ok(credentials(1))));
    function.handle(&invocation(EVENT)).await.unwrap_err();
    let line: Value = serde_json::from_str(&lines.lock().unwrap()[0]).unwrap();
    assert_eq!(line["level"], "error");
    assert_eq!(line["outcome"], "failed");
    assert_eq!(line["taskId"], "26-EditMedia-1");
    assert_eq!(line["tries"], 1);
    assert_eq!(line["errorType"], "NotStored");
    assert!(
        line["error"].as_str().unwrap().contains("AccessDenied"),
        "{line}"
    );
}

#[tokio::test]
async fn secrets_are_neither_sent_nor_logged() {
    let cos = cos(vec![refuses(403, "SignatureDoesNotMatch")], vec![]).await;
    let settings = settings(*cos.address(), &[]);
    let (function, lines) = function_with(&settings, Box::new(|| Ok(credentials(1))));
    let report = function.handle(&invocation(EVENT)).await.unwrap_err();
    let request = format!("{:?}", cos.received_requests().await.unwrap());
    assert!(!request.contains("secret-key-1"));
    let said = format!("{}{:?}", report.error_message, lines.lock().unwrap());
    assert!(
        !said.contains("secret-key-1") && !said.contains("token/1"),
        "{said}"
    );
}
