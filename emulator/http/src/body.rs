//! Bodies of requests and responses.
//!
//! Most bodies are empty, in memory, or received from the connection: those are held without a pointer. Only a body that is
//! made piece by piece is behind one.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

use super::upload::Upload;
use backlot_base::clock::Hold;

/// A body that streams in or out.
pub struct Body {
    content: Content,
    /// Released with the body: when its last byte has been handed over, or when the body is dropped before that.
    _hold: Option<Hold>,
}

enum Content {
    Whole(Full<Bytes>),
    Incoming(Incoming),
    Upload(Upload),
    Streaming(UnsyncBoxBody<Bytes, io::Error>),
}

impl Body {
    /// A body of bytes that are in memory.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Content::Whole(Full::new(bytes.into())).into()
    }

    /// A body that is received from a connection.
    pub fn incoming(body: Incoming) -> Self {
        Content::Incoming(body).into()
    }

    /// The body of a request that was received.
    pub(crate) fn upload(body: Upload) -> Self {
        Content::Upload(body).into()
    }

    /// A body that is made piece by piece. Its length is not announced.
    pub fn streaming(
        frames: impl Stream<Item = io::Result<Frame<Bytes>>> + Send + 'static,
    ) -> Self {
        Content::Streaming(StreamBody::new(frames).boxed_unsync()).into()
    }

    /// The body, with a hold that keeps virtual time from moving until the body is dropped.
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
            Content::Upload(body) => Pin::new(body).poll_frame(cx),
            Content::Streaming(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_end_stream(),
            Content::Incoming(body) => body.is_end_stream(),
            Content::Upload(body) => body.is_end_stream(),
            Content::Streaming(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => bytes.size_hint(),
            Content::Incoming(body) => body.size_hint(),
            Content::Upload(body) => body.size_hint(),
            Content::Streaming(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.content {
            Content::Whole(_) => "whole",
            Content::Incoming(_) | Content::Upload(_) => "incoming",
            Content::Streaming(_) => "streaming",
        };
        write!(out, "Body({kind}, {:?} bytes)", self.size_hint().exact())
    }
}
