//! What a call says beside its event, and what becomes of the event.

use super::invocation::Reply;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::journal::Lane;
use backlot_base::json::Value;
use backlot_base::signal::StartWanted;

/// By what a call of the API came about.
#[derive(Clone, Copy, Debug, Default)]
pub struct By<'a> {
    /// The caller's routing key, an object, by which an alias may choose a version.
    pub routing_key: Option<&'a Value>,
    /// What the caller was doing, so that the length of the chain is known.
    pub cause: Option<Lane>,
    /// Which instance the first attempt is to have.
    pub start: StartWanted,
}

/// An event that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The invocation's number on this stage, from 1.
    pub number: u32,
    /// `FunctionRequestId`.
    pub request_id: String,
}

/// Why an event was refused before it was queued. The refused invocation has a number of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvokeError {
    /// The invocation's number on this stage, from 1.
    pub number: u32,
    /// 400, 406, 435 or 442.
    pub status: Status,
    /// What is wrong with the event, in one sentence.
    pub message: String,
}

/// The end of a synchronous call, with the caller's hold.
#[derive(Debug)]
pub struct Called {
    /// The reply, also that of a function that failed; or why the event was refused.
    pub reply: Result<Reply, InvokeError>,
    /// The hold that the caller lent. While the function ran it belonged to the attempt: a window that is missed has to
    /// be charged to the clock, which stands still while any hold lives. `None` if the service was stopped meanwhile.
    pub hold: Option<Hold>,
}
