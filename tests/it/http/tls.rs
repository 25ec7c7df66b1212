//! TLS: through a tunnel, straight to the port, and to whom it is refused.

use backlot::http::Limits;
use rustls::pki_types::ServerName;

use super::{Door, ask, get, within};

const MPS: &str = "mps.tencentcloudapi.com";
const BUCKET: &str = "media-1250000000.cos.ap-guangzhou.myqcloud.com";

#[tokio::test]
async fn a_tunnel_to_an_emulated_host_ends_here() {
    let door = Door::open().await;
    for host in [MPS, BUCKET, "metadata.tencentyun.com", "hooks.example.com"] {
        let target = format!("{host}:443");
        let (stream, said) = door.tunnel(&target).await;
        assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
        let mut stream = door.secured(stream, host).await;
        let alpn = stream.get_ref().1.alpn_protocol();
        assert_eq!(alpn, Some(&b"http/1.1"[..]));
        for path in ["/first", "/second?x=1"] {
            let body = ask(&mut stream, &get(host, path)).await;
            assert_eq!(body, format!("GET {host} {path} tls {target} []"));
        }
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_tunnel_may_carry_plain_http() {
    let door = Door::open().await;
    for port in [80, 443] {
        let target = format!("{BUCKET}:{port}");
        let (mut stream, _said) = door.tunnel(&target).await;
        let body = ask(&mut stream, &get(BUCKET, "/key")).await;
        assert_eq!(body, format!("GET {BUCKET} /key plain {target} []"));
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_request_without_a_host_is_for_the_tunnels_host() {
    let door = Door::open().await;
    let (mut stream, _said) = door.tunnel("hooks.example.com:80").await;
    let body = ask(&mut stream, "GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(
        body,
        "GET hooks.example.com:80 / plain hooks.example.com:80 []"
    );
    within(door.server.stop()).await;
}

#[tokio::test]
async fn the_port_itself_speaks_tls() {
    let door = Door::open().await;
    for host in ["127.0.0.1", "localhost", MPS] {
        let stream = door.connect().await;
        let mut stream = door.secured(stream, host).await;
        let body = ask(&mut stream, &get(host, "/")).await;
        assert_eq!(body, format!("GET {host} / tls - []"));
    }
    let mut plain = door.connect().await;
    let body = ask(&mut plain, &get(MPS, "/")).await;
    assert_eq!(body, format!("GET {MPS} / plain - []"));
    within(door.server.stop()).await;
}

#[tokio::test]
async fn hosts_that_are_not_emulated_have_no_certificate() {
    let door = Door::open().await;
    let name = ServerName::try_from("www.example.com").unwrap();
    let stream = door.connect().await;
    let refused = within(door.connector(&[]).connect(name, stream)).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("AccessDenied"), "{message}");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_client_that_speaks_only_http_2_is_told_so() {
    let door = Door::open().await;
    let name = ServerName::try_from(MPS).unwrap();
    let stream = door.connect().await;
    let refused = within(door.connector(&["h2"]).connect(name, stream)).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("NoApplicationProtocol"), "{message}");
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up() {
    let limits = Limits {
        head_within: std::time::Duration::from_millis(20),
        ..Limits::default()
    };
    let door = Door::with(limits, |_| {}).await;
    for opening in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = door.connect().await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, opening)
            .await
            .unwrap();
        assert_eq!(super::rest(&mut stream).await, "");
    }
    within(door.server.stop()).await;
}
