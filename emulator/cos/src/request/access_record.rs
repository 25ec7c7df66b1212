//! What becomes the record of a request in the journal, gathered while it is served.

use super::address::Target;
use super::error::Error;
use super::identity::Identity;
use super::operation::Operation;
use backlot_base::clock::Hold;
use backlot_base::journal::Lane;

/// What is known of a request, while it is served, for its record in the journal.
pub(crate) struct AccessRecord {
    pub(crate) lane: Lane,
    /// `None` until the request is understood.
    pub(crate) operation: Option<Operation>,
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

impl AccessRecord {
    /// The name of the operation, also of a request that was not understood.
    pub(crate) fn operation_name(&self) -> &'static str {
        self.operation.map_or("Unknown", Operation::name)
    }
}
