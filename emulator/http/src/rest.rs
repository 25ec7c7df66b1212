//! What becomes of the rest of a request's body when the answer comes first.
//!
//! Many answers come before the body has been read: refusals, planned faults. A server that closes then breaks the
//! connection under the sender, who never sees the answer: over TLS nearly always, over plain TCP when the body is large. So the
//! rest is read and discarded, within limits of bytes and time. The connection is kept if the rest is small; otherwise the
//! answer says that it will be closed. Follows: RFC 9112, sections 9.3 and 9.6; RFC 9110, section 10.1.1 (`Expect`).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::body::Body;
use super::exchange::{Request, Response};
use super::serving::Shared;
use super::upload::{Remains, Upload};

/// The number of bytes up to which a rest is read to keep the connection.
const SMALL: u64 = 1024 * 1024;

/// Bytes of a rest that are discarded at most.
const MOST: u64 = 1024 * 1024 * 1024;

/// How long the sender may pause, in real time.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the sender may take for the whole rest, in real time.
const WHOLE: Duration = Duration::from_secs(30);

/// The rest of one request's body.
pub(super) struct Rest {
    remains: Remains,
    /// Whether the sender waits for permission to send the body.
    expects: bool,
    is_old: bool,
    shared: Arc<Shared>,
}

impl Rest {
    /// A request as the services see it; and the rest of its body, unless the body has no bytes at all.
    pub(super) fn of(
        request: http::Request<Incoming>,
        shared: &Arc<Shared>,
    ) -> (Request, Option<Self>) {
        if request.body().is_end_stream() {
            return (request.map(Body::incoming), None);
        }
        let expect = request.headers().get(EXPECT);
        let rest = Self {
            remains: Remains::default(),
            expects: expect
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue")),
            is_old: request.version() == Version::HTTP_10,
            shared: Arc::clone(shared),
        };
        let remains = rest.remains.clone();
        let request = request.map(|incoming| Body::upload(Upload::new(incoming, remains)));
        (request, Some(rest))
    }

    /// Called with the answer: the rest, if there is one, is discarded while the answer is sent.
    pub(super) fn settle(self, response: &mut Response) {
        let shared = self.shared;
        let discard = move |incoming| {
            let tasks = shared.tasks.clone();
            tasks.spawn(discard(shared, incoming));
        };
        let Some((left, discard)) = self.remains.answered(Box::new(discard)) else {
            return;
        };
        // Without permission the sender may leave the body out, so it is unknown where the next request begins.
        let is_sent = left.was_asked || !self.expects;
        let size = left.incoming.size_hint().upper();
        let is_small = size.is_some_and(|size| size <= SMALL);
        if !(is_sent && is_small) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
            if self.is_old {
                // Otherwise the HTTP library promises to keep the connection.
                *response.version_mut() = Version::HTTP_10;
            }
        }
        discard(left.incoming);
    }

    /// Called instead of [`Rest::settle`] if the connection is to be cut.
    pub(super) fn cut(self) {
        self.remains.cut();
    }
}

/// Reads a body until it ends, breaks, pauses for too long or is too large. Dropping it then closes the connection.
async fn discard(shared: Arc<Shared>, mut incoming: Incoming) {
    let clock = &shared.clock;
    let reading = async {
        let mut read = 0;
        while read <= MOST
            && let Ok(Some(Ok(frame))) = clock.within(PAUSE, incoming.frame()).await
        {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            read += u64::try_from(bytes).unwrap_or(u64::MAX);
        }
    };
    if let Err(late) = clock.within(WHOLE, reading).await {
        tracing::debug!(%late, "the rest of a body was not read to its end");
    }
}
