//! Hosts that are not played here: stubs that answer for them, and which calls may leave the machine.
//!
//! A [`Stub`] says which calls it is about ([`matcher`]) and what they get ([`reply`]); [`choice`] picks one and explains
//! why none fits. [`Outbound`] is the door: it answers for stubbed hosts, decides about all others, and writes every call
//! down, with the function that made it where that is known.

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

/// What answers certain calls to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// How records and messages name it.
    pub name: String,
    /// Which calls it is about. Its host is always given.
    pub on: CallMatcher,
    /// What the calls of an invocation get, in order; the last one again and again. At least one.
    pub replies: Vec<StubReply>,
    /// At most so many calls of an invocation are answered; no limit if `None`.
    pub times: Option<u32>,
}
