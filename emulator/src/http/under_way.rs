//! Which requests of a connection are under way: from the end of the head to the end of the answer's body.
//!
//! hyper counts a head that drips in as a request too; whoever stops a server should not wait for its end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::{fmt, io};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::body::Body;
use super::exchange::Response;

/// The requests of one connection. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(TaskTracker);

/// One request; over when it is dropped.
pub(super) struct Begun(#[expect(dead_code, reason = "it is held, not used")] TaskTrackerToken);

/// The body of an answer, with which its request ends.
pub(super) struct Tracked {
    body: Body,
    _begun: Begun,
}

impl UnderWay {
    /// A request begins.
    pub(super) fn begin(&self) -> Begun {
        Begun(self.0.token())
    }

    /// Waits until none is under way.
    pub(super) async fn none(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

impl Begun {
    /// Makes the request last until its answer is sent or given up.
    pub(super) fn until_sent(self, response: Response) -> http::Response<Tracked> {
        response.map(|body| Tracked { body, _begun: self })
    }
}

impl hyper::body::Body for Tracked {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Begun")
    }
}
