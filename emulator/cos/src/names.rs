//! Rules for names of buckets and keys. Follows: COS reference, sections 1.3 and 1.4.

use crate::request::error::{self, Error};

/// The maximal length of a host name, which contains the bucket's name, in bytes.
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

/// Whether a bucket may be created under this name.
pub fn check_bucket(full: &str, region: &str) -> Result<(), Error> {
    if split_bucket(full).is_none() {
        return Err(error::INVALID_BUCKET_NAME.into());
    }
    let host = full.len() + ".cos.".len() + region.len() + ".myqcloud.com".len();
    if host > MAX_HOST {
        return Err(error::BUCKET_NAME_TOO_LONG.into());
    }
    Ok(())
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
        let long = format!("{}-1250000000", "a".repeat(24));
        let code = |region: &str| check_bucket(&long, region).err().map(|error| error.code);
        assert_eq!(
            code("x"),
            Some("BucketNameTooLong".into()).filter(|_| long.len() + 19 > 60)
        );
        assert_eq!(code("ap-guangzhou"), Some("BucketNameTooLong".into()));
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
