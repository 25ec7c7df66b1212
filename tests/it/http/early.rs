//! Answers that come before the body: they reach their sender, and the connection is kept or its end announced.

use std::fmt::Write as _;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::{Door, answer, ask, get, head, rest, within};

const MPS: &str = "mps.tencentcloudapi.com";

/// The largest rest that does not cost the connection.
const KEPT: usize = 1 << 20;

/// Sends a request with a body as clients do that read nothing before all is sent, and returns the answer's head.
async fn upload(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    more: &str,
    size: usize,
) -> String {
    let request =
        format!("PUT /refused HTTP/1.1\r\nHost: {MPS}\r\n{more}Content-Length: {size}\r\n\r\n");
    within(stream.write_all(request.as_bytes())).await.unwrap();
    within(stream.write_all(&vec![b'x'; size])).await.unwrap();
    within(stream.flush()).await.unwrap();
    let (head, body) = answer(stream).await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{size}: {head}");
    assert_eq!(body, "refused");
    head
}

async fn check(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), size: usize) {
    let head = upload(stream, "", size).await;
    if size <= KEPT {
        assert!(!head.contains("Connection: "), "{size}: {head}");
        // The rest is not taken for a request.
        ask(stream, &get(MPS, "/next")).await;
    } else {
        assert!(head.contains("\r\nConnection: close\r\n"), "{size}: {head}");
        assert_eq!(rest(stream).await, "");
    }
}

#[tokio::test]
async fn a_refusal_reaches_a_sender_of_any_size_over_every_kind_of_connection() {
    let door = Door::open().await;
    for size in [4, 100_000, 300_000, KEPT, 2_000_000, 10_000_000] {
        check(&mut door.connect().await, size).await;
        let stream = door.connect().await;
        check(&mut door.secured(stream, MPS).await, size).await;
        let (mut stream, _said) = door.tunnel(&format!("{MPS}:80")).await;
        check(&mut stream, size).await;
        let (stream, _said) = door.tunnel(&format!("{MPS}:443")).await;
        check(&mut door.secured(stream, MPS).await, size).await;
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn the_answer_does_not_wait_for_the_body() {
    let door = Door::open().await;
    let mut stream = door.connect().await;
    let request = format!("PUT /refused HTTP/1.1\r\nHost: {MPS}\r\nContent-Length: 4\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, _body) = answer(&mut stream).await;
    assert!(!head.contains("Connection: "), "{head}");
    let next = format!("body{}", get(MPS, "/next"));
    ask(&mut stream, &next).await;
    within(door.server.stop()).await;
}

#[tokio::test]
async fn where_the_body_ends_is_not_known_without_permission_to_send_it() {
    let door = Door::open().await;
    let mut stream = door.connect().await;
    let request = format!(
        "PUT /refused HTTP/1.1\r\nHost: {MPS}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, _body) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    // The client has understood and closes; nothing of it is left.
    drop(stream);
    let mut chunked = door.connect().await;
    let request =
        format!("PUT /refused HTTP/1.1\r\nHost: {MPS}\r\nTransfer-Encoding: chunked\r\n\r\n");
    chunked.write_all(request.as_bytes()).await.unwrap();
    let (head, _body) = answer(&mut chunked).await;
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    chunked.write_all(b"4\r\nbody\r\n0\r\n\r\n").await.unwrap();
    assert_eq!(rest(&mut chunked).await, "");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_call_that_may_not_leave_is_refused_whatever_it_carries() {
    let door = Door::open().await;
    for size in [10, 3_000_000] {
        let mut stream = door.connect().await;
        let request = format!(
            "POST http://api.example.org/ HTTP/1.1\r\nHost: api.example.org\r\nContent-Length: {size}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        within(stream.write_all(&vec![b'x'; size])).await.unwrap();
        let (head, body) = answer(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
        assert!(body.contains("egress is denied"), "{body}");
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn an_old_client_is_not_promised_a_connection_that_ends() {
    let door = Door::open().await;
    let mut stream = door.connect().await;
    let request = format!(
        "PUT /refused HTTP/1.0\r\nHost: {MPS}\r\nConnection: keep-alive\r\nContent-Length: 2000000\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    within(stream.write_all(&vec![b'x'; 2_000_000]))
        .await
        .unwrap();
    let (head, _body) = answer(&mut stream).await;
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn names_of_the_connection_and_of_early_refusals_have_the_usual_case() {
    let door = Door::open().await;
    let long = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    for (request, expected) in [
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "Connection: close",
        ),
        (
            "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
            "Connection: keep-alive",
        ),
        ("no HTTP\r\n\r\n", "Content-Length: 0"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nbad name: x\r\n\r\n",
            "Content-Length: 0",
        ),
        (long.as_str(), "Content-Length: 0"),
        ("GET / HTTP/1.1\r\n\r\n", "Connection: close"),
    ] {
        let mut stream = door.connect().await;
        // A refusal may come before all is sent.
        drop(stream.write_all(request.as_bytes()).await);
        let head = head(&mut stream).await;
        assert!(
            head.contains(&format!("\r\n{expected}\r\n")),
            "{expected}: {head}"
        );
        for line in head.lines().skip(1).filter(|line| !line.is_empty()) {
            assert!(
                line.starts_with(|first: char| first.is_ascii_uppercase()),
                "{head}"
            );
        }
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_request_may_have_many_small_header_fields() {
    let door = Door::open().await;
    let mut stream = door.connect().await;
    let mut fields = String::new();
    for number in 0..900 {
        writeln!(fields, "x-cos-meta-{number}: v\r").unwrap();
    }
    ask(
        &mut stream,
        &format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"),
    )
    .await;
    within(door.server.stop()).await;
}
