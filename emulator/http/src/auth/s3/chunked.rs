//! `aws-chunked`: `<size in hexadecimal>[;chunk-signature=<signature>]`, the bytes, and so on until a chunk of size 0.
//!
//! Follows: the published description of chunked uploads. Headers after the last chunk are passed on as trailers.

use std::io;

use bytes::{Buf as _, Bytes};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::chunk_signer::ChunkSigner;
use super::payload_error::{PayloadError, Watch};
use crate::Body;

/// The longest line in bytes, without its end.
const MAX_LINE: usize = 4096;

/// The largest number of lines after the last chunk.
const MAX_TRAILERS: usize = 16;

/// The header after the last chunk that signs the others.
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// Decodes chunks. `length` is the number of bytes that all of them must have together.
pub(super) fn decode(
    body: Body,
    signing: Option<ChunkSigner>,
    has_trailer: bool,
    length: Option<u64>,
    watch: Watch,
) -> Body {
    let decoder = Decoder {
        body,
        pending: Bytes::new(),
        state: State::Head,
        signing,
        has_trailer,
        length,
        total: 0,
        hash: Sha256::new(),
        signature: String::new(),
    };
    Body::streaming(stream::try_unfold(decoder, move |mut decoder| {
        let watch = watch.clone();
        async move {
            let read = decoder.next().await.map_err(|broken| match broken {
                Broken::Payload(fault) => watch.fail(fault),
                Broken::Connection(error) => error,
            })?;
            Ok(read.map(|frame| (frame, decoder)))
        }
    }))
}

enum Broken {
    Payload(PayloadError),
    Connection(io::Error),
}

impl From<PayloadError> for Broken {
    fn from(fault: PayloadError) -> Self {
        Self::Payload(fault)
    }
}

enum State {
    Head,
    Data(u64),
    Trailers,
    Done,
}

struct Decoder {
    body: Body,
    /// Received, and not read yet.
    pending: Bytes,
    state: State,
    signing: Option<ChunkSigner>,
    has_trailer: bool,
    length: Option<u64>,
    total: u64,
    /// The hash of the chunk that is being read.
    hash: Sha256,
    /// The signature that the chunk was sent with.
    signature: String,
}

impl Decoder {
    async fn next(&mut self) -> Result<Option<Frame<Bytes>>, Broken> {
        loop {
            match self.state {
                State::Head => {
                    let line = self.line().await?;
                    let line =
                        line.ok_or(PayloadError::Framing("the body ends before its last chunk"))?;
                    let size = self.head(&line)?;
                    // Judged by what is announced, so that it does not matter in which pieces it arrives.
                    let total = self.total.saturating_add(size);
                    if self.length.is_some_and(|length| total > length) {
                        return Err(self.wrong_length(total).into());
                    }
                    if size == 0 {
                        self.check_chunk()?;
                        self.state = State::Trailers;
                    } else {
                        self.state = State::Data(size);
                    }
                }
                State::Data(0) => {
                    let line = self.line().await?;
                    if line.is_none_or(|line| !line.is_empty()) {
                        return Err(
                            PayloadError::Framing("a chunk does not end where it should").into(),
                        );
                    }
                    self.check_chunk()?;
                    self.state = State::Head;
                }
                State::Data(left) => {
                    if !self.fill().await? {
                        return Err(PayloadError::Framing("the body ends inside of a chunk").into());
                    }
                    let here = usize::try_from(left).unwrap_or(usize::MAX);
                    let data = self.pending.split_to(here.min(self.pending.len()));
                    self.hash.update(&data);
                    self.total += data.len() as u64;
                    self.state = State::Data(left - data.len() as u64);
                    return Ok(Some(Frame::data(data)));
                }
                State::Trailers => {
                    let trailers = self.trailers().await?;
                    if self.length.is_some_and(|length| self.total != length) {
                        return Err(self.wrong_length(self.total).into());
                    }
                    self.state = State::Done;
                    if !trailers.is_empty() {
                        return Ok(Some(Frame::trailers(trailers)));
                    }
                }
                State::Done => return Ok(None),
            }
        }
    }

    /// The size that a chunk announces. Its signature is kept for [`Self::check_chunk`].
    fn head(&mut self, line: &str) -> Result<u64, PayloadError> {
        let mut parts = line.split(';');
        let size = parts.next().unwrap_or_default().trim();
        let signature = parts.find_map(|part| part.trim().strip_prefix("chunk-signature="));
        signature
            .unwrap_or_default()
            .clone_into(&mut self.signature);
        self.hash = Sha256::new();
        u64::from_str_radix(size, 16).map_err(|_| PayloadError::Framing("a chunk has no size"))
    }

    fn check_chunk(&mut self) -> Result<(), PayloadError> {
        let hash = std::mem::take(&mut self.hash).finalize().into();
        match &mut self.signing {
            Some(signing) => same(&signing.chunk(hash), &self.signature, "a chunk"),
            None => Ok(()),
        }
    }

    async fn trailers(&mut self) -> Result<HeaderMap, Broken> {
        let mut trailers = HeaderMap::new();
        let mut lines = String::new();
        let mut signature = String::new();
        for _ in 0..MAX_TRAILERS {
            let Some(line) = self.line().await?.filter(|line| !line.is_empty()) else {
                break;
            };
            let (name, value) = line
                .split_once(':')
                .ok_or(PayloadError::Framing("a trailer is not a header"))?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            if name == TRAILER_SIGNATURE {
                value.clone_into(&mut signature);
                continue;
            }
            lines.extend([name.as_str(), ":", value, "\n"]);
            let header = HeaderName::from_bytes(name.as_bytes()).ok();
            let parts = header.zip(HeaderValue::from_str(value).ok());
            let (name, value) = parts.ok_or(PayloadError::Framing("a trailer is not a header"))?;
            trailers.append(name, value);
        }
        if let (Some(signing), true) = (&mut self.signing, self.has_trailer) {
            same(&signing.trailer(&lines), &signature, "the trailer")?;
        }
        Ok(trailers)
    }

    /// The next line without its end; `None` if nothing is left.
    async fn line(&mut self) -> Result<Option<String>, Broken> {
        let mut line = Vec::new();
        loop {
            if !self.fill().await? {
                if line.is_empty() {
                    return Ok(None);
                }
                break;
            }
            let end = self.pending.iter().position(|byte| *byte == b'\n');
            let here = end.unwrap_or(self.pending.len());
            if line.len() + here > MAX_LINE {
                return Err(PayloadError::Framing("a line between chunks is too long").into());
            }
            line.extend_from_slice(&self.pending[..here]);
            self.pending.advance(here + usize::from(end.is_some()));
            if end.is_some() {
                break;
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let text = String::from_utf8(line)
            .map_err(|_| PayloadError::Framing("a line between chunks is not text"))?;
        Ok(Some(text))
    }

    /// Makes sure that something is pending; `false` if nothing is left.
    async fn fill(&mut self) -> Result<bool, Broken> {
        while self.pending.is_empty() {
            let Some(frame) = self.body.frame().await else {
                return Ok(false);
            };
            if let Ok(data) = frame.map_err(Broken::Connection)?.into_data() {
                self.pending = data;
            }
        }
        Ok(true)
    }

    fn wrong_length(&self, found: u64) -> PayloadError {
        PayloadError::Length {
            expected: self.length.unwrap_or_default(),
            found,
        }
    }
}

fn same(made: &str, sent: &str, what: &'static str) -> Result<(), PayloadError> {
    if made.as_bytes().ct_eq(sent.as_bytes()).into() {
        Ok(())
    } else {
        Err(PayloadError::Signature(what))
    }
}
