//! The body of a request, and what becomes of the rest of it when the answer comes first.
//!
//! Many answers come before the body has been read: refusals, planned faults. A server that closes then breaks the
//! connection under the sender, who never sees the answer: over TLS nearly always, over plain TCP when the body is large. So the
//! rest is read and discarded, within limits of bytes and time. The connection is kept if the rest is small; otherwise the
//! answer says that it will be closed. Follows: RFC 9112, sections 9.3 and 9.6; RFC 9110, section 10.1.1 (`Expect`).

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

use super::exchange::Response;
use super::serving::Shared;

/// A rest of at most so many bytes does not cost the connection.
const SMALL: u64 = 1024 * 1024;

/// Bytes of a rest that are discarded at most.
const MOST: u64 = 1024 * 1024 * 1024;

/// How long the sender may pause, in real time.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the sender may take for the whole rest, in real time.
const WHOLE: Duration = Duration::from_secs(30);

/// The body of a request, as it is received. Whoever drops it before its end leaves a rest.
pub(crate) struct Upload {
    /// Present until the drop.
    incoming: Option<Incoming>,
    has_ended: bool,
    was_asked: bool,
    rest: Option<Rest>,
}

/// What is known about the rest of one request's body. Clones belong to the same request.
#[derive(Clone)]
pub(super) struct Rest {
    // A plain mutex around a small state.
    state: Arc<Mutex<State>>,
    /// Whether the sender waits for permission to send the body.
    expects: bool,
    is_old: bool,
    shared: Arc<Shared>,
}

enum State {
    /// The body is being read, or has been read to its end.
    Held,
    /// The body was dropped before its end.
    Left { incoming: Incoming, was_asked: bool },
    /// The answer is under way: a rest that is left from now on is discarded at once.
    Answered,
    /// The connection is to be cut.
    Cut,
}

impl Upload {
    /// The body of a request that was received; and its rest, unless it has no bytes at all.
    pub(super) fn of(
        request: http::Request<Incoming>,
        shared: &Arc<Shared>,
    ) -> (http::Request<Self>, Option<Rest>) {
        let headers = request.headers();
        let expects = headers
            .get(EXPECT)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        let rest = (!request.body().is_end_stream()).then(|| Rest {
            state: Arc::new(Mutex::new(State::Held)),
            expects,
            is_old: request.version() == Version::HTTP_10,
            shared: Arc::clone(shared),
        });
        let upload = request.map(|incoming| Self {
            incoming: Some(incoming),
            has_ended: false,
            was_asked: false,
            rest: rest.clone(),
        });
        (upload, rest)
    }

    fn incoming(&self) -> &Incoming {
        self.incoming.as_ref().expect("it is there until the drop")
    }
}

impl Rest {
    /// Called with the answer: the rest, if there is one, is discarded while the answer is sent.
    pub(super) fn settle(&self, response: &mut Response) {
        let before = std::mem::replace(&mut *self.lock(), State::Answered);
        let State::Left {
            incoming,
            was_asked,
        } = before
        else {
            return;
        };
        // Without permission the sender may leave the body out, so nobody knows where the next request begins.
        let is_sent = was_asked || !self.expects;
        let is_small = incoming.size_hint().upper().is_some_and(|left| left <= SMALL);
        if !(is_sent && is_small) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
            if self.is_old {
                // Otherwise the HTTP library promises to keep the connection.
                *response.version_mut() = Version::HTTP_10;
            }
        }
        self.discard(incoming);
    }

    /// Called instead of [`Rest::settle`] if the connection is to be cut.
    pub(super) fn cut(&self) {
        *self.lock() = State::Cut;
    }

    fn leave(&self, incoming: Incoming, was_asked: bool) {
        let mut state = self.lock();
        match *state {
            State::Held => {
                *state = State::Left {
                    incoming,
                    was_asked,
                };
            }
            State::Answered => {
                drop(state);
                self.discard(incoming);
            }
            State::Left { .. } | State::Cut => {}
        }
    }

    fn discard(&self, incoming: Incoming) {
        let shared = Arc::clone(&self.shared);
        self.shared.tasks.spawn(async move {
            let discarding = discard(&shared, incoming);
            if let Err(late) = shared.clock.within(WHOLE, discarding).await {
                tracing::debug!(%late, "the rest of a body was not read to its end");
            }
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a body until it ends, breaks, pauses for too long or is too large. Dropping it then closes the connection.
async fn discard(shared: &Shared, mut incoming: Incoming) {
    let mut read = 0;
    while read <= MOST
        && let Ok(Some(Ok(frame))) = shared.clock.within(PAUSE, incoming.frame()).await
    {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        read += u64::try_from(bytes).unwrap_or(u64::MAX);
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let is_whole = self.has_ended || self.incoming().is_end_stream();
        if let (Some(incoming), Some(rest)) = (self.incoming.take(), &self.rest)
            && !is_whole
        {
            rest.leave(incoming, self.was_asked);
        }
    }
}

impl hyper::body::Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.was_asked = true;
        let incoming = self.incoming.as_mut().expect("it is there until the drop");
        let polled = Pin::new(incoming).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.has_ended = true;
        }
        polled.map_err(io::Error::other)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming().size_hint()
    }
}
