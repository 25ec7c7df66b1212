//! The two message authentication codes that all signatures are made with.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Twenty bytes.
pub(super) fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    code::<Hmac<Sha1>>(key, message).into()
}

/// Thirty-two bytes.
pub(super) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    code::<Hmac<Sha256>>(key, message).into()
}

fn code<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> hmac::digest::Output<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes()
}
