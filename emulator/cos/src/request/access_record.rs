//! What becomes the record of a request in the journal, gathered while it is served.

use super::address::Target;
use super::error::Error;
use super::identity::Identity;
use backlot_base::clock::Hold;
use backlot_base::journal::Lane;

/// The operation of a request that is not understood.
pub(crate) const UNKNOWN: &str = "Unknown";

/// What is known of a request, while it is served, for its record in the journal.
pub(crate) struct AccessRecord {
    pub(crate) lane: Lane,
    pub(crate) operation: &'static str,
    pub(crate) target: Target,
    pub(crate) received: u64,
    pub(crate) is_s3: bool,
    /// Whether its error comes from the plan of faults.
    pub(crate) is_planned: bool,
    /// Set as soon as its lane is known.
    pub(crate) identity: Option<(Identity, String)>,
    /// Held until the request is recorded; `None` if the body of the answer has taken it.
    pub(crate) hold: Option<Hold>,
}

/// Why a request is not answered as it asked.
pub(crate) enum Ended {
    Error(Box<Error>),
    Cut,
}

impl<E: Into<Error>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Error(Box::new(error.into()))
    }
}
