//! Reading, restoring and removing everything that COS stores.

use std::ops::Bound;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use crate::Cos;
use crate::request::error::Error;
use crate::store::{At, Body, BucketRecord, ObjectRecord, Removal, Start, StoreError, UploadAt};

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

    /// Restores a document of a bucket; `false` if the bucket does not exist.
    pub async fn restore_document(
        &self,
        bucket: &str,
        name: &str,
        bytes: Bytes,
    ) -> Result<bool, Error> {
        Ok(self.inner.store.put_document(bucket, name, bytes).await?)
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

    /// Restores a bucket; `false` if a bucket of this name exists.
    pub async fn restore_bucket(&self, bucket: BucketRecord) -> Result<bool, Error> {
        let _lock = self.inner.key_locks.lock(&bucket.name, "").await;
        Ok(self.inner.store.create_bucket(bucket).await?)
    }

    /// Restores an object with its time and its version. No event is sent.
    ///
    /// Stores nothing if it fails; `false` if the bucket does not exist.
    pub async fn restore_object<E: From<Error>>(
        &self,
        bucket: &str,
        record: ObjectRecord,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<bool, E> {
        let failed = |error: StoreError| E::from(Error::from(error));
        let _lock = self.inner.key_locks.lock(bucket, &record.key).await;
        let mut staged = self.inner.store.stage().await.map_err(failed)?;
        let mut body = std::pin::pin!(body);
        while let Some(chunk) = body.next().await {
            staged.write(chunk?).await.map_err(failed)?;
        }
        staged
            .commit(bucket.to_owned(), record)
            .await
            .map_err(failed)
    }

    /// Removes all objects and buckets. No event is sent.
    pub async fn clear(&self) -> Result<(), Error> {
        let cos = &self.inner;
        for bucket in cos.store.buckets().await? {
            loop {
                let from = Start::Key(Bound::Unbounded);
                for record in cos.store.scan_versions(&bucket.name, from, BATCH).await? {
                    let _lock = cos.key_locks.lock(&bucket.name, &record.key).await;
                    let at = At::version(&bucket.name, &record.key, &record.version_id);
                    cos.store.remove(at).await?;
                }
                let uploads = cos
                    .store
                    .scan_uploads(&bucket.name, Bound::Unbounded, BATCH);
                for upload in uploads.await? {
                    let _lock = cos.key_locks.lock(&bucket.name, &upload.object.key).await;
                    let at = UploadAt {
                        bucket: bucket.name.clone(),
                        key: upload.object.key,
                        id: upload.id,
                    };
                    cos.store.abort_upload(at).await?;
                }
                let _lock = cos.key_locks.lock(&bucket.name, "").await;
                // An object that was stored meanwhile is removed in the next round.
                if cos.store.remove_bucket(&bucket.name).await? != Removal::NotEmpty {
                    break;
                }
            }
        }
        Ok(())
    }
}
