//! The object that a task is about.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::Deserializer;

use crate::mps::object::SourceObject;
use crate::mps::placeholder::md5_hex;

/// What header names of user metadata begin with.
const METADATA_PREFIX: &str = "x-cos-meta-";

/// A source as a request names it. With `size`, its properties are given; without, the object has to be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    default = "Source::unspecified"
)]
pub struct Source {
    /// The bucket's full name.
    pub bucket: String,
    /// For example `ap-guangzhou`.
    pub region: String,
    /// The key, without a leading slash.
    #[serde(deserialize_with = "key")]
    pub key: String,
    /// Bytes.
    pub size: Option<u64>,
    /// As stored, with quotes.
    pub etag: Option<String>,
    /// User metadata, with or without `x-cos-meta-` in front of the names.
    pub metadata: BTreeMap<String, String>,
}

impl Source {
    fn unspecified() -> Self {
        Self {
            bucket: "media-in-1250000000".into(),
            region: "ap-guangzhou".into(),
            key: "in/demo.mp4".into(),
            size: None,
            etag: None,
            metadata: BTreeMap::new(),
        }
    }

    /// The object as the request describes it, or `None` if it has to be looked up.
    ///
    /// Choice: an `ETag` that is not given is made from the address and the size.
    pub fn given(&self) -> Option<SourceObject> {
        let size = self.size?;
        let etag = self.etag.clone().unwrap_or_else(|| {
            let text = format!("{}/{}/{size}", self.bucket, self.key);
            format!("\"{}\"", md5_hex(&text))
        });
        let metadata = self.metadata.iter().map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let name = name.strip_prefix(METADATA_PREFIX).unwrap_or(&name);
            (format!("{METADATA_PREFIX}{name}"), value.clone())
        });
        Some(SourceObject {
            bucket: self.bucket.clone(),
            region: self.region.clone(),
            key: self.key.clone(),
            size,
            etag,
            metadata: metadata.collect(),
        })
    }
}

/// The demonstration source: about a minute of 720p, made up.
impl Default for Source {
    fn default() -> Self {
        Self {
            size: Some(19_626_862),
            etag: Some("\"5f4dcc3b5aa765d61d8327deb882cf99\"".into()),
            ..Self::unspecified()
        }
    }
}

impl From<SourceObject> for Source {
    fn from(object: SourceObject) -> Self {
        Self {
            bucket: object.bucket,
            region: object.region,
            key: object.key,
            size: Some(object.size),
            etag: Some(object.etag),
            metadata: object.metadata.into_iter().collect(),
        }
    }
}

/// MPS writes `Object` with a leading slash, COS keys without; both are understood.
fn key<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let key = String::deserialize(from)?;
    Ok(key.strip_prefix('/').unwrap_or(&key).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_names_get_their_prefix() {
        let source: Source = serde_saphyr::from_str(
            "{ size: 5000, metadata: { mps-width: '720', X-Cos-Meta-A: b } }",
        )
        .unwrap();
        let object = source.given().unwrap();
        assert_eq!(
            object.metadata,
            [
                ("x-cos-meta-a".to_owned(), "b".to_owned()),
                ("x-cos-meta-mps-width".to_owned(), "720".to_owned()),
            ]
        );
        assert_eq!(object.etag.len(), 34, "32 digits in quotes");
    }
}
