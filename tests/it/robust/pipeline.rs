//! Many requests on one connection, sent without waiting: each answer is that of its own request, in order, and whatever is
//! broken ends the connection instead of becoming a request of its own.

use std::net::SocketAddr;

use backlot::base::clock::Clock;
use backlot::http::exchange::{collect, full};
use backlot::http::{Request, Response, Server};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A request, and whether the connection can go on after it.
#[derive(Clone, Debug)]
struct Sent {
    bytes: Vec<u8>,
    /// What its answer says; nothing if it is refused.
    echo: Option<String>,
    goes_on: bool,
}

/// Answers with the target and the body of the request.
async fn describe(request: Request) -> Result<Response, backlot::http::Cut> {
    let path = request.uri().path().to_owned();
    let body = match collect(request.into_body(), 1 << 20).await {
        Ok(body) => hex::encode(body),
        Err(_) => "broken".to_owned(),
    };
    Ok(Response::new(full(format!("{path} {body}"))))
}

/// Bodies that look like requests are the ones that could be taken for such.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        Just(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        Just(b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
    ]
}

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    for chunk in body.chunks(size) {
        wire.extend(format!("{:x};n=v\r\n", chunk.len()).as_bytes());
        wire.extend(chunk);
        wire.extend(b"\r\n");
    }
    wire.extend(b"0\r\nTrailer: x\r\n\r\n");
    wire
}

fn request(number: usize, body: &[u8], kind: u8, size: usize) -> Sent {
    let echo = format!("/{number} {}", hex::encode(body));
    let length = body.len();
    let head =
        |lines: &str| format!("POST /{number} HTTP/1.1\r\nHost: a\r\n{lines}\r\n").into_bytes();
    let (bytes, echo, goes_on) = match kind {
        0..6 => (
            [
                head(&format!("Content-Length: {length}\r\n")),
                body.to_vec(),
            ]
            .concat(),
            Some(echo),
            true,
        ),
        6..10 => (
            [head("Transfer-Encoding: chunked\r\n"), chunked(body, size)].concat(),
            Some(echo),
            true,
        ),
        // Two framings: read as chunks, and then the connection ends.
        10 => (
            [
                head("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
                chunked(body, size),
            ]
            .concat(),
            Some(echo),
            false,
        ),
        11 => (
            [
                head("Content-Length: 3\r\nContent-Length: 4\r\n"),
                body.to_vec(),
            ]
            .concat(),
            None,
            false,
        ),
        12 => (
            [
                head("Transfer-Encoding: gzip, chunked\r\n"),
                chunked(body, size),
            ]
            .concat(),
            None,
            false,
        ),
        13 => (
            [head("Host: b\r\nContent-Length: 0\r\n"), body.to_vec()].concat(),
            None,
            false,
        ),
        14 => ([head("No colon\r\n"), body.to_vec()].concat(), None, false),
        _ => (
            [
                head(&format!(
                    "Connection: close\r\nContent-Length: {length}\r\n"
                )),
                body.to_vec(),
            ]
            .concat(),
            Some(echo),
            false,
        ),
    };
    Sent {
        bytes,
        echo,
        goes_on,
    }
}

async fn talk(wire: &[u8], pieces: usize) -> Vec<u8> {
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(&Clock::real(), local, describe)
        .await
        .unwrap();
    let (near, far) = tokio::io::duplex(512);
    server.attend(far, local).await;
    let (mut reader, mut writer) = tokio::io::split(near);
    let mut back = Vec::new();
    let sending = async {
        for piece in wire.chunks(pieces) {
            // The other side may close early.
            if writer.write_all(piece).await.is_err() {
                return;
            }
        }
        drop(writer.shutdown().await);
    };
    let ((), read) = tokio::join!(sending, reader.read_to_end(&mut back));
    read.unwrap();
    server.kill().await;
    back
}

/// Status and body of each answer.
fn answers(back: &[u8]) -> Vec<(u16, String)> {
    let mut found = Vec::new();
    let mut rest = back;
    while !rest.is_empty() {
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(back)));
        let head = String::from_utf8(rest[..end].to_vec()).unwrap();
        rest = &rest[end + 4..];
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        });
        let (body, after) = rest.split_at(length.unwrap_or(0));
        rest = after;
        let status = head[9..12].parse().unwrap();
        found.push((status, String::from_utf8(body.to_vec()).unwrap()));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_answer_is_that_of_its_own_request(
        drafts in prop::collection::vec((body(), 0_u8..16, 1_usize..40), 1..8),
        pieces in 1_usize..300,
    ) {
        let sent: Vec<_> = drafts
            .iter()
            .enumerate()
            .map(|(number, (body, kind, size))| request(number, body, *kind, *size))
            .collect();
        let wire = sent.iter().flat_map(|sent| sent.bytes.clone()).collect::<Vec<_>>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = answers(&runtime.block_on(talk(&wire, pieces)));
        let last = sent.iter().position(|sent| !sent.goes_on);
        let heard = &sent[..last.map_or(sent.len(), |last| last + 1)];
        prop_assert!(found.len() <= heard.len(), "{found:?}");
        // A request that is refused may end the connection before anything is said of it, but not those before it.
        let answered = heard.iter().take_while(|sent| sent.echo.is_some()).count();
        prop_assert!(found.len() >= answered, "{found:?}");
        for (sent, (status, body)) in heard.iter().zip(&found) {
            if let Some(echo) = &sent.echo {
                prop_assert_eq!((*status, body), (200, echo));
            } else {
                prop_assert_eq!(*status, 400);
            }
        }
    }
}
