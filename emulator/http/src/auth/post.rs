//! The signature of a form upload, which covers the policy among its fields.
//!
//! What the policy allows is left to others. Follows: COS reference, section 5.10.

use std::sync::Arc;

use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

use super::keyring::{Key, Keyring};
use super::mac::hmac_sha1;
use super::mismatch::{Mismatch, SignedText};
use super::signature_error::SignatureError;

/// The fields of a form that make up its signature.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// `q-sign-algorithm`
    pub algorithm: &'a str,
    /// `q-ak`
    pub secret_id: &'a str,
    /// `q-key-time`
    pub key_time: &'a str,
    /// `q-signature`
    pub signature: &'a str,
    /// `x-cos-security-token`
    pub token: Option<&'a str>,
    /// The text of the policy, decoded from base64.
    pub policy: &'a [u8],
}

/// Who signed the form. `now` is the client's time in seconds since the epoch.
pub fn verify(form: &Form<'_>, keyring: &Keyring, now: i64) -> Result<Arc<Key>, SignatureError> {
    if form.algorithm != "sha1" {
        let text = format!("the q-sign-algorithm {} is not supported", form.algorithm);
        return Err(SignatureError::Malformed(text));
    }
    let key = keyring
        .find(form.secret_id)
        .ok_or_else(|| SignatureError::UnknownKey(form.secret_id.to_owned()))?;
    let window = form.key_time.split_once(';');
    let end = window.and_then(|(start, end)| {
        let _: i64 = start.parse().ok()?;
        end.parse::<i64>().ok()
    });
    let end = end.ok_or_else(|| {
        SignatureError::Malformed(format!("`{}` is not a time span", form.key_time))
    })?;
    if now > end {
        return Err(SignatureError::Expired { end });
    }
    if key.credentials.token.as_deref() != form.token {
        return Err(SignatureError::WrongToken);
    }
    let string_to_sign = hex::encode(Sha1::digest(form.policy));
    let wanted = sign(&key.credentials.secret_key, form.key_time, form.policy);
    if bool::from(wanted.as_bytes().ct_eq(form.signature.as_bytes())) {
        key.check_age(now)?;
        return Ok(key);
    }
    Err(SignatureError::Mismatch(Box::new(Mismatch {
        expected: SignedText {
            string_to_sign,
            format_string: String::from_utf8_lossy(form.policy).into_owned(),
        },
        client: None,
        separator: '\n',
    })))
}

/// Makes the value of `q-signature`: the other direction, for callers inside and for tests.
pub fn sign(secret_key: &str, key_time: &str, policy: &[u8]) -> String {
    let sign_key = hex::encode(hmac_sha1(secret_key.as_bytes(), key_time.as_bytes()));
    let string_to_sign = hex::encode(Sha1::digest(policy));
    hex::encode(hmac_sha1(sign_key.as_bytes(), string_to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Credentials, Principal};
    use base64::Engine as _;

    #[test]
    fn forms_agree_with_the_published_vector() {
        let text = include_str!("../../../../tests/vectors/cos/signature-vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
        let vector = &vectors["post_policy_vectors"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let keyring = Keyring::default();
        let credentials = Credentials {
            secret_id: text(&vector["secret_id"]),
            secret_key: text(&vector["secret_key"]),
            token: None,
        };
        keyring.issue(credentials, Principal::new("owner", None));
        let encoded = text(&vector["policy_base64"]);
        let policy = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .unwrap();
        let fields = &vector["form_fields"];
        let (secret_id, key_time) = (text(&fields["q-ak"]), text(&fields["q-key-time"]));
        let signature = text(&fields["q-signature"]);
        let form = Form {
            algorithm: "sha1",
            secret_id: &secret_id,
            key_time: &key_time,
            signature: &signature,
            token: None,
            policy: &policy,
        };
        assert!(verify(&form, &keyring, 1_700_000_000).is_ok());
        let late = verify(&form, &keyring, 1_700_003_601);
        assert_eq!(
            late.unwrap_err(),
            SignatureError::Expired { end: 1_700_003_600 }
        );
        let other = Form {
            policy: b"{}",
            ..form
        };
        let refused = verify(&other, &keyring, 1_700_000_000).unwrap_err();
        assert!(
            matches!(refused, SignatureError::Mismatch(_)),
            "{refused:?}"
        );
        let tokened = Form {
            token: Some("x"),
            ..form
        };
        let refused = verify(&tokened, &keyring, 1_700_000_000).unwrap_err();
        assert_eq!(refused, SignatureError::WrongToken);
    }
}
