//! What one client may take does not come out of another's share.

use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::http::Limits;
use tokio::io::AsyncWriteExt as _;

use super::{Door, ask, get, head, rest, within};

#[tokio::test]
async fn idle_and_slow_clients_do_not_disturb_others() {
    let door = Door::open().await;
    let mut crowd = Vec::new();
    for number in 0..200 {
        let mut stream = door.connect().await;
        match number % 4 {
            // Silent from the start, idle after a request, in the middle of a head, of a handshake.
            0 => {}
            1 => drop(ask(&mut stream, &get("a", "/")).await),
            2 => stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap(),
            _ => stream.write_all(b"\x16\x03\x01").await.unwrap(),
        }
        crowd.push(stream);
    }
    let mut client = door.connect().await;
    for _ in 0..20 {
        let body = ask(&mut client, &get("a", "/")).await;
        assert_eq!(body, "GET a / plain - []");
    }
    // The slow ones may go on where they were.
    let slow = &mut crowd[2];
    assert_eq!(ask(slow, "st: b\r\n\r\n").await, "GET b / plain - []");
    let watch = Clock::real().stopwatch();
    within(door.server.stop()).await;
    // Far below the time that requests under way are given.
    assert!(watch.elapsed() < Duration::from_secs(4));
    for mut stream in crowd {
        rest(&mut stream).await;
    }
}

#[tokio::test]
async fn a_head_that_drips_is_cut_and_so_is_an_idle_connection() {
    let limits = Limits {
        head_within: Duration::from_millis(30),
        ..Limits::default()
    };
    let door = Door::with(limits, |_| {}).await;
    let mut slow = door.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
    assert_eq!(rest(&mut slow).await, "");
    let mut idle = door.connect().await;
    ask(&mut idle, &get("a", "/")).await;
    assert_eq!(rest(&mut idle).await, "");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_head_may_be_as_long_as_the_limit_and_not_longer() {
    let door = Door::open().await;
    let request = |filling: usize| {
        let filling = "x".repeat(filling);
        format!("GET / HTTP/1.1\r\nHost: a\r\nX: {filling}\r\n\r\n")
    };
    let overhead = request(0).len();
    let mut stream = door.connect().await;
    ask(&mut stream, &request(64 * 1024 - overhead)).await;
    let mut stream = door.connect().await;
    let long = request(64 * 1024 - overhead + 1);
    stream.write_all(long.as_bytes()).await.unwrap();
    let said = head(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let door = Door::with(limits, |_| {}).await;
    let mut first = door.connect().await;
    ask(&mut first, &get("a", "/")).await;
    // A tunnel keeps its place although the request that opened it is over.
    let (mut tunnel, _said) = door.tunnel("mps.tencentcloudapi.com:80").await;
    ask(&mut tunnel, &get("b", "/")).await;
    let mut third = door.connect().await;
    third.write_all(get("c", "/").as_bytes()).await.unwrap();
    let mut byte = [0];
    let request = get("a", "/");
    let early = tokio::select! {
        biased;
        _ = third.peek(&mut byte) => true,
        body = ask(&mut first, &request) => body.is_empty(),
    };
    assert!(!early, "two places are taken");
    drop(tunnel);
    let (said, body) = super::answer(&mut third).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    assert_eq!(body, "GET c / plain - []");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn stopping_waits_for_a_request_under_way() {
    let door = Door::open().await;
    let mut stream = door.connect().await;
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    // The service reads the body, so the request is under way.
    let said = head(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 100 "), "{said}");
    let finishing = async {
        stream.write_all(b"body").await.unwrap();
        rest(&mut stream).await
    };
    let ((), said) = tokio::join!(biased; within(door.server.stop()), finishing);
    assert!(said.contains("POST a / plain - [body]"), "{said}");
}
