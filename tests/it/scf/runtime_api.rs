//! The runtime API as a function sees it.

use std::time::Duration;

use backlot::scf::{Embedded, Function, InProcess, RuntimeClient, RuntimeError};
use bytes::Bytes;
use hyper::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::Rig;

/// A function without retries whose code is `code`.
fn function<F>(code: impl Fn(Embedded) -> F + Send + Sync + 'static) -> Function
where
    F: Future<Output = ()> + Send + 'static,
{
    Function {
        retry_num: 0,
        memory_mb: 256,
        ..Function::in_process("api", InProcess::new(code))
    }
}

#[tokio::test]
async fn next_says_which_event_and_says_it_again() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        client.ready().await.unwrap();
        client.ready().await.unwrap();
        let first = client.next().await.unwrap();
        let second = client.next().await.unwrap();
        assert_eq!(first.body(), second.body());
        for name in ["request_id", "memory_limit_in_mb", "time_limit_in_ms"] {
            assert_eq!(first.headers()[name], second.headers()[name]);
        }
        let text = format!(
            "{} {} {}",
            first.headers()["memory_limit_in_mb"].to_str().unwrap(),
            first.headers()["time_limit_in_ms"].to_str().unwrap(),
            first.headers()["request_id"].to_str().unwrap(),
        );
        client.response(text).await.unwrap();
        client.next().await.map(drop).unwrap_err();
    })]);
    let reply = rig.reply("api", "{}").await;
    rig.scf.stop().await;
    let expected = format!("256 3000 {}", reply.request_id);
    assert_eq!(reply.ret_msg, expected);
}

#[tokio::test]
async fn header_names_are_in_lower_case_and_the_event_is_as_it_was() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        client.ready().await.unwrap();
        let mut raw = TcpStream::connect(embedded.api).await.unwrap();
        let request =
            "GET /runtime/invocation/next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        raw.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        raw.read_to_string(&mut answer).await.unwrap();
        client.response(answer).await.unwrap();
        client.next().await.map(drop).unwrap_err();
    })]);
    let event = "{\"Time\": 11.261677742004395,\n \"n\": 1E2, \"u\": \"\\u4e2d\"}";
    let reply = rig.reply("api", event).await;
    rig.scf.stop().await;
    let answer = std::str::from_utf8(&reply.ret_msg).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, event);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for line in [
        "\r\nrequest_id: ",
        "\r\nmemory_limit_in_mb: 256",
        "\r\ntime_limit_in_ms: 3000",
        "\r\ncontent-type: application/json",
    ] {
        assert!(head.contains(line), "{line:?} in {head}");
    }
}

#[tokio::test]
async fn every_answer_is_200_with_a_body_and_the_first_result_wins() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        let post = |path| (Method::POST, path, Bytes::new());
        let (method, path, body) = post("/runtime/init/ready");
        let answer = client.ask(method, path, body).await.unwrap();
        assert!(!answer.body().is_empty(), "ready");
        while client.next().await.is_ok() {
            client.error("first").await.unwrap();
            for path in ["/runtime/invocation/response", "/runtime/invocation/error"] {
                let (method, path, body) = post(path);
                let answer = client.ask(method, path, body).await.unwrap();
                assert!(!answer.body().is_empty(), "{path}");
            }
        }
    })]);
    rig.play("api", &["1", "2", "3"]).await;
    rig.scf.stop().await;
    for number in 1..=3 {
        let attempt = &rig.attempts(number)[0];
        assert_eq!(attempt.status, 430, "the failure stays");
        let result: serde_json::Value = serde_json::from_str(&attempt.result).unwrap();
        assert_eq!(result["stackTrace"], "first");
    }
    let diagnostics = rig.diagnostics();
    assert_eq!(diagnostics.len(), 6, "{diagnostics:?}");
    assert!(diagnostics[0].contains("a response was posted although no event was open"));
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn next_before_ready_is_held_open_and_does_not_count_as_ready() {
    let rig = Rig::new([Function {
        init_timeout_after: Some(Duration::from_millis(100)),
        ..function(|embedded| async move {
            let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
            client.next().await.map(drop).unwrap_err();
        })
    }]);
    assert_eq!(rig.reply("api", "{}").await.status.0, 450);
    rig.scf.stop().await;
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        let mut statuses = Vec::new();
        for (method, path) in [
            (Method::GET, "/"),
            (Method::POST, "/2018-06-01/runtime/invocation/next"),
            (Method::POST, "/runtime/invocation/next"),
            (Method::GET, "/runtime/init/ready"),
            (Method::PUT, "/runtime/invocation/response"),
        ] {
            match client.ask(method, path, Bytes::new()).await {
                Err(RuntimeError::Refused(status)) => statuses.push(status),
                other => panic!("{other:?}"),
            }
        }
        let (gone, not_allowed) = (StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(
            statuses,
            [gone, gone, not_allowed, not_allowed, not_allowed]
        );
        client.ready().await.unwrap();
        client.next().await.unwrap();
        client.response("all as expected").await.unwrap();
    })]);
    assert_eq!(rig.reply("api", "{}").await.ret_msg, "all as expected");
    rig.scf.stop().await;
}
