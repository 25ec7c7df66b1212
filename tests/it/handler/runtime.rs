//! The loop against a stub of the runtime API.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use backlot_handler::digest::Digest;
use backlot_handler::function::Function;
use backlot_handler::runtime::{Error, RuntimeApi, serve};

use super::platform::Platform;
use super::{credentials, function, function_with, settings};

const RESPONSE: &str = "POST /runtime/invocation/response HTTP/1.1";
const ERROR: &str = "POST /runtime/invocation/error HTTP/1.1";
const READY: &str = "POST /runtime/init/ready HTTP/1.1";

/// A running loop.
struct Running {
    stop: watch::Sender<bool>,
    ended: JoinHandle<Result<(), Error>>,
}

impl Running {
    fn start(platform: SocketAddr, function: Function) -> Self {
        let (stop, stopped) = watch::channel(false);
        let api = RuntimeApi::new(platform.to_string().parse().unwrap());
        let ended = tokio::spawn(async move { serve(&api, &function, stopped).await });
        Self { stop, ended }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.ended.await.unwrap().unwrap();
    }
}

/// A COS that keeps everything, apart from keys that hold `poison`.
async fn cos() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path_regex("poison"))
        .respond_with(ResponseTemplate::new(403))
        .mount(&server)
        .await;
    let keep = |request: &Request| {
        let digest = Digest::of(&request.body);
        ResponseTemplate::new(200)
            .insert_header("ETag", format!("\"{}\"", digest.md5_hex()))
            .insert_header("x-cos-hash-crc64ecma", digest.crc64.to_string())
    };
    Mock::given(method("PUT"))
        .respond_with(keep)
        .mount(&server)
        .await;
    server
}

fn notification(task: &str) -> Vec<u8> {
    format!(r#"{{"EventType":"WorkflowTask","WorkflowTaskEvent":{{"TaskId":"{task}","Status":"FINISH"}}}}"#)
        .into_bytes()
}

#[tokio::test]
async fn ready_comes_first_and_is_not_empty() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    let ready = platform.call().await;
    assert_eq!(ready.line(), READY);
    assert_eq!(ready.body, b"ready");
    running.stop().await;
}

#[tokio::test]
async fn a_failed_event_is_an_error_and_the_next_one_is_served() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    let mut connections = vec![platform.call().await.connection];
    for (request, task, line) in [
        ("one", "good-1", RESPONSE),
        ("two", "poison", ERROR),
        ("three", "good-2", RESPONSE),
    ] {
        platform.give(request, &notification(task));
        let (next, result) = (platform.call().await, platform.call().await);
        connections.extend([next.connection, result.connection]);
        assert_eq!(result.line(), line, "{request}");
        let body: Value = serde_json::from_slice(&result.body).unwrap();
        if line == ERROR {
            assert_eq!(body["errorType"], "NotStored");
            let message = body["errorMessage"].as_str().unwrap();
            assert!(message.contains("COS answered 403"), "{message}");
        } else {
            assert_eq!(body["event"]["taskId"], task);
        }
    }
    assert_eq!(connections, [1; 7], "the connection is kept");
    running.stop().await;
}

#[tokio::test]
async fn credentials_are_asked_for_at_each_event() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let asked = AtomicUsize::new(0);
    let source = Box::new(move || Ok(credentials(asked.fetch_add(1, Ordering::Relaxed))));
    let (function, _) = function_with(&settings(*cos.address(), &[]), source);
    let running = Running::start(platform.address, function);
    platform.call().await;
    for event in ["{}", "[]"] {
        platform.give("request", event.as_bytes());
        assert_eq!(platform.result().await.0, RESPONSE);
    }
    let requests = cos.received_requests().await.unwrap();
    for (number, request) in requests.iter().enumerate() {
        let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap();
        assert!(header("authorization").contains(&format!("q-ak=secret-id-{number}&")));
        assert_eq!(header("x-cos-security-token"), format!("token/{number}+="));
    }
    assert_eq!(requests.len(), 2);
    running.stop().await;
}

#[tokio::test]
async fn missing_credentials_are_reported() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let source = Box::new(|| backlot_handler::credentials::Credentials::read(|_| None));
    let (function, _) = function_with(&settings(*cos.address(), &[]), source);
    let running = Running::start(platform.address, function);
    platform.call().await;
    platform.give("request", b"{}");
    let (line, body) = platform.result().await;
    assert_eq!(line, ERROR);
    assert_eq!(body["errorType"], "MissingCredentials");
    running.stop().await;
}

