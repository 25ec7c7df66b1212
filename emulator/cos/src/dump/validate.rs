//! Validation of records from a file, which any program may have written: names that the store makes paths of, and values that
//! become headers.

use std::fmt;

use http::{HeaderName, HeaderValue};

use crate::bucket::versioning::sequence_of;
use crate::names::{self, NameLimit};
use crate::store::{BucketRecord, MAX_NAME, ObjectRecord, Octets, VersionId};

/// The maximal length of the id of an upload, in bytes; generated ids have half of it.
const MAX_UPLOAD_ID: usize = 128;

/// A record that COS could not have stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{}`", value.escape_debug())]
pub struct InvalidRecord {
    what: &'static str,
    value: String,
}

impl InvalidRecord {
    fn new(what: &'static str, value: impl fmt::Display) -> Self {
        let value = value.to_string();
        Self { what, value }
    }
}

/// Checks that name and region of a bucket can be parts of a host.
pub fn check_bucket(record: &BucketRecord) -> Result<(), InvalidRecord> {
    let BucketRecord { name, region, .. } = record;
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !region.bytes().all(is_label) {
        return Err(InvalidRecord::new("no region is called", region));
    }
    let named = names::check_bucket(name, region, NameLimit::Label);
    named.map_err(|_| InvalidRecord::new("no bucket is called", name))
}

/// Checks that the name of a document is not too long for a file name.
pub fn check_document(name: &str) -> Result<(), InvalidRecord> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(InvalidRecord::new("no document is called", name));
    }
    Ok(())
}

/// Checks key and version of an object, and that its values can be sent as headers.
pub fn check_object(record: &ObjectRecord) -> Result<(), InvalidRecord> {
    let key = &record.key;
    if key.is_empty() || names::check_key(key).is_err() {
        return Err(InvalidRecord::new("no object has the key", key));
    }
    let version_id = &record.version_id;
    if *version_id != VersionId::default() && sequence_of(&version_id.0).is_none() {
        return Err(InvalidRecord::new("no version is called", &version_id.0));
    }
    if record.is_delete_marker() && record.size != 0 {
        return Err(InvalidRecord::new("no delete marker has the bytes of", key));
    }
    let is_id = |id: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=MAX_UPLOAD_ID).contains(&id.len()) && id.bytes().all(is_letter)
    };
    if let Some(id) = record.upload_id.as_deref().filter(|id| !is_id(id)) {
        return Err(InvalidRecord::new("no upload is called", id));
    }
    for (name, Octets(value)) in record.headers.iter().chain(&record.metadata) {
        let is_name = HeaderName::from_bytes(name.as_bytes()).is_ok();
        if !is_name || HeaderValue::from_bytes(value).is_err() {
            return Err(InvalidRecord::new("no header could say", name));
        }
    }
    for text in [&record.etag, &record.storage_class] {
        if HeaderValue::from_str(text).is_err() {
            return Err(InvalidRecord::new("no header could say", text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(change: &str) -> Result<(), InvalidRecord> {
        let text = r#"{"key":"a","slot":"null","size":0,"etag":"\"e\"","crc64":0,"last_modified":
            "2024-01-01T00:00:00Z","storage_class":"STANDARD","upload_id":"17-a_b"}"#;
        let mut record: serde_json::Value = serde_json::from_str(text).unwrap();
        let change: serde_json::Map<_, _> = serde_json::from_str(change).unwrap();
        record.as_object_mut().unwrap().extend(change);
        check_object(&serde_json::from_value(record).unwrap())
    }

    #[test]
    fn what_could_have_been_stored_is_believed() {
        assert_eq!(object("{}"), Ok(()));
        let version_id = crate::bucket::versioning::version_id_of(5).0;
        assert_eq!(object(&format!(r#"{{"slot":"{version_id}"}}"#)), Ok(()));
        assert_eq!(object(r#"{"key":"../../x"}"#), Ok(()), "keys are not paths");
        assert_eq!(object(r#"{"headers":[["expires",{"hex":"ff"}]]}"#), Ok(()));
        assert_eq!(check_document("inventory/1"), Ok(()));
    }

    #[test]
    fn names_that_lead_elsewhere_are_not() {
        for change in [
            r#"{"key":""}"#,
            r#"{"nature":"delete-marker","size":1}"#,
            r#"{"slot":"../x"}"#,
            r#"{"slot":""}"#,
            r#"{"upload_id":"../../x"}"#,
            r#"{"upload_id":".."}"#,
            r#"{"upload_id":""}"#,
            r#"{"headers":[["a b","x"]]}"#,
            r#"{"metadata":[["x-cos-meta-a","x\r\ny: z"]]}"#,
            r#"{"etag":"\n"}"#,
            r#"{"storage_class":"\u0000"}"#,
        ] {
            assert!(object(change).is_err(), "{change}");
        }
        let bucket = |name: &str, region: &str| {
            check_bucket(&BucketRecord {
                name: name.to_owned(),
                region: region.to_owned(),
                created: jiff::Timestamp::UNIX_EPOCH,
                extra: serde_json::Map::new(),
            })
        };
        assert_eq!(bucket("a-1", "ap-x"), Ok(()));
        for (name, region) in [("../a-1", "ap-x"), ("a", ""), ("a-1", "../x"), ("", "")] {
            assert!(bucket(name, region).is_err(), "{name} {region}");
        }
        let named = bucket("../a-1", "x").unwrap_err().to_string();
        assert_eq!(named, "no bucket is called `../a-1`");
        assert!(check_document("").is_err());
        assert!(check_document(&"x".repeat(81)).is_err());
    }
}
