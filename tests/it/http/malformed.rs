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
        "a target with spaces",
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
        "an invalid host",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "400",
    ),
    (
        "a space before the colon",
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
        "a list of codings in which one is empty",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "chunked with a parameter",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "chunked behind a control character",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "a coding in a folded header",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "a coding with a space before the colon",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "a length with a space before the colon",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello",
        "400",
    ),
    (
        "two lengths in one value",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello",
        "400",
    ),
    (
        "differing lengths and chunks",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "a carriage return in the request line",
        "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "a NUL in the target",
        "GET /a\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "a NUL in a name",
        "GET / HTTP/1.1\r\nHost: a\r\nX\0: 1\r\n\r\n",
        "400",
    ),
    (
        "a tab in a name",
        "GET / HTTP/1.1\r\nHost: a\r\nX\tY: 1\r\n\r\n",
        "400",
    ),
    (
        "a folded first header",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "400",
    ),
    (
        "a method that is no word",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "two spaces before the version",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "something behind the version",
        "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "everything of a method that cannot be asked so",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "an address without a host",
        "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "an address of another scheme",
        "GET ftp://mps.tencentcloudapi.com/x HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "an address with an invalid port",
        "GET http://mps.tencentcloudapi.com:x/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "400",
    ),
    (
        "an address and two hosts",
        "GET http://mps.tencentcloudapi.com/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "400",
    ),
    (
        "an address elsewhere under a name of ours",
        "GET http://elsewhere.example.com/ HTTP/1.1\r\nHost: mps.tencentcloudapi.com\r\n\r\n",
        "403",
    ),
    (
        "a tunnel elsewhere under a name of ours",
        "CONNECT elsewhere.example.com:443 HTTP/1.1\r\nHost: mps.tencentcloudapi.com:443\r\n\r\n",
        "403",
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
    ("a space before the size", " 1\r\nx\r\n0\r\n\r\n"),
    ("a size with a gap", "1 1\r\nx\r\n0\r\n\r\n"),
    ("no line end after the last chunk", "0\r\nX"),
    ("a NUL in a size", "1\0\r\nx\r\n0\r\n\r\n"),
    ("a carriage return alone", "1\rx\r\n0\r\n\r\n"),
    ("a line feed in an extension", "1;a\nb\r\nx\r\n0\r\n\r\n"),
    ("a chunk without its line end", "1\r\nx0\r\n\r\n"),
    ("a trailer without a colon", "0\r\nX\r\n\r\n"),
    (
        "a trailer with a space before the colon",
        "0\r\nX : 1\r\n\r\n",
    ),
    ("a folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n"),
    ("a NUL in a trailer", "0\r\nX: \0\r\n\r\n"),
];

/// What is too much of something: what, a beginning, what is repeated how often, and an end.
const TOO_MUCH: &[(&str, &str, &str, usize, &str, &str)] = &[
    (
        "a request line without an end",
        "GET /",
        "x",
        80_000,
        "",
        "431",
    ),
    (
        "a long target",
        "GET /",
        "x",
        70_000,
        " HTTP/1.1\r\nHost: a\r\n\r\n",
        "431",
    ),
    (
        "many headers",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "X: 1\r\n",
        2000,
        "\r\n",
        "431",
    ),
    (
        "a header without an end",
        "GET / HTTP/1.1\r\nHost: a\r\nX: ",
        "x",
        80_000,
        "",
        "431",
    ),
    ("empty lines without an end", "", "\r\n", 80_000, "", "431"),
];

