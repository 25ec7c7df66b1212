//! Buckets and objects that are stored together, or not at all. No event is sent.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use crate::detach::detach_on_drop;
use crate::request::error::Error;
use crate::store::{Batch, BucketRecord, ObjectRecord, Scope, StoreError};
use crate::{Cos, Inner};

/// What is on its way in. Dropping it discards it, and nothing has changed.
pub(super) struct Incoming {
    cos: Arc<Inner>,
    batch: Batch,
}

impl Cos {
    pub(super) fn incoming(&self, scope: Scope) -> Incoming {
        Incoming {
            cos: Arc::clone(&self.inner),
            batch: self.inner.store.batch(scope),
        }
    }

    /// Replaces all buckets and objects by empty buckets in a region, in one step. No event is sent.
    pub async fn reset(&self, buckets: &[String], region: &str) -> Result<(), Error> {
        let mut incoming = self.incoming(Scope::Replace);
        for bucket in buckets {
            incoming.bucket(self.inner.new_bucket(bucket, region)?);
        }
        incoming.commit().await.map(drop)
    }
}

impl Incoming {
    pub(super) fn cos(&self) -> &Inner {
        &self.cos
    }

    pub(super) fn bucket(&mut self, bucket: BucketRecord) {
        self.batch.add_bucket(bucket);
    }

    /// Adds a document of a bucket that was added.
    pub(super) fn document(&mut self, bucket: String, name: String, bytes: Bytes) {
        self.batch.add_document(bucket, name, bytes);
    }

    /// Adds an object, with its time and its version, of a bucket that was added.
    pub(super) async fn object<E: From<Error>>(
        &mut self,
        bucket: String,
        record: &ObjectRecord,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), E> {
        let failed = |error: StoreError| E::from(Error::from(error));
        let mut staged = self.cos.store.stage().await.map_err(failed)?;
        let mut body = std::pin::pin!(body);
        while let Some(chunk) = body.next().await {
            staged.write(chunk?).await.map_err(failed)?;
        }
        let added = self.batch.add_object(staged, bucket, record).await;
        added.map_err(failed)
    }

    /// Stores everything, and returns the number of objects. If it fails, nothing has changed.
    pub(super) async fn commit(self) -> Result<u64, Error> {
        let Self { cos, batch } = self;
        let objects = batch.objects();
        // If the caller leaves, what is committed and what is in memory must still agree.
        detach_on_drop(async move {
            let _all = cos.key_locks.lock_all().await;
            cos.store.commit_batch(batch).await?;
            Ok(objects)
        })
        .await
    }
}
