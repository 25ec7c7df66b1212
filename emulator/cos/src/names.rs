//! Rules for names of buckets and keys. Follows: COS reference, sections 1.3 and 1.4.

use crate::request::error::{self, Error};

/// The maximal length of a label of a host name, which a bucket's full name is, in bytes. Follows: RFC 1035, section 2.3.4.
const MAX_LABEL: usize = 63;

/// The documented maximal length of a bucket's host, in bytes.
const MAX_HOST: usize = 60;

/// The maximal length of a key, in bytes.
const MAX_KEY: usize = 850;

/// The two parts of a full name: `name` and `appid` of `name-appid`. `None` if it is not one.
pub fn split_bucket(full: &str) -> Option<(&str, &str)> {
    let (name, appid) = full.rsplit_once('-')?;
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-');
    let is_appid = !appid.is_empty() && appid.bytes().all(|byte| byte.is_ascii_digit());
    (is_name && is_appid).then_some((name, appid))
}

/// The APPID of a bucket, which COS shows as the owner of its objects.
pub fn appid(bucket: &str) -> &str {
    split_bucket(bucket).map_or("", |(_, appid)| appid)
}

/// How long the name of a new bucket may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameLimit {
    /// A label of a host name: 63 bytes, APPID included. Choice: hosts of 65 to 78 bytes are in use, although the
    /// documentation allows 60.
    #[default]
    Label,
    /// As documented: the whole host `<name>.cos.<region>.myqcloud.com` has at most 60 bytes.
    Documented,
}

/// Whether a bucket may be created under this name.
pub fn check_bucket(full: &str, region: &str, limit: NameLimit) -> Result<(), Error> {
    if split_bucket(full).is_none() {
        return Err(malformed_bucket(full));
    }
    let is_too_long = match limit {
        NameLimit::Label => full.len() > MAX_LABEL,
        NameLimit::Documented => {
            full.len() + ".cos.".len() + region.len() + ".myqcloud.com".len() > MAX_HOST
        }
    };
    if is_too_long {
        return Err(error::BUCKET_NAME_TOO_LONG.into());
    }
    Ok(())
}

/// The error for a name that is not the full name of a bucket: mostly, its APPID is missing.
///
/// Follows: COS reference, section 0.1; the message is the service's own.
pub fn malformed_bucket(name: &str) -> Error {
    let number = name.rsplit_once('-').map(|(_, number)| number);
    let has_appid = number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if has_appid {
        return error::INVALID_BUCKET_NAME.into();
    }
    Error::from(error::INVALID_REQUEST).because(
        "Missing required header for this request: Appid, Bucket format should be <bucketname>-<appid>",
    )
}

/// Whether a key is nothing but slashes and dots that lead nowhere: the service takes it for the bucket itself.
fn is_root(key: &str) -> bool {
    key.split('/').all(|part| matches!(part, "" | "." | ".."))
}

/// Whether a new object may be stored under this key.
///
/// Choice: SDKs refuse to read keys such as `./` and `//`, because the service takes them for the bucket; so they are not
/// stored. Keys like `a/../` are ordinary ones.
pub fn check_new_key(key: &str) -> Result<(), Error> {
    if is_root(key) {
        return Err(error::INVALID_OBJECT_NAME.into());
    }
    check_key(key)
}

/// Whether an object may be stored under this key.
///
/// Choice: keys that begin with a slash are stored; the documentation forbids them, but an SDK sends them.
pub fn check_key(key: &str) -> Result<(), Error> {
    if key.len() > MAX_KEY {
        return Err(error::KEY_TOO_LONG.into());
    }
    if key.starts_with('\\') || key.bytes().any(|byte| (0x18..=0x1b).contains(&byte)) {
        return Err(error::INVALID_OBJECT_NAME.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_end_in_an_appid() {
        assert_eq!(split_bucket("a-b-125"), Some(("a-b", "125")));
        for name in [
            "a", "-125", "a-", "A-125", "-a-125", "a--125", "a_b-125", "a-12x",
        ] {
            assert_eq!(split_bucket(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_is_at_most_a_label_or_as_documented() {
        let code = |length: usize, limit| {
            let name = format!("{}-1250000000", "a".repeat(length - 11));
            let checked = check_bucket(&name, "ap-guangzhou", limit);
            checked.err().map(|error| error.code.into_owned())
        };
        let too_long = Some("BucketNameTooLong".to_owned());
        assert_eq!(code(63, NameLimit::Label), None);
        assert_eq!(code(64, NameLimit::Label), too_long);
        assert_eq!(code(30, NameLimit::Documented), None);
        assert_eq!(code(31, NameLimit::Documented), too_long);
    }

    #[test]
    fn keys_that_lead_to_the_bucket_are_not_stored() {
        for key in ["/", "///////", "./", "/./", "..", "/../.", "."] {
            assert_eq!(
                check_new_key(key).unwrap_err().code,
                "InvalidObjectName",
                "{key}"
            );
            assert!(check_key(key).is_ok(), "{key} may be there from before");
        }
        for key in ["/abc/../", "...", "a/.", ".a", "//a"] {
            assert!(check_new_key(key).is_ok(), "{key}");
        }
    }

    #[test]
    fn keys_are_bounded() {
        assert!(check_key(&"k".repeat(850)).is_ok());
        assert_eq!(check_key(&"k".repeat(851)).unwrap_err().code, "KeyTooLong");
        for key in ["\\a", "a\u{18}", "\u{1b}"] {
            assert_eq!(check_key(key).unwrap_err().code, "InvalidObjectName");
        }
        assert!(check_key("/a/../\u{1}b").is_ok());
    }
}
