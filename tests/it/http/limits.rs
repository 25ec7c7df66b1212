//! What one client may take does not come out of another's share.

use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::http::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt as _;

use super::{Door, ask, get, head, rest, within};

/// Idle after a request, all at the same time.
const IDLE: usize = 1000;
/// Neither idle nor done: silent from the start, in the middle of a head, of a handshake, of a body.
const SLOW: [&[u8]; 4] = [
    b"",
    b"GET / HTTP/1.1\r\nHo",
    b"\x16\x03\x01",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
];

/// Lets this process hold both ends of the crowd, whatever the shell allows.
fn allow_many_sockets() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.maximum.map(|most| most.min(16 * 1024)),
        ..limit
    };
    if limit.current < wanted.current {
        setrlimit(Resource::Nofile, wanted).unwrap();
    }
}

#[tokio::test]
async fn a_thousand_idle_clients_and_slow_ones_do_not_disturb_others() {
    allow_many_sockets();
    let door = Door::open().await;
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        let mut stream = door.connect().await;
        ask(&mut stream, &get("idle", "/")).await;
        idle.push(stream);
    }
    let mut slow = Vec::new();
    for number in 0..40 {
        let mut stream = door.connect().await;
        stream.write_all(SLOW[number % SLOW.len()]).await.unwrap();
        slow.push(stream);
    }
    // One that never stops sending, a byte of its head between any two requests of the others.
    let mut dripping = door.connect().await;
    dripping
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n")
        .await
        .unwrap();
    let mut client = door.connect().await;
    for number in 0..50 {
        dripping.write_all(b"x").await.unwrap();
        let path = format!("/{number}");
        let body = ask(&mut client, &get("a", &path)).await;
        assert_eq!(body, format!("GET a {path} plain - []"));
        let mut fresh = door.connect().await;
        ask(&mut fresh, &get("a", "/")).await;
    }
    // They were all kept, and go on where they were.
    for stream in &mut idle {
        assert_eq!(
            ask(stream, &get("again", "/")).await,
            "GET again / plain - []"
        );
    }
    let body = ask(&mut slow[1], "st: b\r\n\r\n").await;
    assert_eq!(body, "GET b / plain - []");
    let body = ask(&mut slow[3], " of it").await;
    assert_eq!(body, "POST a / plain - [half of it]");
    let body = ask(&mut dripping, ": 1\r\n\r\n").await;
    assert_eq!(body, "GET a / plain - []");
    // Bodies that never come are requests under way; the others are not waited for.
    drop(slow);
    within(door.server.stop()).await;
    for mut stream in idle.into_iter().chain([dripping, client]) {
        assert_eq!(rest(&mut stream).await, "");
    }
}

#[tokio::test]
async fn stopping_does_not_wait_for_those_who_are_silent_or_slow() {
    let door = Door::open().await;
    let mut streams = Vec::new();
    for beginning in &SLOW[..3] {
        let mut stream = door.connect().await;
        stream.write_all(beginning).await.unwrap();
        streams.push(stream);
    }
    let watch = Clock::real().stopwatch();
    within(door.server.stop()).await;
    // Far below the time that requests under way are given.
    assert!(watch.elapsed() < Duration::from_secs(4));
    for mut stream in streams {
        assert_eq!(rest(&mut stream).await, "");
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
