//! Checks that both signatures of the Cloud API have in common.

use subtle::ConstantTimeEq as _;

use super::signature_error::SignatureError;

/// Follows: MPS reference, section 14.3, last row.
pub(super) fn check_time(at: i64, now: i64) -> Result<(), SignatureError> {
    const ALLOWED: u64 = 300;
    if at.abs_diff(now) > ALLOWED {
        return Err(SignatureError::Skewed { at, now });
    }
    Ok(())
}

/// A key without a token must not come with one: such a token is not the key's.
pub(super) fn check_token(sent: Option<&[u8]>, wanted: Option<&str>) -> Result<(), SignatureError> {
    let sent = sent.filter(|sent| !sent.is_empty());
    let is_right = match (sent, wanted) {
        (Some(sent), Some(wanted)) => sent.ct_eq(wanted.as_bytes()).into(),
        (sent, wanted) => sent.is_none() && wanted.is_none(),
    };
    is_right.then_some(()).ok_or(SignatureError::WrongToken)
}

/// Choice: a secret id with other characters than letters, digits, `-` and `_` is invalid; any other is at most unknown.
pub(super) fn check_id(secret_id: &str) -> Result<(), SignatureError> {
    let is_id = !secret_id.is_empty()
        && secret_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_id
        .then_some(())
        .ok_or_else(|| SignatureError::InvalidSecretId(secret_id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(check_token(sent, wanted), Err(SignatureError::WrongToken));
        }
    }
}
