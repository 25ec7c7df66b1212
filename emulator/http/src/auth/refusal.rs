//! Why a Cloud API signature does not count, and what the client probably signed instead.

use std::fmt;

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something without which nothing can be verified is not there.
    #[error("the request has no `{0}`")]
    Missing(&'static str),
    /// It is there, but it cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// What stands where a secret id should is not one.
    #[error("`{0}` is not a secret id")]
    InvalidSecretId(String),
    /// Nobody here has given out this secret id.
    #[error("the secret id `{0}` is not known here")]
    UnknownKey(String),
    /// The client's time and ours are too far apart.
    #[error("the request was signed at second {timestamp}, and it is second {now} here")]
    Expired {
        /// Seconds since the epoch, as sent.
        timestamp: i64,
        /// Seconds since the epoch.
        now: i64,
    },
    /// The key is temporary and the token is missing or not the key's, or the key is not and there is one.
    #[error("the token is not the one that belongs to the secret id")]
    WrongToken,
    /// The key was temporary and its time is over.
    #[error("the temporary key has expired")]
    ExpiredToken,
    /// It was made with another key or for another request.
    #[error("{0}")]
    Mismatch(Box<Mismatch>),
}

/// A signature that was made with another key or for another request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The text that should have been signed, with tokens left out.
    pub expected: String,
    /// Where what the client signed first differs, if it can be told.
    pub difference: Option<Difference>,
}

/// One place where two texts differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the request has there.
    pub ours: String,
    /// What the client signed.
    pub theirs: String,
}

impl Difference {
    /// The first parts that differ. A missing part is empty.
    pub(super) fn first(ours: &str, theirs: &str, separator: char) -> Option<Self> {
        let (mut left, mut right) = (ours.split(separator), theirs.split(separator));
        loop {
            match (left.next(), right.next()) {
                (None, None) => return None,
                (ours, theirs) if ours == theirs => {}
                (ours, theirs) => {
                    return Some(Self {
                        ours: ours.unwrap_or_default().to_owned(),
                        theirs: theirs.unwrap_or_default().to_owned(),
                    });
                }
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.difference {
            Some(Difference { ours, theirs }) => write!(
                out,
                "the client signed `{theirs}` where the request has `{ours}`"
            )?,
            None => out.write_str(
                "the secret key is another one, or the client signed another text than this request makes",
            )?,
        }
        write!(out, "; the text to sign is {:?}", self.expected)
    }
}

/// Follows: MPS reference, section 14.3, last row.
pub(super) fn check_time(timestamp: i64, now: i64) -> Result<(), Refusal> {
    const ALLOWED: u64 = 300;
    if timestamp.abs_diff(now) > ALLOWED {
        return Err(Refusal::Expired { timestamp, now });
    }
    Ok(())
}

/// A key without a token must not come with one, else it is not the key's.
pub(super) fn check_token(sent: Option<&[u8]>, wanted: Option<&str>) -> Result<(), Refusal> {
    use subtle::ConstantTimeEq as _;
    let sent = sent.filter(|sent| !sent.is_empty());
    let is_right = match (sent, wanted) {
        (Some(sent), Some(wanted)) => sent.ct_eq(wanted.as_bytes()).into(),
        (sent, wanted) => sent.is_none() && wanted.is_none(),
    };
    is_right.then_some(()).ok_or(Refusal::WrongToken)
}

/// Choice: whatever is not letters and digits is of the wrong kind, anything else is just not known.
pub(super) fn check_id(secret_id: &str) -> Result<(), Refusal> {
    let is_id = !secret_id.is_empty()
        && secret_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_id
        .then_some(())
        .ok_or_else(|| Refusal::InvalidSecretId(secret_id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_a_part_and_not_a_letter() {
        let first = |ours, theirs| {
            let found = Difference::first(ours, theirs, '\n')?;
            Some((found.ours, found.theirs))
        };
        assert_eq!(first("a\nb", "a\nb"), None);
        assert_eq!(
            first("a\nbc\nd", "a\nbd\ne"),
            Some(("bc".to_owned(), "bd".to_owned()))
        );
        assert_eq!(first("a", "a\nb"), Some((String::new(), "b".to_owned())));
    }

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        assert_eq!(check_time(1_000, 1_300), Ok(()));
        assert_eq!(check_time(1_300, 1_000), Ok(()));
        assert!(check_time(1_000, 1_301).is_err());
        assert!(check_time(i64::MIN, i64::MAX).is_err());
    }

    #[test]
    fn a_token_belongs_to_its_key() {
        assert_eq!(check_token(None, None), Ok(()));
        assert_eq!(check_token(Some(b""), None), Ok(()));
        assert_eq!(check_token(Some(b"t"), Some("t")), Ok(()));
        for (sent, wanted) in [
            (Some(&b"t"[..]), None),
            (None, Some("t")),
            (Some(b"u"), Some("t")),
        ] {
            assert_eq!(check_token(sent, wanted), Err(Refusal::WrongToken));
        }
    }
}
