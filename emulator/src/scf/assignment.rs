//! What the platform gives an instance to do, and what comes back.

use bytes::Bytes;
use http::HeaderValue;
use tokio::sync::oneshot;

use super::output::LogLines;
use backlot_base::journal::Lane;

/// How the platform learns what becomes of an event that it has assigned.
#[derive(Debug)]
pub(super) struct Awaited {
    /// Resolves when the process fetches the event; fails if the event ends before.
    pub(super) fetched: oneshot::Receiver<()>,
    /// Resolves when the process answers and goes on with the event; fails if the event ends before.
    pub(super) early: oneshot::Receiver<Bytes>,
    /// Resolves when the process pushes a result.
    pub(super) ended: oneshot::Receiver<End>,
}

/// An event for the process.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    /// The invocation's lane.
    pub(super) lane: Lane,
    /// The number of the attempt, from 1.
    pub(super) attempt: u32,
    /// The header `request_id`.
    pub(super) request_id: HeaderValue,
    /// The event, byte for byte.
    pub(super) event: Bytes,
    /// Whether the journal knows already that the attempt has begun.
    pub(super) is_begun: bool,
}

/// A result that counts.
#[derive(Debug)]
pub(super) struct End {
    pub(super) push: Push,
    /// What was printed before it.
    pub(super) printed: LogLines,
}

/// What a process says about its event.
#[derive(Debug)]
pub(super) enum Push {
    /// An answer.
    Response(Bytes),
    /// An error of its own.
    Error(Bytes),
    /// An answer or an error that is too large to be kept.
    TooLarge,
}
