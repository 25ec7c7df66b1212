//! Objects as MPS sees them: what it reads of a source, and what it writes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// What MPS needs to know of a source object to make up plausible media data.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct SourceObject {
    /// The bucket's full name.
    pub bucket: String,
    /// For example `ap-guangzhou`.
    pub region: String,
    /// The key, without a leading slash.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// As stored, with quotes.
    pub etag: String,
    /// `x-cos-meta-*` headers.
    pub metadata: Vec<(String, String)>,
}

/// An object that a task writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputObject {
    /// The bucket's full name.
    pub bucket: String,
    /// The key, without a leading slash.
    pub key: String,
    /// A small placeholder, not media.
    pub body: Bytes,
    /// `x-cos-meta-*` headers.
    pub metadata: Vec<(String, String)>,
}
