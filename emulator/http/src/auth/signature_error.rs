//! Why a signature is not accepted, whichever scheme it was made by.
//!
//! Codes and messages are left to the services: `cloud_api` has one rendering of these errors, COS another.
//! Follows: COS reference, section 3.3; MPS reference, sections 14.3 and 14.5.

use jiff::Timestamp;

use super::keyring::Key;
use super::mismatch::Mismatch;

/// Letters and digits of a real secret id, with its `AKID`.
const REAL_LENGTH: usize = 36;

/// Why a signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The request has no signature of any kind.
    #[error("the request is not signed")]
    Unsigned,
    /// The request has a signature, but not this parameter or header, without which it cannot be verified.
    #[error("the request has no `{0}`")]
    Missing(&'static str),
    /// The request has a signature, but not this header, which its scheme requires.
    #[error("Missing required header for this request: {0}")]
    MissingHeader(&'static str),
    /// The signature, or what it is made of, cannot be read; the text says why.
    #[error("{0}")]
    Malformed(String),
    /// The secret id has characters that no secret id has.
    #[error("`{0}` is not a secret id")]
    InvalidSecretId(String),
    /// The secret id is not in the keyring.
    #[error("the secret id `{0}` is not known here")]
    UnknownKey(String),
    /// The time for which the signature was made is over.
    #[error("the signature was valid until second {end}")]
    Expired {
        /// Seconds since the epoch.
        end: i64,
    },
    /// The signature begins too far in the future.
    #[error("the signature is valid from second {start} on")]
    TooEarly {
        /// Seconds since the epoch.
        start: i64,
    },
    /// The client's clock and the emulator's are too far apart.
    #[error("the request was signed at second {at}, and it is second {now} here")]
    Skewed {
        /// Seconds since the epoch, as sent.
        at: i64,
        /// Seconds since the epoch.
        now: i64,
    },
    /// The key is temporary and its token was not sent, or a token was sent that is not the key's.
    #[error("the token is not the one that belongs to the secret id")]
    WrongToken,
    /// The key was temporary and has expired.
    #[error("the temporary key has expired")]
    ExpiredToken {
        /// The first moment at which it was not valid any more.
        at: Timestamp,
    },
    /// The signature was made with another key or for another request.
    #[error("the signature does not match the request")]
    Mismatch(Box<Mismatch>),
}

impl SignatureError {
    /// Whether the error is about a secret id that looks like one of the real platform's.
    pub fn is_about_real_key(&self) -> bool {
        matches!(self, Self::UnknownKey(secret_id) if is_real_looking(secret_id))
    }
}

impl Key {
    /// Refuses a key that has expired at `now`, in seconds since the epoch.
    pub(super) fn check_age(&self, now: i64) -> Result<(), SignatureError> {
        match self.expires {
            Some(at) if now >= at.as_second() => Err(SignatureError::ExpiredToken { at }),
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
        assert!(SignatureError::UnknownKey(real).is_about_real_key());
    }
}
