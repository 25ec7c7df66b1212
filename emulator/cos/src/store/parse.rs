//! How records of objects are read from JSON. A page of a list reads a thousand of them, so this is written by hand: what serde derives
//! for a struct with `flatten` copies every field into a tree first, and takes four times as long.

use std::fmt;

use jiff::Timestamp;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Map;

use super::{ObjectRecord, Octets};

impl<'de> Deserialize<'de> for ObjectRecord {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Record)
    }
}

/// The name of a field.
enum Field {
    Key,
    VersionId,
    Sequence,
    ObjectType,
    Size,
    Etag,
    Crc64,
    LastModified,
    StorageClass,
    Headers,
    Metadata,
    Tags,
    Encryption,
    Restore,
    UploadId,
    /// One that this version does not know.
    Other(String),
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = Field;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Field, E> {
        Ok(match name {
            "key" => Field::Key,
            "slot" => Field::VersionId,
            "born" => Field::Sequence,
            "nature" => Field::ObjectType,
            "size" => Field::Size,
            "etag" => Field::Etag,
            "crc64" => Field::Crc64,
            "last_modified" => Field::LastModified,
            "storage_class" => Field::StorageClass,
            "headers" => Field::Headers,
            "metadata" => Field::Metadata,
            "tags" => Field::Tags,
            "encryption" => Field::Encryption,
            "restore" => Field::Restore,
            "upload_id" => Field::UploadId,
            other => Field::Other(other.to_owned()),
        })
    }
}

struct Record;

impl<'de> Visitor<'de> for Record {
    type Value = ObjectRecord;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the record of an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ObjectRecord, A::Error> {
        let (mut key, mut size, mut etag, mut crc64) = (None, None, None, None);
        let (mut last_modified, mut storage_class) = (None, None);
        let mut record = ObjectRecord {
            key: String::new(),
            version_id: super::VersionId::default(),
            sequence: 0,
            object_type: super::ObjectType::Normal,
            size: 0,
            etag: String::new(),
            crc64: 0,
            last_modified: Timestamp::UNIX_EPOCH,
            storage_class: String::new(),
            headers: Vec::new(),
            metadata: Vec::new(),
            tags: Vec::new(),
            encryption: None,
            restore: None,
            upload_id: None,
            extra: Map::new(),
        };
        while let Some(field) = map.next_key()? {
            match field {
                Field::Key => key = Some(map.next_value()?),
                Field::VersionId => record.version_id = map.next_value()?,
                Field::Sequence => record.sequence = map.next_value()?,
                Field::ObjectType => record.object_type = map.next_value()?,
                Field::Size => size = Some(map.next_value()?),
                Field::Etag => etag = Some(map.next_value()?),
                Field::Crc64 => crc64 = Some(map.next_value()?),
                Field::LastModified => last_modified = Some(map.next_value()?),
                Field::StorageClass => storage_class = Some(map.next_value()?),
                Field::Headers => record.headers = map.next_value()?,
                Field::Metadata => record.metadata = map.next_value()?,
                Field::Tags => record.tags = map.next_value()?,
                Field::Encryption => record.encryption = map.next_value()?,
                Field::Restore => record.restore = map.next_value()?,
                Field::UploadId => record.upload_id = map.next_value()?,
                Field::Other(name) => drop(record.extra.insert(name, map.next_value()?)),
            }
        }
        record.key = given(key, "key")?;
        record.size = given(size, "size")?;
        record.etag = given(etag, "etag")?;
        record.crc64 = given(crc64, "crc64")?;
        record.last_modified = given(last_modified, "last_modified")?;
        record.storage_class = given(storage_class, "storage_class")?;
        Ok(record)
    }
}

fn given<T, E: de::Error>(field: Option<T>, name: &'static str) -> Result<T, E> {
    field.ok_or_else(|| de::Error::missing_field(name))
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Octets;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("text, or an object with the field `hex`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Octets, E> {
        Ok(text.to_owned().into_bytes().into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Octets, A::Error> {
        let mut bytes = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != "hex" {
                return Err(de::Error::unknown_field(&name, &["hex"]));
            }
            let digits: String = map.next_value()?;
            bytes = Some(hex::decode(digits).map_err(de::Error::custom)?);
        }
        given(bytes, "hex").map(Octets::from)
    }
}
