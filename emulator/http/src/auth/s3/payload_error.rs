//! A body that is not what the head of its request says.

use std::io;
use std::sync::{Arc, OnceLock};

/// Why a body is not what its head said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is not in chunks as the head says.
    #[error("{0}")]
    Framing(&'static str),
    /// It has fewer or more bytes than the head says.
    #[error("the body has {found} bytes instead of {expected}")]
    Length {
        /// As the head says.
        expected: u64,
        /// As they came, or as a chunk announces that they would.
        found: u64,
    },
    /// A chunk or the trailer is signed wrongly.
    #[error("the signature of {0} does not match")]
    Signature(&'static str),
    /// It has another SHA-256 than the head says.
    #[error("the provided `x-amz-content-sha256` header does not match what was computed")]
    Hash,
    /// It has another sum than a header or trailer says.
    #[error("the {0} you specified did not match the calculated checksum")]
    Checksum(String),
}

/// Tells what was wrong with a body after somebody has read it.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<OnceLock<PayloadError>>);

impl Watch {
    /// What was wrong, if anything was.
    pub fn fault(&self) -> Option<&PayloadError> {
        self.0.get()
    }

    pub(super) fn fail(&self, fault: PayloadError) -> io::Error {
        // The first fault is the one that counts.
        let fault = self.0.get_or_init(|| fault).clone();
        io::Error::new(io::ErrorKind::InvalidData, fault)
    }
}
