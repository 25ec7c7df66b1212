//! The object that a task is about, or the address of a file elsewhere.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::mps::object::SourceObject;
use crate::mps::placeholder::md5_hex;

/// What header names of user metadata begin with.
const METADATA_PREFIX: &str = "x-cos-meta-";

/// A source as a request names it. With `size`, its properties are given; without, the object has to be looked up. A file at
/// a URL is never fetched: what is not given of it is made up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", from = "Written")]
pub struct Source {
    /// The bucket's full name; empty for a URL.
    pub bucket: String,
    /// For example `ap-guangzhou`; empty for a URL.
    pub region: String,
    /// The key, or the path of the URL, without a leading slash.
    #[serde(serialize_with = "with_slash")]
    pub key: String,
    /// The file's address, if it is not in COS.
    pub url: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// As stored, with quotes.
    pub etag: Option<String>,
    /// User metadata, with or without `x-cos-meta-` in front of the names.
    pub metadata: BTreeMap<String, String>,
}

/// [`Source`] as it is written: with a URL, nothing else says where the file is.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Written {
    bucket: String,
    region: String,
    #[serde(deserialize_with = "key")]
    key: String,
    url: Option<String>,
    size: Option<u64>,
    etag: Option<String>,
    metadata: BTreeMap<String, String>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            bucket: "media-in-1250000000".into(),
            region: "ap-guangzhou".into(),
            key: "in/demo.mp4".into(),
            url: None,
            size: None,
            etag: None,
            metadata: BTreeMap::new(),
        }
    }
}

impl From<Written> for Source {
    fn from(written: Written) -> Self {
        let source = match &written.url {
            Some(url) => Self::at_url(url),
            None => Self::unread(&written.bucket, &written.region, &written.key),
        };
        Self {
            size: written.size,
            etag: written.etag,
            metadata: written.metadata,
            ..source
        }
    }
}

impl Source {
    /// An object that has to be looked up. The key has no leading slash.
    pub fn unread(bucket: &str, region: &str, key: &str) -> Self {
        Self {
            bucket: bucket.to_owned(),
            region: region.to_owned(),
            key: key.to_owned(),
            url: None,
            size: None,
            etag: None,
            metadata: BTreeMap::new(),
        }
    }

    /// A file at an address with scheme and host.
    pub fn at_url(url: &str) -> Self {
        let (_, rest) = url.split_once("://").unwrap_or(("", url));
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let (_, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = percent_decode_str(path).decode_utf8_lossy();
        Self {
            url: Some(url.to_owned()),
            ..Self::unread("", "", &path)
        }
    }

    /// The object as the request describes it, or `None` if it has to be looked up.
    ///
    /// Choice: an `ETag` that is not given is made from the address and the size.
    pub fn given(&self) -> Option<SourceObject> {
        let place = match &self.url {
            Some(url) => url.clone(),
            None => format!("{}/{}", self.bucket, self.key),
        };
        let size = self.size.or_else(|| self.made_up_size())?;
        let etag = self.etag.clone().unwrap_or_else(|| {
            let text = format!("{place}/{size}");
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

    /// The size of a file at a URL, in bytes. Choice: 1 to 5 MB, by the URL, so that it takes seconds.
    fn made_up_size(&self) -> Option<u64> {
        let url = self.url.as_deref()?;
        let digits = md5_hex(url);
        let drawn = u64::from_str_radix(&digits[..8], 16).expect("digits are hexadecimal");
        Some(1_000_000 + drawn % 4_000_000)
    }
}

/// The demonstration source: about a minute of 720p, made up.
impl Default for Source {
    fn default() -> Self {
        Self {
            size: Some(19_626_862),
            etag: Some("\"5f4dcc3b5aa765d61d8327deb882cf99\"".into()),
            ..Self::from(Written::default())
        }
    }
}

impl From<SourceObject> for Source {
    fn from(object: SourceObject) -> Self {
        Self {
            bucket: object.bucket,
            region: object.region,
            key: object.key,
            url: None,
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

/// As MPS writes it, so that a key that begins with a slash is read back.
fn with_slash<S: Serializer>(key: &str, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("/{key}"))
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

    #[test]
    fn a_url_says_where_the_file_is_and_nothing_is_fetched() {
        let text =
            "{ url: 'https://media.example/a%20b/film.mov?token=1', metadata: { mps-fps: '30' } }";
        let source: Source = serde_saphyr::from_str(text).unwrap();
        assert_eq!((&*source.bucket, &*source.region), ("", ""));
        assert_eq!(source.key, "a b/film.mov");
        let object = source.given().unwrap();
        assert!((1_000_000..5_000_000).contains(&object.size));
        assert_eq!(source.given().unwrap(), object, "it is always the same");
        let sized: Source =
            serde_saphyr::from_str("{ url: 'https://media.example', size: 5000 }").unwrap();
        assert_eq!((sized.given().unwrap().size, &*sized.key), (5000, ""));
    }

    #[test]
    fn what_is_kept_is_read_back() {
        for source in [
            Source::default(),
            Source::unread("b-1250000000", "ap-beijing", "a/b.mp4"),
            Source::unread("b-1250000000", "ap-beijing", "/a"),
            Source::at_url("http://media.example:8080/x/y.mp4#t=1"),
        ] {
            let text = serde_json::to_string(&source).unwrap();
            assert_eq!(serde_json::from_str::<Source>(&text).unwrap(), source);
        }
    }
}