#[tokio::test]
async fn an_event_without_its_headers_is_an_error() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    platform.call().await;
    for (headers, header) in [
        ("time_limit_in_ms: 3000\r\n", "request_id"),
        ("request_id: r\r\n", "time_limit_in_ms"),
        (
            "request_id: r\r\ntime_limit_in_ms: soon\r\n",
            "time_limit_in_ms",
        ),
    ] {
        platform.give_with(headers, b"{}");
        let (line, body) = platform.result().await;
        assert_eq!(line, ERROR);
        assert_eq!(
            body["errorMessage"],
            format!("the runtime API sent no usable `{header}` with the event")
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn header_names_are_read_in_any_case() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    platform.call().await;
    platform.give_with("Request_Id: r\r\nTime_Limit_In_Ms: 3000\r\n", b"{}");
    assert_eq!(platform.result().await.0, RESPONSE);
    running.stop().await;
}

#[tokio::test]
async fn what_is_not_recognized_is_kept_as_well() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    platform.call().await;
    for (event, kind, ending) in [
        (&b"{\"Records\": []}"[..], "unrecognized", ".json"),
        (b"not json at all", "not-json", ".bin"),
        (b"", "not-json", ".bin"),
    ] {
        platform.give("request", event);
        let (line, body) = platform.result().await;
        assert_eq!(line, RESPONSE);
        assert_eq!(body["event"]["type"], kind);
        assert_eq!(
            body["archived"]["key"],
            format!("mps/{kind}/{}{ending}", Digest::of(event).short())
        );
        assert_eq!(
            cos.received_requests().await.unwrap().last().unwrap().body,
            event
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn events_of_both_profiles_are_kept_byte_for_byte() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    platform.call().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/mps");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("/trigger-"))
        .collect();
    files.sort();
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let event = std::fs::read(file).unwrap();
        platform.give("request", &event);
        let (line, body) = platform.result().await;
        assert_eq!(line, RESPONSE, "{name}");
        let told: Value = serde_json::from_slice(&event).unwrap();
        let kind = told["EventType"].as_str().unwrap();
        let task = &told[format!("{kind}Event")];
        assert_eq!(body["event"]["type"], kind, "{name}");
        assert_eq!(body["event"]["taskId"], task["TaskId"], "{name}");
        assert_eq!(body["event"]["status"], task["Status"], "{name}");
        let task_id = task["TaskId"].as_str().unwrap();
        let key = body["archived"]["key"].as_str().unwrap();
        assert!(
            key.starts_with(&format!("mps/{kind}/{task_id}/")),
            "{name}: {key}"
        );
        assert_eq!(
            cos.received_requests().await.unwrap().last().unwrap().body,
            event,
            "{name}"
        );
    }
    assert_eq!(files.len(), 14);
    running.stop().await;
}

#[tokio::test]
async fn the_log_names_the_parts_that_failed() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let source = Box::new(|| Ok(credentials(1)));
    let (function, lines) = function_with(&settings(*cos.address(), &[]), source);
    let running = Running::start(platform.address, function);
    platform.call().await;
    let event = include_bytes!("../../vectors/mps/trigger-workflow-partial-fail-legacy.json");
    platform.give("request", event);
    platform.result().await;
    running.stop().await;
    let line: Value = serde_json::from_str(&lines.lock().unwrap()[0]).unwrap();
    let failures = line["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 2, "{line}");
    assert!(
        failures
            .iter()
            .all(|part| part.as_str().unwrap().ends_with(" 30010")),
        "{line}"
    );
}

#[tokio::test]
async fn a_stop_while_waiting_ends_at_once() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    platform.call().await;
    platform.call().await;
    running.stop().await;
}

#[tokio::test]
async fn a_stop_during_an_event_comes_after_its_result() {
    let mut platform = Platform::start().await;
    let (entered, mut inside) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let cos = MockServer::start().await;
    let hold = move |request: &Request| {
        entered.send(()).unwrap();
        wait.lock().unwrap().recv().unwrap();
        let digest = Digest::of(&request.body);
        ResponseTemplate::new(200)
            .insert_header("ETag", format!("\"{}\"", digest.md5_hex()))
            .insert_header("x-cos-hash-crc64ecma", digest.crc64.to_string())
    };
    Mock::given(method("PUT"))
        .respond_with(hold)
        .mount(&cos)
        .await;
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    platform.call().await;
    platform.give("request", b"{}");
    inside.recv().await.unwrap();
    running.stop.send_replace(true);
    go_on.send(()).unwrap();
    assert_eq!(platform.result().await.0, RESPONSE);
    running.stop().await;
}

#[tokio::test]
async fn anything_but_200_is_fatal() {
    let cos = cos().await;
    for status in ["202 Accepted", "204 No Content", "403 Forbidden", "500 Oh"] {
        let platform = Platform::answering(status).await;
        let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
        let error = running.ended.await.unwrap().unwrap_err().to_string();
        let number = &status[..3];
        assert!(error.contains(&format!("answered {number}")), "{error}");
        assert!(error.contains("`/runtime/init/ready`, not 200"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_next_is_fatal() {
    let (cos, platform) = (cos().await, Platform::start().await);
    platform.refuse_next("410 Gone");
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    let error = running.ended.await.unwrap().unwrap_err().to_string();
    assert!(
        error.ends_with("answered 410 Gone to `/runtime/invocation/next`, not 200: sorry"),
        "{error}"
    );
}

#[tokio::test]
async fn a_runtime_api_that_goes_away_is_fatal() {
    let (cos, mut platform) = (cos().await, Platform::start().await);
    let running = Running::start(platform.address, function(&settings(*cos.address(), &[])));
    platform.call().await;
    platform.call().await;
    drop(platform);
    let error = running.ended.await.unwrap().unwrap_err().to_string();
    assert!(
        error.starts_with("failed to call `/runtime/invocation/next`"),
        "{error}"
    );
}
