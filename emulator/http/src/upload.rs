//! The body of a request as it is received. Whoever drops it before its end leaves a rest, of which `rest.rs` takes care.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

/// The body of a request.
pub(crate) struct Upload {
    /// Present until the drop.
    incoming: Option<Incoming>,
    has_ended: bool,
    was_asked: bool,
    remains: Remains,
}

/// What is left of one body. Clones belong to the same body.
#[derive(Clone, Default)]
pub(super) struct Remains(
    // A plain mutex around a small state.
    Arc<Mutex<State>>,
);

/// A body that was dropped before its end.
pub(super) struct Left {
    pub(super) incoming: Incoming,
    /// Whether the sender was asked for the body.
    pub(super) was_asked: bool,
}

/// Takes care of a body that is left.
pub(super) type Discard = Box<dyn FnOnce(Incoming) + Send>;

#[derive(Default)]
enum State {
    /// The body is being read, or has been read to its end.
    #[default]
    Held,
    Left(Left),
    /// The answer is under way.
    Answered(Discard),
    /// What is left is not read any more.
    Over,
}

impl Upload {
    pub(super) fn new(incoming: Incoming, remains: Remains) -> Self {
        Self {
            incoming: Some(incoming),
            has_ended: false,
            was_asked: false,
            remains,
        }
    }

    fn incoming(&self) -> &Incoming {
        self.incoming.as_ref().expect("it is there until the drop")
    }
}

impl Remains {
    /// Called with the answer: what is left already is returned, and `discard` is for what is left later.
    pub(super) fn answered(&self, discard: Discard) -> Option<(Left, Discard)> {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Over) {
            State::Left(left) => Some((left, discard)),
            State::Held => {
                *state = State::Answered(discard);
                None
            }
            State::Answered(_) | State::Over => None,
        }
    }

    /// Called if the connection is to be cut: what is left is dropped.
    pub(super) fn cut(&self) {
        *self.lock() = State::Over;
    }

    fn leave(&self, left: Left) {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Over) {
            State::Held => *state = State::Left(left),
            State::Answered(discard) => {
                drop(state);
                discard(left.incoming);
            }
            State::Left(_) | State::Over => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let is_whole = self.has_ended || self.incoming().is_end_stream();
        if let Some(incoming) = self.incoming.take()
            && !is_whole
        {
            self.remains.leave(Left {
                incoming,
                was_asked: self.was_asked,
            });
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
