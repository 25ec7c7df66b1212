//! Requests that are broken, or that two readers could understand differently: refused or cut, never confused, never a
//! panic.

use tokio::io::AsyncWriteExt as _;

use super::{Door, ask, get, rest, within};

/// A request that must never be answered: it hides behind a broken one.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/// Broken, and what the answer begins with: a status, or nothing if the connection is just cut.
const BROKEN: &[(&str, &str, &str)] = &[
    ("no request at all", "\0\x01\x02\r\n\r\n", "400"),
    ("HTTP/0.9", "GET /\r\n\r\n", "400"),
    (
        "a preface of HTTP/2",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "",
    ),
    (
        "an unknown version",
        "GET / HTTP/3.7\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "a target with blanks",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "a control character in the target",
        "GET /a\x07 HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    ("no host", "GET / HTTP/1.1\r\n\r\n", "400"),
    (
        "two hosts",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "400",
    ),
    (
        "a host that is none",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "400",
    ),
    (
        "a blank before the colon",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "400",
    ),
    (
        "a folded header",
        "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
        "400",
    ),
    (
        "a header without a colon",
        "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
        "400",
    ),
    (
        "a header without a name",
        "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
        "400",
    ),
    (
        "a carriage return in a value",
        "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r2\r\n\r\n",
        "400",
    ),
    (
        "a NUL in a value",
        "GET / HTTP/1.1\r\nHost: a\r\nX: 1\0\r\n\r\n",
        "400",
    ),
    (
        "differing lengths",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "400",
    ),
    (
        "a list of lengths",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n",
        "400",
    ),
    (
        "a signed length",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n",
        "400",
    ),
    (
        "a negative length",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "400",
    ),
    (
        "a hexadecimal length",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n",
        "400",
    ),
    (
        "a length beyond all numbers",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "400",
    ),
    (
        "an empty length",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "400",
    ),
    (
        "another coding",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        "400",
    ),
    (
        "a coding that only looks chunked",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "400",
    ),
    (
        "chunked, but not last",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "chunked in a coding",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "chunked twice",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "chunked by HTTP/1.0",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "a tunnel to nowhere",
        "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "a tunnel to no port",
        "CONNECT mps.tencentcloudapi.com:99999 HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
];

/// Chunked bodies that break off in the middle.
const CHUNKS: &[(&str, &str)] = &[
    ("no size", "\r\n0\r\n\r\n"),
    ("a size that is no number", "x\r\n0\r\n\r\n"),
    ("a signed size", "+1\r\nx\r\n0\r\n\r\n"),
    ("a prefixed size", "0x1\r\nx\r\n0\r\n\r\n"),
    (
        "a size beyond all numbers",
        "fffffffffffffffff\r\nx\r\n0\r\n\r\n",
    ),
    ("a chunk longer than its size", "1\r\nxyz\r\n0\r\n\r\n"),
    ("a line feed for a line end", "1\nx\n0\n\n"),
    ("a blank before the size", " 1\r\nx\r\n0\r\n\r\n"),
    ("a size with a gap", "1 1\r\nx\r\n0\r\n\r\n"),
    ("no line end after the last chunk", "0\r\nX"),
];

/// Sends a request with another behind it and returns everything that comes back.
async fn say(door: &Door, broken: &str) -> String {
    let mut stream = door.connect().await;
    let both = format!("{broken}{HIDDEN}");
    stream.write_all(both.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

#[tokio::test]
async fn broken_requests_are_refused_and_nothing_behind_them_is_read() {
    let door = Door::open().await;
    for (what, request, status) in BROKEN {
        let said = say(&door, request).await;
        let expected = if status.is_empty() {
            String::new()
        } else {
            format!("HTTP/1.1 {status} ")
        };
        let is_expected = if expected.is_empty() {
            said.is_empty()
        } else {
            said.starts_with(&expected)
        };
        assert!(is_expected, "{what}: {said:?}");
        assert_eq!(
            said.matches("HTTP/1.1 ").count(),
            usize::from(!said.is_empty()),
            "{what}: {said}"
        );
        assert!(!said.contains("/hidden"), "{what}: {said}");
    }
    let mut stream = door.connect().await;
    ask(&mut stream, &get("a", "/")).await;
    within(door.server.stop()).await;
}

#[tokio::test]
async fn broken_chunks_end_the_connection() {
    let door = Door::open().await;
    for (what, chunks) in CHUNKS {
        let request =
            format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        let said = say(&door, &request).await;
        assert!(!said.contains("/hidden"), "{what}: {said}");
        assert!(said.matches("HTTP/1.1 ").count() <= 1, "{what}: {said}");
        assert!(!said.contains("[]"), "{what} is not an empty body: {said}");
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn a_request_with_both_framings_is_the_last_of_its_connection() {
    let door = Door::open().await;
    for (first, second) in [
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 4"),
    ] {
        let request =
            format!("POST /both HTTP/1.1\r\nHost: a\r\n{first}\r\n{second}\r\n\r\n0\r\n\r\n");
        let said = say(&door, &request).await;
        assert!(said.contains("POST a /both plain - []"), "{said}");
        assert!(said.to_lowercase().contains("connection: close"), "{said}");
        assert!(!said.contains("/hidden"), "{said}");
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn well_formed_oddities_are_understood() {
    let door = Door::open().await;
    for (request, answer) in [
        (
            "\r\n\r\nGET /lines HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET a /lines",
        ),
        (
            "GET /same HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
            "GET a /same",
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS a *"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n",
            "POST a / plain - [abc]",
        ),
        ("GET /empty HTTP/1.1\r\nHost:\r\n\r\n", "GET  /empty"),
        ("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "BREW a /pot"),
    ] {
        let mut stream = door.connect().await;
        let body = ask(&mut stream, request).await;
        assert!(body.starts_with(answer), "{request:?}: {body}");
        // The connection goes on, and nothing is left over.
        let body = ask(&mut stream, &get("b", "/next")).await;
        assert_eq!(body, "GET b /next plain - []");
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn random_bytes_do_no_harm() {
    let door = Door::open().await;
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for length in 1..200_usize {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                u8::try_from(state >> 32 & 0xff).unwrap()
            })
            .collect();
        let mut stream = door.connect().await;
        stream.write_all(&bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        rest(&mut stream).await;
    }
    let mut stream = door.connect().await;
    ask(&mut stream, &get("a", "/")).await;
    within(door.server.stop()).await;
}
