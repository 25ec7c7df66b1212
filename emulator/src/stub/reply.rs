//! The answer of a stub: a response, well-formed or not, or no response.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue, StatusCode};
use hyper::body::Frame;

use backlot_http::exchange::full;
use backlot_http::{Body, Response};

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StubReply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
    /// How long the answer takes, on the stage's clock.
    pub delay: Duration,
    /// How the answer fails, if it does.
    pub failure: Option<ReplyFailure>,
}

/// How an answer fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyFailure {
    /// The connection is closed without an answer; many clients call that a reset.
    Reset,
    /// The answer is never sent.
    Hang,
    /// The answer ends in the middle of its body.
    Truncated,
    /// The answer is not HTTP.
    Malformed,
}

impl ReplyFailure {
    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Hang => "hang",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
        }
    }
}

impl StubReply {
    /// The response that is sent, cut in the middle if it is to be truncated.
    pub(super) fn response(&self) -> Response {
        let mut response = if self.failure == Some(ReplyFailure::Truncated) {
            self.truncated()
        } else {
            Response::new(full(self.body.clone()))
        };
        *response.status_mut() = self.status;
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        response
    }

    /// Half of the body, under a length that promises all of it and at least one byte more than comes.
    fn truncated(&self) -> Response {
        let half = self.body.slice(..self.body.len() / 2);
        let first = stream::once(async { Ok(Frame::data(half)) });
        let end = stream::once(async {
            // hyper sends what has been written only when there is nothing more to write at the moment.
            tokio::task::yield_now().await;
            let broken = io::ErrorKind::ConnectionAborted;
            Err(io::Error::new(broken, "truncated by a stub"))
        });
        let body = Body::streaming(first.chain(end));
        let mut response = Response::new(body);
        let length = HeaderValue::from(self.body.len().max(1));
        response.headers_mut().insert(CONTENT_LENGTH, length);
        response
    }
}
