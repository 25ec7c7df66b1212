//! A body on its way in or out.
//!
//! Most bodies are empty, or are there already, or come off the wire: those are held as what they are. Only what is made piece
//! by piece is behind a pointer.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

use backlot_base::clock::Hold;

/// A body that streams in or out.
pub struct Body {
    content: Content,
    /// Given up with the body: when its last byte has been handed over, or nobody wants it any more.
    _hold: Option<Hold>,
}

enum Content {
    Whole(Full<Bytes>),
    Incoming(Incoming),
    Streaming(UnsyncBoxBody<Bytes, io::Error>),
}

impl Body {
    /// Bytes that are there already.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Content::Whole(Full::new(bytes.into())).into()
    }

    /// What comes off the wire.
    pub fn incoming(body: Incoming) -> Self {
        Content::Incoming(body).into()
    }

    /// What is made on the way. How long it will be is not said beforehand.
    pub fn streaming(
        frames: impl Stream<Item = io::Result<Frame<Bytes>>> + Send + 'static,
    ) -> Self {
        Content::Streaming(StreamBody::new(frames).boxed_unsync()).into()
    }

    /// The same, which keeps the clock from moving as long as it is there.
    #[must_use]
    pub fn holding(self, hold: Option<Hold>) -> Self {
        Self {
            _hold: hold,
            ..self
        }
    }
}

impl From<Content> for Body {
    fn from(content: Content) -> Self {
        Self {
            content,
            _hold: None,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.content {
            Content::Whole(bytes) => Pin::new(bytes)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Content::Incoming(body) => Pin::new(body).poll_frame(cx).map_err(io::Error::other),
            Content::Streaming(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_end_stream(),
            Content::Incoming(body) => body.is_end_stream(),
            Content::Streaming(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => bytes.size_hint(),
            Content::Incoming(body) => body.size_hint(),
            Content::Streaming(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.content {
            Content::Whole(_) => "whole",
            Content::Incoming(_) => "incoming",
            Content::Streaming(_) => "streaming",
        };
        write!(out, "Body({kind}, {:?} bytes)", self.size_hint().exact())
    }
}
