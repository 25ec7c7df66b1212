//! Why an event could not be archived.

use super::Difference;
use crate::cos;

/// Why an event is not known to be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// COS refused, or failed at every try.
    #[error("failed to store `{key}` ({})", counted(*tries))]
    NotStored {
        /// The key that was tried.
        key: String,
        /// How often.
        tries: u32,
        /// What the last try came to.
        #[source]
        source: cos::Error,
    },
    /// The function's time limit came too close.
    #[error("ran out of time before `{key}` was stored ({})", counted(*tries))]
    OutOfTime {
        /// The key that was tried.
        key: String,
        /// How often.
        tries: u32,
        /// What the last try came to, if there was one.
        #[source]
        source: Option<cos::Error>,
    },
    /// COS says that it stored something else than it was sent.
    #[error("COS stored `{key}` differently: {difference}")]
    StoredDifferently {
        /// The object in doubt.
        key: String,
        /// What does not agree.
        difference: Difference,
    },
    /// The key is taken by other bytes.
    #[error("refusing to overwrite different bytes in `{key}`: {difference}")]
    TakenByOthers {
        /// The object that is there.
        key: String,
        /// What does not agree.
        difference: Difference,
    },
}

fn counted(tries: u32) -> String {
    match tries {
        1 => "1 try".to_owned(),
        tries => format!("{tries} tries"),
    }
}
