//! The proxy: what stays here, what is refused, what leaves, and what stopping does to tunnels.

use std::sync::Arc;

use backlot::base::clock::Clock;
use backlot::http::egress::EgressPolicy;
use backlot::http::{Limits, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Door, answer, ask, describe, get, loopback, rest, within};

const BUCKET: &str = "media-1250000000.cos.ap-guangzhou.myqcloud.com";

async fn passing() -> Door {
    Door::with(Limits::default(), |proxy| {
        proxy.egress = Arc::new(EgressPolicy::PassThrough);
    })
    .await
}

#[tokio::test]
async fn absolute_form_reaches_the_service() {
    let door = Door::open().await;
    let mut stream = door.connect().await;
    let request = format!("GET http://{BUCKET}/a?b=c HTTP/1.1\r\nHost: wrong.example.com\r\n\r\n");
    let body = ask(&mut stream, &request).await;
    assert_eq!(body, format!("GET {BUCKET} /a?b=c plain - []"));
    let own = door.server.address();
    let request = format!("GET http://{own}/ HTTP/1.1\r\nHost: {own}\r\n\r\n");
    let body = ask(&mut stream, &request).await;
    assert_eq!(body, format!("GET {own} / plain - []"));
    within(door.server.stop()).await;
}

#[tokio::test]
async fn egress_is_denied_with_the_host_and_the_setting() {
    let door = Door::open().await;
    let (mut stream, said) = door.tunnel("www.example.com:443").await;
    assert!(
        said.starts_with("HTTP/1.1 403 Egress to www.example.com:443 is denied by backlot\r\n"),
        "{said}"
    );
    let body = rest(&mut stream).await;
    assert!(body.contains("`www.example.com:443`"), "{body}");
    assert!(body.contains("`egress: pass-through`"), "{body}");

    let mut stream = door.connect().await;
    let request = "GET http://www.example.com/ HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, body) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert!(head.contains("Content-Type: text/plain"), "{head}");
    assert!(body.contains("`www.example.com:80`"), "{body}");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn other_ports_of_this_machine_are_other_hosts() {
    let door = Door::open().await;
    let other = Server::start(&Clock::real(), loopback(), describe)
        .await
        .unwrap();
    let (_stream, said) = door.tunnel(&other.address().to_string()).await;
    assert!(said.starts_with("HTTP/1.1 403 "), "{said}");
    within(other.stop()).await;
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_tunnel_within_a_tunnel_is_refused() {
    let door = Door::open().await;
    let (mut stream, _said) = door.tunnel(&format!("{BUCKET}:80")).await;
    let request = format!("CONNECT {BUCKET}:443 HTTP/1.1\r\nHost: {BUCKET}:443\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, body) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(body.contains("tunnel"), "{body}");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn passing_tunnels_carry_bytes_both_ways() {
    let door = passing().await;
    let far = TcpListener::bind(loopback()).await.unwrap();
    let (mut near, said) = door.tunnel(&far.local_addr().unwrap().to_string()).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    let (mut far, _peer) = within(far.accept()).await.unwrap();
    let mut read = [0; 4];
    near.write_all(b"ping").await.unwrap();
    within(far.read_exact(&mut read)).await.unwrap();
    assert_eq!(&read, b"ping");
    far.write_all(b"pong").await.unwrap();
    within(near.read_exact(&mut read)).await.unwrap();
    assert_eq!(&read, b"pong");
    far.shutdown().await.unwrap();
    assert_eq!(rest(&mut near).await, "");
    drop((near, far));
    within(door.server.stop()).await;
}

#[tokio::test]
async fn passing_requests_lose_their_proxy_form() {
    let door = passing().await;
    let far = TcpListener::bind(loopback()).await.unwrap();
    let host = far.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _peer) = far.accept().await.unwrap();
        let mut asked = super::head(&mut stream).await;
        let mut body = [0; 4];
        stream.read_exact(&mut body).await.unwrap();
        asked.push_str(&String::from_utf8_lossy(&body));
        let said = b"HTTP/1.1 201 Made\r\nX-Odd-CASE: kept\r\nConnection: x-hop\r\nX-Hop: gone\r\nContent-Length: 2\r\n\r\nok";
        stream.write_all(said).await.unwrap();
        asked
    });
    let mut near = door.connect().await;
    let request = format!(
        "PUT http://{host}/a?b HTTP/1.1\r\nHost: {host}\r\nX-MiXed: 1\r\nProxy-Connection: keep-alive\r\n\
         Proxy-Authorization: Basic eA==\r\nConnection: X-Private\r\nX-Private: 1\r\nContent-Length: 4\r\n\r\nbody"
    );
    near.write_all(request.as_bytes()).await.unwrap();
    let (head, body) = answer(&mut near).await;
    assert!(head.starts_with("HTTP/1.1 201 Made\r\n"), "{head}");
    assert!(head.contains("X-Odd-CASE: kept"), "{head}");
    assert!(!head.to_lowercase().contains("x-hop"), "{head}");
    assert_eq!(body, "ok");
    let asked = within(serving).await.unwrap();
    assert!(asked.starts_with("PUT /a?b HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("X-MiXed: 1"), "{asked}");
    assert!(asked.ends_with("\r\n\r\nbody"), "{asked}");
    for hidden in ["proxy-", "x-private"] {
        assert!(!asked.to_lowercase().contains(hidden), "{asked}");
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_named() {
    let door = passing().await;
    let closed = TcpListener::bind(loopback()).await.unwrap();
    let host = closed.local_addr().unwrap();
    drop(closed);
    let (mut stream, said) = door.tunnel(&host.to_string()).await;
    assert!(said.starts_with("HTTP/1.1 502 "), "{said}");
    let body = rest(&mut stream).await;
    assert!(body.contains(&host.to_string()), "{body}");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn stopping_ends_idle_tunnels_of_every_kind() {
    let door = passing().await;
    let far = TcpListener::bind(loopback()).await.unwrap();
    let target = format!("{BUCKET}:443");
    let (silent, _said) = door.tunnel(&target).await;
    let (plain, _said) = door.tunnel(&target).await;
    let mut used = door.secured(plain, BUCKET).await;
    ask(&mut used, &get(BUCKET, "/")).await;
    let (passed, _said) = door.tunnel(&far.local_addr().unwrap().to_string()).await;
    let (mut outside, _peer) = within(far.accept()).await.unwrap();

    let watch = Clock::real().stopwatch();
    within(door.server.stop()).await;
    // Far below the time that requests under way are given.
    assert!(watch.elapsed() < std::time::Duration::from_secs(4));
    for mut stream in [silent, passed] {
        assert_eq!(rest(&mut stream).await, "");
    }
    assert_eq!(rest(&mut used).await, "");
    assert_eq!(rest(&mut outside).await, "");
}

#[tokio::test]
async fn killing_cuts_a_tunnel_in_the_middle_of_a_request() {
    let door = Door::open().await;
    let (mut stream, _said) = door.tunnel(&format!("{BUCKET}:80")).await;
    let request = format!("PUT / HTTP/1.1\r\nHost: {BUCKET}\r\nContent-Length: 9\r\n\r\nhalf");
    stream.write_all(request.as_bytes()).await.unwrap();
    within(door.server.kill()).await;
    assert_eq!(rest(&mut stream).await, "");
}
