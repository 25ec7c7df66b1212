//! Header names as COS clients rely on them: `ETag` and `Content-Length` capitalized, `x-cos-*` in lower case.
//!
//! Follows: COS reference, section 0, row 1. hyper writes original names when a message's extensions carry the map that it
//! attaches to a *parsed* message. So one template is parsed in memory, once, and its extensions go into every response.

use std::sync::OnceLock;

use bytes::Bytes;
use http::Extensions;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The names whose case is not all lower. Anything else is sent as hyper has it: in lower case.
const NAMES: &[&str] = &[
    "Accept-Ranges",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Allow",
    "Cache-Control",
    "Connection",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Date",
    "ETag",
    "Expires",
    "Last-Modified",
    "Location",
    "Server",
    "Transfer-Encoding",
    "Vary",
    "Content-Length",
];

static CASE: OnceLock<Extensions> = OnceLock::new();

/// Prepares the template. To be called before the first response; later calls do nothing.
pub async fn prepare() {
    if CASE.get().is_some() {
        return;
    }
    let parsed = parse_template().await;
    CASE.get_or_init(|| parsed);
}

/// Marks a response so that its header names are written in the case that clients rely on.
pub fn apply(extensions: &mut Extensions) {
    if let Some(case) = CASE.get() {
        extensions.extend(case.clone());
    }
}

async fn parse_template() -> Extensions {
    let mut template = String::from("HTTP/1.1 204 No Content\r\n");
    for name in NAMES.iter().filter(|name| !is_framing(name)) {
        template.push_str(name);
        template.push_str(": x\r\n");
    }
    template.push_str("Content-Length: 0\r\n\r\n");

    let (near, mut far) = tokio::io::duplex(8 * 1024);
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .preserve_header_case(true)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(near))
        .await
        .expect("a connection in memory opens");
    let request = http::Request::new(Empty::new());
    let answer = async {
        // hyper refuses an answer that comes before its question.
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
