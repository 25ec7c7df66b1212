//! Decodes the body that an S3 client sent: layers that pass bytes on as they arrive, and end in an error if these are not
//! what the head of the request said.
//!
//! Memory stays bounded: only a line or a checksum is kept. A reader of such a body must not take it for complete before its
//! end has been reached without an error.

use futures_util::stream;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::checksum::Checksum;
use super::chunk_signer::ChunkSigner;
use super::payload_error::{PayloadError, Watch};
use super::{chunked, header};
use crate::Body;

/// How a body is sent.
#[derive(Debug)]
pub enum Payload {
    /// As it is; the signature does not cover it.
    Unsigned,
    /// As it is, with this SHA-256.
    Hashed([u8; 32]),
    /// In chunks of `aws-chunked`, with or without a signature for each, and with or without headers after them.
    Chunked {
        /// Makes the signatures of the chunks.
        signing: Option<ChunkSigner>,
        /// Whether headers follow the last chunk.
        has_trailer: bool,
    },
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
                    Err(watch.fail(PayloadError::Hash))
                }
                _ => Ok(None),
            }
        }
    });
    Body::streaming(frames)
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
                        return Err(watch.fail(PayloadError::Checksum(sum.name)));
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
    Body::streaming(frames)
}
