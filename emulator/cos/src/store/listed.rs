//! What a listing shows of an object: a part of its record, read from the same JSON. A page has a thousand of them, so nothing
//! is read that is not shown, and what is the same for most of them takes no memory of its own.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{self, Deserializer, Visitor};

use super::{ObjectRecord, ObjectType, Restore};

/// An entry of a listing. Its fields are those of [`ObjectRecord`] with the same names.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// Which version of the key.
    #[serde(
        rename = "slot",
        default = "null_version",
        deserialize_with = "frequent"
    )]
    pub version_id: Cow<'static, str>,
    /// When it came.
    #[serde(rename = "born", default)]
    pub sequence: u64,
    /// What kind of object it is.
    #[serde(rename = "nature", default)]
    pub object_type: ObjectType,
    /// Bytes.
    pub size: u64,
    /// With quotes.
    pub etag: String,
    /// When the body was stored.
    pub last_modified: Timestamp,
    /// For example `STANDARD`.
    #[serde(deserialize_with = "frequent")]
    pub storage_class: Cow<'static, str>,
    /// The last request to bring it back from an archive.
    #[serde(default)]
    pub restore: Option<Restore>,
}

/// What most version ids and storage classes are.
const FREQUENT: [&str; 2] = ["null", "STANDARD"];

impl Listed {
    /// Whether it says that the key is gone.
    pub fn is_delete_marker(&self) -> bool {
        self.object_type == ObjectType::DeleteMarker
    }
}

impl From<ObjectRecord> for Listed {
    fn from(record: ObjectRecord) -> Self {
        Self {
            key: record.key,
            version_id: record.version_id.0.into(),
            sequence: record.sequence,
            object_type: record.object_type,
            size: record.size,
            etag: record.etag,
            last_modified: record.last_modified,
            storage_class: record.storage_class.into(),
            restore: record.restore,
        }
    }
}

fn null_version() -> Cow<'static, str> {
    super::VersionId::default().0.into()
}

fn frequent<'de, D: Deserializer<'de>>(from: D) -> Result<Cow<'static, str>, D::Error> {
    from.deserialize_str(Frequent)
}

struct Frequent;

impl Visitor<'_> for Frequent {
    type Value = Cow<'static, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let known = FREQUENT.into_iter().find(|known| *known == text);
        Ok(known.map_or_else(|| Cow::Owned(text.to_owned()), Cow::Borrowed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{VersionId, contract};
    use super::*;

    #[test]
    fn what_is_listed_is_what_the_record_says() {
        let plain = contract::record("a", b"x");
        let mut special = contract::record("b", b"");
        special.version_id = VersionId("MTg0".to_owned());
        special.sequence = 7;
        special.object_type = ObjectType::DeleteMarker;
        special.storage_class = "ARCHIVE".to_owned();
        special.tags = vec![("a".to_owned(), "b".to_owned())];
        special.restore = Some(Restore {
            tier: "bulk".to_owned(),
            requested: Timestamp::UNIX_EPOCH,
            ready: Timestamp::UNIX_EPOCH,
            expires: Timestamp::MAX,
        });
        for record in [plain, special] {
            let json = serde_json::to_string(&record).unwrap();
            let listed: Listed = serde_json::from_str(&json).unwrap();
            assert_eq!(listed, Listed::from(record));
        }
    }

    #[test]
    fn records_of_earlier_versions_can_be_listed() {
        let old = r#"{"key":"a","size":1,"etag":"","last_modified":"2024-01-01T00:00:00Z","storage_class":"X"}"#;
        let listed: Listed = serde_json::from_str(old).unwrap();
        assert_eq!((&*listed.version_id, listed.sequence), ("null", 0));
        assert!(!listed.is_delete_marker());
    }
}
