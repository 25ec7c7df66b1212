//! The body that was meant, out of the one that came: layers that pass bytes on as they arrive and end in an error if they
//! turn out not to be what the head of the request said.
//!
//! Memory stays bounded: nothing is kept but a line or a sum. Whoever reads such a body must not count it as whole before
//! its end has been reached without an error.

use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::checksum::Checksum;
use super::{chunked, header, v4};
use crate::Body;

/// How a body comes.
#[derive(Debug)]
pub enum Payload {
    /// As it is; nobody has said what it must be.
    Unsigned,
    /// As it is; this is its SHA-256.
    Hashed([u8; 32]),
    /// In chunks of `aws-chunked`, with or without a signature for each, and with or without headers behind them.
    Chunked {
        /// What the signatures are made with.
        signing: Option<Chunks>,
        /// Whether headers come behind the last chunk.
        has_trailer: bool,
    },
}

/// Signs chunks, each of them bound to the one before.
#[derive(Clone)]
pub struct Chunks {
    key: [u8; 32],
    date: String,
    scope: String,
    previous: String,
}

/// Why a body is not what its head said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not in chunks as the head says.
    #[error("{0}")]
    Framing(&'static str),
    /// It has fewer or more bytes than the head says.
    #[error("the body has {found} bytes instead of {expected}")]
    Length {
        /// As the head says.
        expected: u64,
        /// As they came, or as a chunk announces that they would.
        found: u64,
    },
    /// A chunk or the trailer is signed wrongly.
    #[error("the signature of {0} does not match")]
    Signature(&'static str),
    /// It has another SHA-256 than the head says.
    #[error("the provided `x-amz-content-sha256` header does not match what was computed")]
    Hash,
    /// It has another sum than a header or trailer says.
    #[error("the {0} you specified did not match the calculated checksum")]
    Checksum(String),
}

/// Tells what was wrong with a body after somebody has read it.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<OnceLock<Fault>>);

impl Watch {
    /// What was wrong, if anything was.
    pub fn fault(&self) -> Option<&Fault> {
        self.0.get()
    }

    pub(super) fn fail(&self, fault: Fault) -> io::Error {
        // The first fault is the one that counts.
        let fault = self.0.get_or_init(|| fault).clone();
        io::Error::new(io::ErrorKind::InvalidData, fault)
    }
}

/// Wraps the body. `is_content` says whether sums in the headers are of this body rather than of an object it speaks about.
pub fn decode(
    body: Body,
    payload: Payload,
    headers: &HeaderMap,
    is_content: bool,
) -> (Body, Watch) {
    let watch = Watch::default();
    let body = match payload {
        Payload::Unsigned => body,
        Payload::Hashed(hash) => hashed(body, hash, watch.clone()),
        Payload::Chunked {
            signing,
            has_trailer,
        } => {
            let length = header(headers, "x-amz-decoded-content-length");
            let length = length.and_then(|length| length.parse().ok());
            chunked::decode(body, signing, has_trailer, length, watch.clone())
        }
    };
    let sums = if is_content {
        sums(headers)
    } else {
        Vec::new()
    };
    if sums.is_empty() {
        return (body, watch);
    }
    (summed(body, sums, watch.clone()), watch)
}

impl Chunks {
    pub(super) fn new(key: [u8; 32], date: String, scope: String, seed: String) -> Self {
        Self {
            key,
            date,
            scope,
            previous: seed,
        }
    }

    /// The signature of the next chunk, by the SHA-256 of its bytes.
    pub fn chunk(&mut self, hash: [u8; 32]) -> String {
        let nothing = hex::encode(Sha256::digest(b""));
        self.next(
            "AWS4-HMAC-SHA256-PAYLOAD",
            &format!("{nothing}\n{}", hex::encode(hash)),
        )
    }

    /// The signature of the headers behind the last chunk, each written as `name:value` with a line end.
    pub fn trailer(&mut self, lines: &str) -> String {
        self.next(
            "AWS4-HMAC-SHA256-TRAILER",
            &hex::encode(Sha256::digest(lines)),
        )
    }

    fn next(&mut self, what: &str, hashes: &str) -> String {
        let (date, scope, previous) = (&self.date, &self.scope, &self.previous);
        let text = format!("{what}\n{date}\n{scope}\n{previous}\n{hashes}");
        self.previous = hex::encode(v4::hmac(&self.key, text.as_bytes()));
        self.previous.clone()
    }
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Chunks({})", self.scope)
    }
}

fn hashed(body: Body, expected: [u8; 32], watch: Watch) -> Body {
    let state = (body, Some(Sha256::new()));
    let frames = stream::try_unfold(state, move |(mut body, mut hash)| {
        let watch = watch.clone();
        async move {
            if let Some(frame) = body.frame().await {
                let frame = frame?;
                if let (Some(data), Some(hash)) = (frame.data_ref(), &mut hash) {
                    hash.update(data);
                }
                return Ok(Some((frame, (body, hash))));
            }
            match hash.map(Sha256::finalize) {
                Some(found) if !bool::from(found.as_slice().ct_eq(&expected)) => {
                    Err(watch.fail(Fault::Hash))
                }
                _ => Ok(None),
            }
        }
    });
    boxed(frames)
}

/// A sum, the header that names it, and its value if that is known.
struct Sum {
    name: String,
    checksum: Checksum,
    expected: Option<String>,
}

fn sums(headers: &HeaderMap) -> Vec<Sum> {
    let given = headers.iter().filter_map(|(name, value)| {
        let expected = Some(value.to_str().ok()?.trim().to_owned());
        let checksum = Checksum::named(name.as_str())?;
        let name = name.as_str().to_owned();
        Some(Sum {
            name,
            checksum,
            expected,
        })
    });
    let listed = header(headers, "x-amz-trailer").unwrap_or_default();
    let announced = listed.split(',').filter_map(|name| {
        let name = name.trim().to_ascii_lowercase();
        let checksum = Checksum::named(&name)?;
        Some(Sum {
            name,
            checksum,
            expected: None,
        })
    });
    given.chain(announced).collect()
}

fn summed(body: Body, sums: Vec<Sum>, watch: Watch) -> Body {
    let frames = stream::try_unfold((body, sums), move |(mut body, mut sums)| {
        let watch = watch.clone();
        async move {
            let Some(frame) = body.frame().await else {
                for sum in sums {
                    if sum.expected != Some(sum.checksum.finish()) {
                        return Err(watch.fail(Fault::Checksum(sum.name)));
                    }
                }
                return Ok(None);
            };
            let frame = frame?;
            for sum in &mut sums {
                if let Some(data) = frame.data_ref() {
                    sum.checksum.update(data);
                } else if let Some(trailers) = frame.trailers_ref() {
                    let found = trailers
                        .get(&sum.name)
                        .and_then(|value| value.to_str().ok());
                    sum.expected = found.map(str::to_owned).or(sum.expected.take());
                }
            }
            Ok(Some((frame, (body, sums))))
        }
    });
    boxed(frames)
}

pub(super) fn boxed(
    frames: impl stream::Stream<Item = io::Result<Frame<Bytes>>> + Send + 'static,
) -> Body {
    Body::streaming(frames)
}
