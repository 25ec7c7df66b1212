//! What is kept about buckets and objects. Plain data, written as JSON; fields that this version does not know survive.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

/// A bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BucketRecord {
    /// The full name, `<name>-<appid>`.
    pub name: String,
    /// For example `ap-guangzhou`.
    pub region: String,
    /// When it was created.
    pub created: Timestamp,
    /// Sub-resources, and whatever a later version adds.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An object: everything but its bytes. How it is read is in `parse.rs`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObjectRecord {
    /// The key.
    pub key: String,
    /// Which version of the key.
    #[serde(rename = "slot")]
    pub version_id: VersionId,
    /// When it came, in microseconds since the epoch, moved on where two would be equal: the version of a key with the
    /// greatest number is the current one.
    #[serde(rename = "born")]
    pub sequence: u64,
    /// What kind of object it is.
    #[serde(rename = "nature", skip_serializing_if = "ObjectType::is_normal")]
    pub object_type: ObjectType,
    /// Bytes.
    pub size: u64,
    /// With quotes.
    pub etag: String,
    /// CRC-64/XZ of the whole body.
    pub crc64: u64,
    /// When the body was stored.
    pub last_modified: Timestamp,
    /// For example `STANDARD`.
    pub storage_class: String,
    /// Headers that come back as they were sent: `Content-Type`, `Cache-Control` … Names in lower case.
    pub headers: Vec<(String, Octets)>,
    /// `x-cos-meta-*` headers, with that prefix. Names in lower case.
    pub metadata: Vec<(String, Octets)>,
    /// Names and values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// How it was asked to be encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// The last request to bring it back from an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<Restore>,
    /// The upload in parts that it was made by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// Whatever a later version adds.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What an object is, apart from bytes with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectType {
    /// Just that.
    #[default]
    Normal,
    /// Bytes can be added at its end.
    Appendable,
    /// It says that the key is gone.
    DeleteMarker,
    /// It stands for another object of its bucket.
    Symlink {
        /// That one's key.
        target: String,
    },
}

/// How an object was asked to be encrypted. The bytes are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// With keys of the service.
    Service,
    /// With a key of the key management service.
    Managed {
        /// Which one, if the client said.
        key_id: Option<String>,
    },
    /// With a key that the client keeps.
    Customer {
        /// Base64 of the MD5 of the key.
        key_md5: String,
    },
}

/// A request to bring an object back from an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    /// `expedited`, `standard` or `bulk`.
    pub tier: String,
    /// When it was asked for.
    pub requested: Timestamp,
    /// When it can be read.
    pub ready: Timestamp,
    /// Until when it can be read.
    pub expires: Timestamp,
}

/// An upload in parts that has begun and not ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadRecord {
    /// Unique in its bucket; lower-case hexadecimal digits.
    pub id: String,
    /// When it began.
    pub initiated: Timestamp,
    /// Whether it must not replace an object.
    #[serde(default)]
    pub forbids_overwrite: bool,
    /// What its object will be, except for what only the bytes tell.
    pub object: ObjectRecord,
}

/// One part of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    /// From 1.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// With quotes: the MD5.
    pub etag: String,
    /// CRC-64/XZ.
    pub crc64: u64,
    /// When it was stored.
    pub last_modified: Timestamp,
}

impl ObjectType {
    fn is_normal(&self) -> bool {
        *self == Self::Normal
    }
}

impl ObjectRecord {
    /// Whether it says that the key is gone.
    pub fn is_delete_marker(&self) -> bool {
        self.object_type == ObjectType::DeleteMarker
    }
}

/// Which version of a key: `null` for objects written while versioning is off, else a version id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionId(pub String);

impl Default for VersionId {
    fn default() -> Self {
        Self("null".to_owned())
    }
}

/// The bytes of a header value, which need not be text. In JSON: text if it is UTF-8, else `{"hex": "…"}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Octets(pub Bytes);

impl<T: Into<Bytes>> From<T> for Octets {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => to.serialize_str(text),
            Err(_) => to.collect_map([("hex", hex::encode(&self.0))]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_a_round_trip_with_what_they_do_not_know() {
        let text = r#"{"key":"a","slot":"null","size":1,"etag":"\"e\"","crc64":18446744073709551615,
            "last_modified":"2024-01-01T00:00:00.000001Z","storage_class":"STANDARD",
            "headers":[["content-type",{"hex":"ff"}],["expires","中"]],"metadata":[],"of-tomorrow":{"x":[1]}}"#;
        let record: ObjectRecord = serde_json::from_str(text).unwrap();
        assert_eq!(record.crc64, u64::MAX);
        assert_eq!(record.headers[0].1.0, Bytes::from_static(b"\xff"));
        let written = serde_json::to_string(&record).unwrap();
        assert_eq!(
            serde_json::from_str::<ObjectRecord>(&written).unwrap(),
            record
        );
        let value: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(value["of-tomorrow"]["x"][0], 1);
        assert_eq!(value["headers"][1][1], "中");
        let missing = text.replace("\"etag\"", "\"tag\"");
        let error = serde_json::from_str::<ObjectRecord>(&missing).unwrap_err();
        assert!(error.to_string().contains("`etag`"), "{error}");
    }
}
