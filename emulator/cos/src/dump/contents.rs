//! Reading everything that COS stores.

use std::ops::Bound;

use bytes::Bytes;

use crate::Cos;
use crate::request::error::Error;
use crate::store::{At, Body, ObjectRecord, Start};

/// The number of records of each read.
const BATCH: usize = 256;

/// A noncurrent version, or a delete marker.
#[derive(Clone, Debug, PartialEq)]
pub struct Noncurrent {
    /// The bucket's full name.
    pub bucket: String,
    /// Whether a newer version exists; otherwise it is a delete marker that hides its key.
    pub is_older: bool,
    /// Everything but the bytes.
    pub record: ObjectRecord,
}

impl Cos {
    /// Versions and delete markers of a bucket that come after `last`, in order; empty at the end.
    pub async fn records_after(
        &self,
        bucket: &str,
        last: Option<&ObjectRecord>,
    ) -> Result<Vec<ObjectRecord>, Error> {
        let from = last.map_or(Start::Key(Bound::Unbounded), |last| {
            Start::Older(&last.key, last.sequence)
        });
        Ok(self.inner.store.scan_versions(bucket, from, BATCH).await?)
    }

    /// Noncurrent versions, and delete markers that hide a key. By bucket, key and age, the newest first.
    pub async fn noncurrent(&self) -> Result<Vec<Noncurrent>, Error> {
        let mut found = Vec::new();
        for bucket in self.inner.store.buckets().await? {
            let mut last: Option<ObjectRecord> = None;
            loop {
                let batch = self.records_after(&bucket.name, last.as_ref()).await?;
                if batch.is_empty() {
                    break;
                }
                for record in batch {
                    let is_older = last.as_ref().is_some_and(|last| last.key == record.key);
                    if is_older || record.is_delete_marker() {
                        found.push(Noncurrent {
                            bucket: bucket.name.clone(),
                            is_older,
                            record: record.clone(),
                        });
                    }
                    last = Some(record);
                }
            }
        }
        Ok(found)
    }

    /// The documents of a bucket, by name.
    pub async fn documents(&self, bucket: &str) -> Result<Vec<(String, Bytes)>, Error> {
        Ok(self.inner.store.documents(bucket, "").await?)
    }

    /// A version with its body.
    pub async fn open_object(
        &self,
        bucket: &str,
        record: &ObjectRecord,
    ) -> Result<Option<(ObjectRecord, Box<dyn Body>)>, Error> {
        let at = At::version(bucket, &record.key, &record.version_id);
        Ok(self.inner.store.open(at).await?)
    }
}
