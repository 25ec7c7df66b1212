//! The signatures of chunks, each of which covers the signature before it.
//!
//! Follows: the published description of chunked uploads.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::auth::mac::hmac_sha256;

/// Signs the chunks of one body, in order.
#[derive(Clone)]
pub struct ChunkSigner {
    key: [u8; 32],
    date: String,
    scope: String,
    previous: String,
}

impl ChunkSigner {
    pub(super) fn new(key: [u8; 32], date: String, scope: String, seed: String) -> Self {
        Self {
            key,
            date,
            scope,
            previous: seed,
        }
    }

    /// The signature of the next chunk, by the SHA-256 of its bytes.
    pub fn chunk(&mut self, hash: [u8; 32]) -> String {
        let nothing = hex::encode(Sha256::digest(b""));
        self.next(
            "AWS4-HMAC-SHA256-PAYLOAD",
            &format!("{nothing}\n{}", hex::encode(hash)),
        )
    }

    /// The signature of the headers behind the last chunk, each written as `name:value` with a line end.
    pub fn trailer(&mut self, lines: &str) -> String {
        self.next(
            "AWS4-HMAC-SHA256-TRAILER",
            &hex::encode(Sha256::digest(lines)),
        )
    }

    fn next(&mut self, what: &str, hashes: &str) -> String {
        let (date, scope, previous) = (&self.date, &self.scope, &self.previous);
        let text = format!("{what}\n{date}\n{scope}\n{previous}\n{hashes}");
        self.previous = hex::encode(hmac_sha256(&self.key, text.as_bytes()));
        self.previous.clone()
    }
}

impl fmt::Debug for ChunkSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ChunkSigner({})", self.scope)
    }
}
