//! Why a signature does not count, whichever scheme it was made by.
//!
//! How a service says it is left to the service. Follows: COS reference, section 3.3.

use jiff::Timestamp;

use super::guess::Text;
use super::keyring::Key;

/// Letters and digits of a real secret id, with its `AKID`.
const REAL_LENGTH: usize = 36;

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no signature at all.
    #[error("the request is not signed")]
    Anonymous,
    /// There is something, but it cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// Nobody here has given out this secret id.
    #[error("the secret id `{secret_id}` is not known here")]
    UnknownKey {
        /// The secret id.
        secret_id: String,
        /// Whether it could be one of the real platform's, which has no business here.
        is_real_looking: bool,
    },
    /// Its end has passed.
    #[error("the signature was valid until second {end}")]
    Expired {
        /// Seconds since the epoch.
        end: i64,
    },
    /// It begins too far in the future.
    #[error("the signature is valid from second {start} on")]
    TooEarly {
        /// Seconds since the epoch.
        start: i64,
    },
    /// The client's clock is too far from ours.
    #[error("the signature was made at second {at}")]
    Skewed {
        /// Seconds since the epoch.
        at: i64,
    },
    /// The key is temporary and the token is missing or not the key's, or the key is not and there is one.
    #[error("the security token is not the one that belongs to the secret id")]
    WrongToken,
    /// The key was temporary and its time is over.
    #[error("the temporary key was valid until {at}")]
    ExpiredToken {
        /// The first moment at which it did not count any more.
        at: Timestamp,
    },
    /// It was made with another key or for another request.
    #[error("the signature does not match the request")]
    Mismatch {
        /// What should have been signed.
        expected: Box<Text>,
        /// What was signed instead, if that could be found out.
        client: Option<Box<Text>>,
    },
}

impl Refused {
    /// Nobody has given out this secret id.
    pub fn unknown(secret_id: &str) -> Self {
        Self::UnknownKey {
            secret_id: secret_id.to_owned(),
            is_real_looking: is_real_looking(secret_id),
        }
    }
}

impl Key {
    /// Whether its time is over at `now`, in seconds since the epoch.
    pub(super) fn has_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|at| now >= at.as_second())
    }

    /// Whether it still counts at `now`, in seconds since the epoch.
    pub(super) fn check_age(&self, now: i64) -> Result<(), Refused> {
        match self.expires {
            Some(at) if self.has_expired(now) => Err(Refused::ExpiredToken { at }),
            _ => Ok(()),
        }
    }
}

/// Whether a secret id has the form of the platform's: `AKID` and 32 letters and digits, not obviously made up.
fn is_real_looking(secret_id: &str) -> bool {
    secret_id.len() == REAL_LENGTH
        && secret_id.starts_with("AKID")
        && secret_id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !secret_id.contains("EXAMPLE")
        && !secret_id.contains("BACKLOT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_real_looks_so() {
        let real = format!("AKID{}", "Ab3x".repeat(8));
        assert!(is_real_looking(&real));
        assert!(!is_real_looking(&real[1..]));
        assert!(!is_real_looking("AKIDEXAMPLE"));
        assert!(!is_real_looking(&real.replace("Ab3xAb3", "EXAMPLE")));
        assert!(!is_real_looking(&real.replace('x', "-")));
    }
}
