//! Header names as COS clients rely on them: `ETag` and `Content-Length` capitalized, `x-cos-*` in lower case.
//!
//! Follows: COS reference, section 0, row 1. hyper writes original names when a message's extensions carry the map that it
//! attaches to a *parsed* message. So templates are parsed in memory, once, and their extensions go into the responses. Each
//! response gets a map of its own, so there is a small one with the names of most answers.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{Extensions, HeaderName};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The names of most answers whose case is not all lower, and those that hyper adds.
const USUAL: &[&str] = &[
    "Accept-Ranges",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Date",
    "ETag",
    "Last-Modified",
    "Server",
    "Transfer-Encoding",
];

/// Other names that are not all in lower case. Names that are in no template are sent in lower case, as hyper has them.
const RARE: &[&str] = &[
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Allow",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-MD5",
    "Content-Range",
    "Content-Security-Policy",
    "Expires",
    "Location",
    "Vary",
    "X-Content-Type-Options",
];

static CASES: OnceLock<Cases> = OnceLock::new();

struct Cases {
    usual: Extensions,
    all: Extensions,
}

/// Prepares the templates. To be called before the first response; later calls do nothing.
pub async fn prepare() {
    if CASES.get().is_some() {
        return;
    }
    let usual = parse_template(USUAL.iter()).await;
    let all = parse_template(USUAL.iter().chain(RARE)).await;
    CASES.get_or_init(|| Cases { usual, all });
}

/// Marks a response so that its header names are written in the case that clients rely on.
pub fn apply<B>(response: &mut http::Response<B>) {
    let Some(cases) = CASES.get() else {
        return;
    };
    let case = if response.headers().keys().any(is_rare) {
        &cases.all
    } else {
        &cases.usual
    };
    response.extensions_mut().extend(case.clone());
}

fn is_rare(name: &HeaderName) -> bool {
    RARE.iter()
        .any(|rare| rare.eq_ignore_ascii_case(name.as_str()))
}

async fn parse_template(names: impl Iterator<Item = &'static &'static str>) -> Extensions {
    let mut template = String::from("HTTP/1.1 204 No Content\r\n");
    for name in names.filter(|name| !is_framing(name)) {
        template.push_str(name);
        template.push_str(": x\r\n");
    }
    // An answer to HEAD has no body, whatever these say.
    template.push_str(
        "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
    );

    let (near, mut far) = tokio::io::duplex(8 * 1024);
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .preserve_header_case(true)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(near))
        .await
        .expect("a connection in memory opens");
    let mut request = http::Request::new(Empty::new());
    *request.method_mut() = http::Method::HEAD;
    let answer = async {
        // hyper refuses an answer that is sent before its request.
        let asked = far.read_u8().await;
        asked.expect("the request is sent");
        far.write_all(template.as_bytes())
            .await
            .expect("the template fits into memory");
    };
    let exchange = async {
        let (response, ()) = tokio::join!(sender.send_request(request), answer);
        response.expect("the template is a valid response")
    };
    tokio::select! {
        response = exchange => response.into_parts().0.extensions,
        ended = connection => unreachable!("the connection in memory ended early: {ended:?}"),
    }
}

/// Headers that would change how the template itself is read.
fn is_framing(name: &str) -> bool {
    matches!(name, "Content-Length" | "Transfer-Encoding" | "Connection")
}
