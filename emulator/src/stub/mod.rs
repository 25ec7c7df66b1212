//! Hosts that are not emulated: stubs that answer for them, and which calls may leave the machine.
//!
//! A [`Stub`] says which calls it is about ([`matcher`]) and what they get ([`reply`]); [`choice`] picks one and explains
//! why no stub matches. [`Outbound`] answers for stubbed hosts, decides about all others, and records every call, with the
//! function that made it where that is known.

pub mod call;
pub mod choice;
pub mod matcher;
pub mod outbound;
pub mod reply;

pub use call::OutboundCall;
pub use choice::{Chosen, Stubs};
pub use matcher::{CallMatcher, Miss};
pub use outbound::Outbound;
pub use reply::{ReplyFailure, StubReply};

/// Answers for certain calls to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// Its name in records and messages.
    pub name: String,
    /// The calls that it answers. The matcher's host is always given.
    pub on: CallMatcher,
    /// The answers to the calls of an invocation, in order; the last one is repeated. At least one.
    pub replies: Vec<StubReply>,
    /// The largest number of calls that are answered for one invocation; no limit if `None`.
    pub times: Option<u32>,
}
