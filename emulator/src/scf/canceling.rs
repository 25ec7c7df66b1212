//! How a call of the API ends an attempt under way. Follows: SCF reference, section 11.

use tokio::sync::mpsc;

/// What an attempt is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    /// Its instance is killed.
    Kill,
    /// Its process gets a SIGTERM.
    Ask,
}

/// Where an attempt hears of it.
pub(super) type Canceling = mpsc::UnboundedReceiver<Cancel>;
