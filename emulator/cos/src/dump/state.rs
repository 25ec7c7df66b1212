//! The format of a saved state: all buckets and objects in one file.
//!
//! Each line of JSON describes the bytes that follow it:
//!
//! ```text
//! {"format":"backlot-state","version":1,"buckets":[…]}
//! {"bucket":"archive-1250000000","object":{"key":"a","size":2,…}}
//! ok
//! {"objects":1}
//! ```
//!
//! Choice: no archive format, because the bytes need no names in a file system, keys are not paths, and a record has more
//! members than the header of an archived file could hold. Incomplete uploads in parts are not saved, and neither are events
//! that wait in queues: both belong to a run.

use std::io;

use serde::{Deserialize, Serialize};

use super::validate::InvalidRecord;
use crate::request::error::Error;
use crate::store::{BucketRecord, ObjectRecord, Octets};

pub(super) const FORMAT: &str = "backlot-state";
pub(super) const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Head {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) buckets: Vec<BucketRecord>,
    #[serde(default)]
    pub(super) documents: Vec<Document>,
    /// What the other services keep. It means nothing to COS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) others: Option<serde_json::Value>,
}

/// A document of a bucket: one of its configurations.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Document {
    pub(super) bucket: String,
    pub(super) name: String,
    pub(super) bytes: Octets,
}

/// The line before the bytes of an object.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Described {
    pub(super) bucket: String,
    pub(super) object: ObjectRecord,
}

/// The last line.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) objects: u64,
}

/// A saved state that was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The number of its objects.
    pub objects: u64,
    /// What the other services had kept, if they were saved.
    pub others: Option<serde_json::Value>,
}

/// Why buckets and objects could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The input does not have this format, or is not complete. Nothing was changed.
    #[error("this is not a saved state: {0}")]
    Damaged(String),
    /// The input cannot be read, or the output cannot be written.
    #[error("the state cannot be read or written")]
    Io(#[from] io::Error),
    /// What the other services keep cannot be saved or loaded. Buckets and objects are loaded.
    #[error("functions and what belongs to them cannot be saved or loaded: {0}")]
    Others(String),
    /// The store failed. Nothing was changed.
    #[error("the object store failed, and buckets and objects are as they were before{}", advice(.0))]
    Cos(#[from] Error),
}

impl From<InvalidRecord> for StateError {
    fn from(why: InvalidRecord) -> Self {
        Self::Damaged(why.to_string())
    }
}

/// What to do about a store that failed.
fn advice(error: &Error) -> &'static str {
    let is_full = error.store.as_ref().is_some_and(|store| store.is_full());
    if is_full {
        " (the disk is full: a load needs space for what is there and for what is loaded, until it has ended)"
    } else {
        ""
    }
}
