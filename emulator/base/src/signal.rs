//! What the services tell each other. Plain data of the lower floors; `stage` carries it from one service to the next.

use bytes::Bytes;
use jiff::Timestamp;

use crate::clock::Hold;
use crate::journal::Lane;

pub use crate::function_target::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, FunctionTarget, LATEST};

/// An event for a function, to be queued.
#[derive(Debug)]
pub struct InvokeWanted {
    /// The function.
    pub target: FunctionTarget,
    /// Who sends it, in SCF's words: `MPS_TRIGGER`, `COS`, `OTHERS` …
    pub source: String,
    /// The event, byte for byte.
    pub event: Bytes,
    /// Keeps the clock while the signal is on its way.
    pub hold: Hold,
}

/// Which instance an event is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartWanted {
    /// One that is there, else a new one.
    #[default]
    Any,
    /// A new one: an instance that is there is recycled before.
    Cold,
    /// One that is ready already. Without a ready instance, one is started before the event, as with provisioned concurrency.
    Warm,
}

impl From<Option<bool>> for StartWanted {
    /// From `cold` as it is written: left out, `true` or `false`.
    fn from(cold: Option<bool>) -> Self {
        match cold {
            None => Self::Any,
            Some(true) => Self::Cold,
            Some(false) => Self::Warm,
        }
    }
}

/// An object was created or removed, as triggers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChanged {
    /// For example `cos:ObjectCreated:Put`.
    pub event_name: String,
    /// The bucket's full name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Bytes; 0 after a removal.
    pub size: u64,
    /// With quotes; empty after a removal.
    pub etag: String,
    /// For example `STANDARD`.
    pub storage_class: String,
    /// The time of the change.
    pub at: Timestamp,
    /// The id of the version; empty if it has none.
    pub version_id: String,
    /// What COS calls the request that did it.
    pub request_id: String,
    /// Who sent that request.
    pub source_ip: String,
    /// The public part of the key that signed it; empty if the request was unsigned.
    pub secret_id: String,
    /// Kept headers and `x-cos-meta-*`, names in lower case.
    pub meta: Vec<(String, String)>,
    /// What the change is part of: the task or the invocation that made it.
    pub lane: Lane,
}

impl ObjectChanged {
    /// The upload of an object of one byte, for tests of the rules that match changes.
    #[doc(hidden)]
    pub fn put(bucket: &str, key: &str) -> Self {
        Self {
            event_name: "cos:ObjectCreated:Put".into(),
            bucket: bucket.into(),
            key: key.into(),
            size: 1,
            etag: String::new(),
            storage_class: "STANDARD".into(),
            at: Timestamp::UNIX_EPOCH,
            version_id: String::new(),
            request_id: String::new(),
            source_ip: String::new(),
            secret_id: String::new(),
            meta: Vec::new(),
            lane: Lane::Stage,
        }
    }
}
