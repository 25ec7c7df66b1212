//! What a stub answers: a response, well-formed or not, or nothing.

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
    /// How long it takes, on the stage's clock.
    pub delay: Duration,
    /// What goes wrong with it.
    pub failure: Option<ReplyFailure>,
}

/// How an answer fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyFailure {
    /// The connection ends without one; many clients call that a reset.
    Reset,
    /// It never comes.
    Hang,
    /// It ends in the middle of its body.
    Truncated,
    /// It is not HTTP.
    Malformed,
}

impl ReplyFailure {
    /// As records name it.
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
    /// The answer as it goes out, cut in the middle if it is to be truncated.
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
            // What was written so far is sent only when there is nothing more to write at the moment.
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
