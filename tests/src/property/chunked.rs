//! `aws-chunked`: it does not matter in which pieces it arrives, and what is signed cannot be altered.

use backlot::http::auth::Credentials;
use backlot::http::auth::s3::body::{Payload, decode};
use backlot::http::auth::s3::{ChunkSigner, PayloadError};
use backlot::http::auth::s3::{Unverified, v4};
use backlot::http::auth::v5::Signed;
use backlot::http::{Body, Query};
use http_body_util::BodyExt as _;
use hyper::header::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use super::input::{Input, in_pieces, now};

/// What a reader gets to see.
#[derive(Debug, PartialEq)]
struct Read {
    data: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
    fault: Option<PayloadError>,
}

/// Choices, four sizes of pieces, then the body.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let flags = input.byte();
    let sizes = [input.byte(), input.byte(), input.byte(), input.byte()];
    let at = input.below(1 << 16);
    let bit = input.byte() % 8;
    as_it_comes(flags, &sizes, input.0);
    signed(flags, &sizes, (at, bit), input.0);
}

/// The bytes of the body as sent.
fn as_it_comes(flags: u8, sizes: &[u8], bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    if flags & 1 > 0 {
        headers.insert("x-amz-decoded-content-length", (bytes.len() / 2).into());
    }
    if flags & 2 > 0 {
        headers.insert(
            "x-amz-trailer",
            HeaderValue::from_static("x-amz-checksum-crc32"),
        );
    }
    let payload = || Payload::Chunked {
        signing: (flags & 4 > 0).then(chunks),
        has_trailer: flags & 2 > 0,
    };
    let whole = read(in_pieces(bytes, &[]), payload(), &headers);
    for sizes in [sizes, &[1]] {
        let pieces = read(in_pieces(bytes, sizes), payload(), &headers);
        assert_eq!(pieces, whole, "in pieces of {sizes:?}");
    }
}

/// The bytes are the content, which is signed, then altered in one place.
fn signed(flags: u8, sizes: &[u8], (at, bit): (usize, u8), content: &[u8]) {
    let size = usize::from(sizes[0]).max(1);
    let mut signing = chunks();
    let mut wire = Vec::new();
    for chunk in content.chunks(size).chain([&b""[..]]) {
        let hash = backlot::base::digest::Digester::new().with_sha256();
        let mut digester = hash;
        digester.update(chunk);
        let hash = digester.finish().sha256.expect("it was asked for");
        let head = format!(
            "{:x};chunk-signature={}\r\n",
            chunk.len(),
            signing.chunk(hash)
        );
        wire.extend(head.as_bytes());
        wire.extend(chunk);
        if !chunk.is_empty() {
            wire.extend(b"\r\n");
        }
    }
    let has_trailer = flags & 2 > 0;
    if has_trailer {
        let line = "x-amz-meta-note:1\n";
        let signature = signing.trailer(line);
        let lines = format!("x-amz-meta-note:1\r\nx-amz-trailer-signature:{signature}\r\n");
        wire.extend(lines.as_bytes());
    }
    wire.extend(b"\r\n");
    let headers = HeaderMap::new();
    let payload = || Payload::Chunked {
        signing: Some(chunks()),
        has_trailer,
    };
    let right = read(in_pieces(&wire, sizes), payload(), &headers);
    assert_eq!((&right.data[..], right.fault.as_ref()), (content, None));
    let at = at % wire.len();
    wire[at] ^= 1 << bit;
    let altered = read(in_pieces(&wire, sizes), payload(), &headers);
    assert!(
        altered.fault.is_some() || altered == right,
        "byte {at} was altered: {altered:?}"
    );
}

fn read(body: Body, payload: Payload, headers: &HeaderMap) -> Read {
    let (mut body, watch) = decode(body, payload, headers, false);
    let (mut data, mut trailers) = (Vec::new(), Vec::new());
    now(async {
        while let Some(frame) = body.frame().await {
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(piece)) => data.extend(&piece),
                Ok(Err(frame)) => {
                    let found = frame.into_trailers().expect("it is data or trailers");
                    let found = found
                        .iter()
                        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
                    trailers.extend(found);
                }
                Err(error) => {
                    assert!(watch.fault().is_some(), "{error}");
                    break;
                }
            }
        }
    });
    let fault = watch.fault().cloned();
    if fault.is_some() {
        // What was handed out before the fault depends on where the pieces end.
        (data, trailers) = (Vec::new(), Vec::new());
    }
    Read {
        data,
        trailers,
        fault,
    }
}

/// What signs the chunks of one request.
fn chunks() -> ChunkSigner {
    let query = Query::default();
    let headers = HeaderMap::new();
    let paths = [b"/key".to_vec()];
    let signed = Signed {
        method: "PUT",
        hosts: &["media-1250000000.cos.ap-guangzhou.myqcloud.com"],
        paths: &paths,
        query: &query,
        headers: &headers,
    };
    let asked = Unverified {
        signed: &signed,
        raw_path: "/key",
        host_bucket: "media-1250000000",
    };
    let credentials = Credentials {
        secret_id: "AKIDEXAMPLE".to_owned(),
        secret_key: "examplekey".to_owned(),
        token: None,
    };
    let hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    v4::sign(&asked, &["host"], hash, &credentials, Timestamp::UNIX_EPOCH).1
}
