//! Whether what COS says about an object proves that it holds an event's bytes.

use crate::cos::Object;
use crate::digest::Digest;

/// One property of an object that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{property} is {}, not {expected}", found.as_deref().unwrap_or("not given"))]
pub struct Difference {
    /// `ETag`, `x-cos-hash-crc64ecma` or `Content-Length`.
    pub property: &'static str,
    /// What COS says.
    pub found: Option<String>,
    /// What the event has.
    pub expected: String,
}

/// The first checksum that does not prove what it should. A checksum that is missing proves nothing.
/// Follows: COS, "Checksums".
pub(super) fn difference(object: &Object, digest: &Digest) -> Option<Difference> {
    let crc64 = Difference {
        property: "x-cos-hash-crc64ecma",
        found: object.crc64.map(|crc64| crc64.to_string()),
        expected: digest.crc64.to_string(),
    };
    let etag = Difference {
        property: "ETag",
        found: object.etag.clone(),
        expected: digest.md5_hex(),
    };
    let differs = |claim: &Difference| claim.found.as_ref() != Some(&claim.expected);
    if differs(&crc64) {
        return Some(crc64);
    }
    (!object.has_managed_key && differs(&etag)).then_some(etag)
}

/// As [`difference`], for an object that existed before, perhaps from another program: compares the length as well.
pub(super) fn difference_of_existing(object: &Object, digest: &Digest) -> Option<Difference> {
    let length = Difference {
        property: "Content-Length",
        found: object.size.map(|size| size.to_string()),
        expected: digest.size.to_string(),
    };
    if object.size == Some(digest.size) {
        return difference(object, digest);
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(body: &[u8]) -> Object {
        let digest = Digest::of(body);
        Object {
            etag: Some(digest.md5_hex()),
            crc64: Some(digest.crc64),
            size: Some(digest.size),
            has_managed_key: false,
        }
    }

    #[test]
    fn both_checksums_have_to_agree() {
        let digest = Digest::of(b"one");
        assert_eq!(difference(&stored(b"one"), &digest), None);
        let wrong_etag = Object {
            etag: stored(b"two").etag,
            ..stored(b"one")
        };
        assert_eq!(difference(&wrong_etag, &digest).unwrap().property, "ETag");
        let no_crc = Object {
            crc64: None,
            ..stored(b"one")
        };
        assert_eq!(
            difference(&no_crc, &digest).unwrap().to_string(),
            format!("x-cos-hash-crc64ecma is not given, not {}", digest.crc64)
        );
    }

    #[test]
    fn the_etag_proves_nothing_under_a_managed_key() {
        let object = Object {
            etag: Some("0".repeat(32)),
            has_managed_key: true,
            ..stored(b"one")
        };
        assert_eq!(difference(&object, &Digest::of(b"one")), None);
        assert!(difference(&object, &Digest::of(b"two")).is_some());
    }
}
