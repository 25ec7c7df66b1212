//! Which requests of a connection are under way: from the end of the head to the end of the answer's body.
//!
//! hyper counts a head that is still being received as a request too; a server that stops should not wait for it.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::body::Body;
use super::exchange::Response;
use backlot_base::clock::{Clock, Stopwatch};

/// The requests under way on one connection. Clones belong to the same connection.
#[derive(Clone, Debug)]
pub(super) struct UnderWay(Arc<Requests>);

#[derive(Debug)]
struct Requests {
    clock: Clock,
    tracker: TaskTracker,
    /// Runs since the connection began.
    watch: Stopwatch,
    /// When the last request ended, in microseconds of `watch`.
    ended: AtomicU64,
}

/// One request under way; it ends when this is dropped.
pub(super) struct Begun {
    requests: Arc<Requests>,
    _token: TaskTrackerToken,
}

/// The body of an answer, with which its request ends.
pub(super) struct Tracked {
    body: Body,
    _begun: Begun,
}

impl UnderWay {
    /// A connection without requests so far.
    pub(super) fn new(clock: &Clock) -> Self {
        Self(Arc::new(Requests {
            clock: clock.clone(),
            tracker: TaskTracker::new(),
            watch: clock.stopwatch(),
            ended: AtomicU64::new(0),
        }))
    }

    /// Counts a request as under way.
    pub(super) fn begin(&self) -> Begun {
        Begun {
            requests: Arc::clone(&self.0),
            _token: self.0.tracker.token(),
        }
    }

    /// Whether a request is under way.
    pub(super) fn is_any(&self) -> bool {
        !self.0.tracker.is_empty()
    }

    /// Waits until no request is under way.
    pub(super) async fn none(&self) {
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }

    /// Waits until no request has been under way for `limit`, in real time.
    ///
    /// One timer runs for all requests of that time; hyper sets one for each and removes it again.
    pub(super) async fn silence(&self, limit: Duration) {
        let mut left = limit;
        while !left.is_zero() {
            drop(self.0.clock.within(left, pending::<()>()).await);
            left = limit.saturating_sub(self.0.silent_for());
        }
    }
}

impl Requests {
    fn silent_for(&self) -> Duration {
        if !self.tracker.is_empty() {
            return Duration::ZERO;
        }
        let ended = Duration::from_micros(self.ended.load(Ordering::Acquire));
        self.watch.elapsed().saturating_sub(ended)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let now = self.requests.watch.elapsed().as_micros();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        self.requests.ended.store(now, Ordering::Release);
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