/// Endless chunked bodies, whose head is fine.
const TOO_MUCH_BODY: &[(&str, &str, &str, usize, &str)] = &[
    ("digits of a size", "", "f", 100_000, "\r\n\r\n"),
    ("an extension", "1;", "x", 100_000, "\r\nx\r\n0\r\n\r\n"),
    (
        "extensions",
        "",
        "1;xxxxxxxxxxxxxxx\r\nx\r\n",
        10_000,
        "0\r\n\r\n",
    ),
    ("a trailer", "0\r\nX: ", "x", 100_000, "\r\n\r\n"),
    ("many trailers", "0\r\n", "X: 1\r\n", 2_000, "\r\n"),
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

/// Nothing or an answer that knows of the broken body; nothing behind it.
#[track_caller]
fn assert_broken_off(what: &str, said: &str) {
    assert!(!said.contains("/hidden"), "{what}: {said}");
    assert!(said.matches("HTTP/1.1 ").count() <= 1, "{what}: {said}");
    let is_known = said.is_empty()
        || said.contains("(the body ended early)")
        || said.starts_with("HTTP/1.1 400 ");
    assert!(is_known, "{what}: {said:?}");
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn broken_chunks_end_the_connection() {
    let door = Door::open().await;
    for (what, chunks) in CHUNKS {
        let said = say(&door, &format!("{CHUNKED}{chunks}")).await;
        assert_broken_off(what, &said);
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn too_much_is_refused_before_it_is_all_there() {
    let door = Door::open().await;
    for (what, beginning, repeated, count, end, status) in TOO_MUCH {
        let request = format!("{beginning}{}{end}", repeated.repeat(*count));
        let said = pour(&door, &request).await;
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status} ")),
            "{what}: {said:?}"
        );
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{what}: {said}");
    }
    for (what, beginning, repeated, count, end) in TOO_MUCH_BODY {
        let request = format!("{CHUNKED}{beginning}{}{end}", repeated.repeat(*count));
        let said = pour(&door, &request).await;
        assert_broken_off(what, &said);
    }
    let mut stream = door.connect().await;
    ask(&mut stream, &get("a", "/")).await;
    within(door.server.stop()).await;
}

/// Sends what may be too much to be taken, and reads at the same time. A connection that is closed while bytes are on their
/// way may take the answer with it, so it counts only once it is whole.
async fn pour(door: &Door, request: &str) -> String {
    let (mut read, mut write) = door.connect().await.into_split();
    let both = format!("{request}{HIDDEN}");
    let sending = async {
        drop(write.write_all(both.as_bytes()).await);
        write
    };
    let (said, _write) = tokio::join!(rest(&mut read), sending);
    said
}

#[tokio::test]
async fn a_request_that_breaks_off_is_never_taken_for_a_whole_one() {
    let door = Door::open().await;
    let whole = "PUT /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    let chunked =
        "PUT /cut HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
    for request in [whole, chunked] {
        for length in 1..request.len() {
            let mut stream = door.connect().await;
            let cut = &request.as_bytes()[..length];
            stream.write_all(cut).await.unwrap();
            stream.shutdown().await.unwrap();
            let said = rest(&mut stream).await;
            assert_broken_off(&format!("{:?}", &request[..length]), &said);
        }
        let mut stream = door.connect().await;
        let body = ask(&mut stream, request).await;
        assert_eq!(body, "PUT a /cut plain - [body]");
    }
    within(door.server.stop()).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_where_text_is_needed() {
    let door = Door::open().await;
    let cases: [(&str, &[u8], &str); 5] = [
        (
            "a path",
            b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
            "400",
        ),
        (
            "a query",
            b"GET /?a=\xc3\x28 HTTP/1.1\r\nHost: a\r\n\r\n",
            "400",
        ),
        ("a host", b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", "400"),
        (
            "a name",
            b"GET / HTTP/1.1\r\nHost: a\r\n\xff: 1\r\n\r\n",
            "400",
        ),
        (
            "a value, which may be any bytes",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: \xff\r\nConnection: close\r\n\r\n",
            "200",
        ),
    ];
    for (what, request, status) in cases {
        let mut stream = door.connect().await;
        stream.write_all(request).await.unwrap();
        stream.write_all(HIDDEN.as_bytes()).await.unwrap();
        let said = rest(&mut stream).await;
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status} ")),
            "{what}: {said:?}"
        );
        assert!(!said.contains("/hidden"), "{what}: {said}");
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
        // A line feed alone ends a line. Follows: RFC 9112, section 2.2.
        ("GET /feeds HTTP/1.1\nHost: a\n\n", "GET a /feeds"),
        // The address counts, not the header. Follows: RFC 9112, section 3.2.2.
        (
            "GET http://mps.tencentcloudapi.com/address HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
            "GET mps.tencentcloudapi.com /address plain",
        ),
        (
            "GET https://mps.tencentcloudapi.com/address HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
            "GET mps.tencentcloudapi.com /address plain",
        ),
        // An underscore makes another name of it.
        (
            "GET /other HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent_Length: 5\r\n\r\n",
            "GET a /other plain - []",
        ),
        (
            "GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
            "GET a /up",
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000a \r\n0123456789\r\n0;last\r\nContent-Length: 5\r\nHost: b\r\n\r\n",
            "POST a / plain - [0123456789]",
        ),
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
