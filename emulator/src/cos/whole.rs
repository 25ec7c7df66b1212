//! All that COS keeps, at once: taken out, put back, or cleared away. For whoever runs the emulator, not for its clients.

use std::ops::Bound;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use super::Cos;
use super::error::Error;
use super::store::{At, Body, BucketRecord, ObjectRecord, Removal, StoreError};

/// Records that are read at once.
const BATCH: usize = 256;

impl Cos {
    /// Records of a bucket whose keys come after `last`, with all versions of each key, in order; empty at the end.
    pub async fn records_after(
        &self,
        bucket: &str,
        last: Option<&str>,
    ) -> Result<Vec<ObjectRecord>, Error> {
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        let mut limit = BATCH;
        loop {
            let mut batch = self.inner.store.scan(bucket, from, limit).await?;
            let is_all = batch.len() < limit;
            let last = batch.last().map(|record| record.key.clone());
            if !is_all {
                // More versions of the last key may follow: they come together with it, in the next batch.
                batch.retain(|record| Some(&record.key) != last.as_ref());
            }
            if is_all || !batch.is_empty() {
                return Ok(batch);
            }
            limit *= 2;
        }
    }

    /// An object with its body, as it is kept.
    pub async fn open_object(
        &self,
        bucket: &str,
        record: &ObjectRecord,
    ) -> Result<Option<(ObjectRecord, Box<dyn Body>)>, Error> {
        let at = At {
            bucket,
            key: &record.key,
            slot: &record.slot,
        };
        Ok(self.inner.store.open(at).await?)
    }

    /// Puts a bucket back as it was. One of this name must not be there.
    pub async fn restore_bucket(&self, bucket: BucketRecord) -> Result<bool, Error> {
        let _turn = self.inner.stripes.turn(&bucket.name, "").await;
        Ok(self.inner.store.create_bucket(bucket).await?)
    }

    /// Puts an object back as it was, with its time and its version; nobody is told.
    ///
    /// Nothing is kept if it fails, and `false` is the answer if there is no such bucket.
    pub async fn restore_object<E: From<Error>>(
        &self,
        bucket: &str,
        record: ObjectRecord,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<bool, E> {
        let failed = |error: StoreError| E::from(Error::from(error));
        let _turn = self.inner.stripes.turn(bucket, &record.key).await;
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

    /// Removes every object and every bucket; nobody is told.
    pub async fn clear(&self) -> Result<(), Error> {
        let cos = &self.inner;
        for bucket in cos.store.buckets().await? {
            loop {
                for record in cos
                    .store
                    .scan(&bucket.name, Bound::Unbounded, BATCH)
                    .await?
                {
                    let _turn = cos.stripes.turn(&bucket.name, &record.key).await;
                    let at = At {
                        bucket: &bucket.name,
                        key: &record.key,
                        slot: &record.slot,
                    };
                    cos.store.remove(at).await?;
                }
                let _turn = cos.stripes.turn(&bucket.name, "").await;
                // An object that came meanwhile is removed in the next round.
                if cos.store.remove_bucket(&bucket.name).await? != Removal::NotEmpty {
                    break;
                }
            }
        }
        Ok(())
    }
}
