//! Buckets and their documents.

use std::sync::Arc;

use bytes::Bytes;

use super::{BucketRecord, Ready, Removal, Store, StoreError};

impl Store {
    /// Adds a bucket; `false` if there is one of this name.
    pub async fn create_bucket(&self, bucket: BucketRecord) -> Result<bool, StoreError> {
        let name = bucket.name.clone();
        let added = self.catalog.create_bucket(bucket).await?;
        if added {
            self.bodies.add_bucket(&name)?;
        }
        Ok(added)
    }

    /// The bucket of this name. Records of buckets stay in memory, as every request asks for one.
    pub fn bucket(&self, name: &str) -> Ready<Option<Arc<BucketRecord>>> {
        std::future::ready(Ok(self.catalog.bucket(name)))
    }

    /// All buckets by name.
    pub fn buckets(&self) -> Ready<Vec<BucketRecord>> {
        std::future::ready(Ok(self.catalog.buckets()))
    }

    /// Replaces the record of a bucket; `false` if it is not there.
    pub async fn update_bucket(&self, bucket: BucketRecord) -> Result<bool, StoreError> {
        self.catalog.update_bucket(bucket).await
    }

    /// Removes a bucket, unless objects or uploads are in it.
    pub async fn remove_bucket(&self, name: &str) -> Result<Removal, StoreError> {
        let removal = self.catalog.remove_bucket(name).await?;
        if removal == Removal::Removed {
            self.bodies.remove_bucket(name)?;
        }
        Ok(removal)
    }

    /// Keeps a small document of a bucket under a name, in place of an earlier one, and returns when that will survive what
    /// the store's [`Durability`](super::Durability) promises. `false` if the bucket is not there. A bucket takes its
    /// documents with it.
    ///
    /// Documents stay in memory, so reading one costs no disk. Names have at most [`MAX_NAME`](super::MAX_NAME) bytes.
    pub async fn put_document(
        &self,
        bucket: &str,
        name: &str,
        bytes: Bytes,
    ) -> Result<bool, StoreError> {
        self.catalog.put_document(bucket, name, bytes).await
    }

    /// The document of this name.
    pub fn document(&self, bucket: &str, name: &str) -> Ready<Option<Bytes>> {
        std::future::ready(Ok(self.catalog.document(bucket, name)))
    }

    /// The documents of a bucket whose names begin with `prefix`, in byte order of names.
    pub fn documents(&self, bucket: &str, prefix: &str) -> Ready<Vec<(String, Bytes)>> {
        std::future::ready(Ok(self.catalog.documents(bucket, prefix)))
    }

    /// Removes a document; `false` if there was none.
    pub async fn remove_document(&self, bucket: &str, name: &str) -> Result<bool, StoreError> {
        self.catalog.remove_document(bucket, name).await
    }
}
