//! A body that is not what the head of its request says.

use std::io;
use std::sync::{Arc, OnceLock};

/// Why a body is not what its head said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The body is not in chunks as the head says.
    #[error("{0}")]
    Framing(&'static str),
    /// The body has fewer or more bytes than the head says.
    #[error("the body has {found} bytes instead of {expected}")]
    Length {
        /// The number of bytes in the head.
        expected: u64,
        /// The number of bytes that were sent, or that a chunk announces.
        found: u64,
    },
    /// The signature of a chunk or of the trailer does not match.
    #[error("the signature of {0} does not match")]
    Signature(&'static str),
    /// The body has another SHA-256 than the head says.
    #[error("the provided `x-amz-content-sha256` header does not match what was computed")]
    Hash,
    /// The body has another checksum than a header or trailer says.
    #[error("the {0} you specified did not match the calculated checksum")]
    Checksum(String),
}

/// Tells what was wrong with a body, after it has been read.
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
