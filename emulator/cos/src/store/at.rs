//! How callers name a thing in the store: an object, a place in a listing, an upload.

use std::ops::Bound;

use super::VersionId;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<'a> {
    /// The bucket's full name.
    pub bucket: &'a str,
    /// The key, without the slash that separates it from the host.
    pub key: &'a str,
    /// Which version of the key.
    pub which: Which<'a>,
}

/// Which version of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// The newest one, which may be a delete marker.
    Current,
    /// The version with this id.
    Version(&'a VersionId),
}

/// Where a scan of versions begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// At a key, or after it.
    Key(Bound<&'a str>),
    /// Within a key, with versions older than this; then the keys after it.
    Older(&'a str, u64),
}

/// Which upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadAt {
    /// The bucket's full name.
    pub bucket: String,
    /// The key of the object to be.
    pub key: String,
    /// The upload's id.
    pub id: String,
}

impl<'a> At<'a> {
    /// The current version of a key.
    pub fn current(bucket: &'a str, key: &'a str) -> Self {
        Self {
            bucket,
            key,
            which: Which::Current,
        }
    }

    /// The version of a key with an id.
    pub fn version(bucket: &'a str, key: &'a str, version_id: &'a VersionId) -> Self {
        Self {
            bucket,
            key,
            which: Which::Version(version_id),
        }
    }
}
