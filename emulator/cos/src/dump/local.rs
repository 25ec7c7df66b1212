//! Calls from inside the program, not over the wire: outputs of tasks, files of scenarios, snapshots.

use std::io;
use std::ops::Bound;

use bytes::BytesMut;
use futures_util::TryStreamExt as _;

use crate::object::commit::{CommitBody, Ready};
use crate::object::content_type;
use crate::object::precondition::WriteConditions;
use crate::object::put::Described;
use crate::request::cos_request::Origin;
use crate::request::error::{self, Error};
use crate::store::{At, Body, BucketRecord, ObjectRecord, StoreError};
use crate::{Cos, names};
use backlot_base::digest::Digests;
use backlot_base::journal::Lane;

/// The number of records of each read when everything is listed.
const BATCH: usize = 256;

/// An object to store from inside the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// The bucket's full name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The bytes.
    pub body: bytes::Bytes,
    /// `Content-Type`; derived from the key if `None`.
    pub content_type: Option<String>,
    /// `x-cos-meta-*` headers, with or without that prefix.
    pub metadata: Vec<(String, String)>,
}

/// An object with its record and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The bucket's full name.
    pub bucket: String,
    /// Everything but the bytes.
    pub record: ObjectRecord,
    /// The bytes.
    pub body: bytes::Bytes,
}

impl Cos {
    /// Creates a bucket; `false` if it exists already.
    pub async fn create_bucket(&self, name: &str, region: &str) -> Result<bool, Error> {
        self.inner.create_bucket(name, region).await
    }

    /// The buckets by name.
    pub async fn buckets(&self) -> Result<Vec<BucketRecord>, Error> {
        Ok(self.inner.store.buckets().await?)
    }

    /// Stores an object as if it had been uploaded; recorded in `lane`.
    pub async fn put_object(&self, lane: Lane, upload: Upload) -> Result<ObjectRecord, Error> {
        let cos = &self.inner;
        names::check_new_key(&upload.key)?;
        if upload.key.is_empty() {
            return Err(error::INVALID_OBJECT_NAME.into());
        }
        let hold = cos.hold_for_change();
        let content_type = upload
            .content_type
            .unwrap_or_else(|| content_type::of_key(&upload.key).to_owned());
        let metadata = upload.metadata.into_iter().map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let bare = name.strip_prefix("x-cos-meta-").unwrap_or(&name);
            (format!("x-cos-meta-{bare}"), value.into_bytes().into())
        });
        let mut described = Described {
            headers: vec![("content-type".to_owned(), content_type.into_bytes().into())],
            metadata: metadata.collect(),
            ..Described::default()
        };
        cos.encrypt(&upload.bucket, &mut described).await?;
        let mut record = described.to_record(&upload.key);
        record.take_digests(&Digests::of(&upload.body));
        let mut staged = cos.store.stage().await?;
        staged.write(upload.body).await?;
        let ready = Ready {
            origin: Origin::inside(cos, lane),
            bucket: upload.bucket,
            record,
            forbids_overwrite: false,
            conditions: WriteConditions::default(),
            bytes: CommitBody::Staged(staged),
            event_name: "cos:ObjectCreated:Put",
            hold,
        };
        Ok(cos.commit(ready).await?.record)
    }

    /// An object with its bytes; `None` if it does not exist.
    pub async fn get_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<(ObjectRecord, bytes::Bytes)>, Error> {
        let found = self.inner.store.open(At::current(bucket, key)).await?;
        let found = found.filter(|(record, _)| !record.is_delete_marker());
        let Some((record, body)) = found else {
            return Ok(None);
        };
        let bytes = whole(&record, body).await?;
        Ok(Some((record, bytes)))
    }

    /// Whether there is a bucket of this full name.
    pub async fn has_bucket(&self, name: &str) -> Result<bool, Error> {
        Ok(self.inner.store.bucket(name).await?.is_some())
    }

    /// The record of an object; `None` if it does not exist.
    pub async fn find_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<ObjectRecord>, Error> {
        let found = self.inner.store.object(At::current(bucket, key)).await?;
        Ok(found.filter(|record| !record.is_delete_marker()))
    }

    /// The keys of a bucket that begin with `prefix`, in order; none if there is no such bucket.
    pub async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Error> {
        let store = &self.inner.store;
        if !store
            .buckets()
            .await?
            .iter()
            .any(|found| found.name == bucket)
        {
            return Ok(Vec::new());
        }
        let mut keys: Vec<String> = Vec::new();
        loop {
            let from = match keys.last() {
                Some(last) => Bound::Excluded(last.as_str()),
                None => Bound::Included(prefix),
            };
            let batch = store.list(bucket, from, BATCH).await?;
            let (listed, before) = (batch.len(), keys.len());
            let found = batch.into_iter().map(|record| record.key);
            keys.extend(found.take_while(|key| key.starts_with(prefix)));
            if listed == 0 || keys.len() - before < listed {
                return Ok(keys);
            }
        }
    }

    /// All objects of all buckets, in the order of buckets and keys.
    pub async fn all_objects(&self) -> Result<Vec<Stored>, Error> {
        let store = &self.inner.store;
        let mut all = Vec::new();
        for bucket in store.buckets().await? {
            let mut last: Option<String> = None;
            loop {
                let from = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
                let batch = store.list(&bucket.name, from, BATCH).await?;
                let Some(end) = batch.last() else {
                    break;
                };
                last = Some(end.key.clone());
                for record in batch {
                    // It may have been removed since.
                    if let Some((record, body)) = self.get_object(&bucket.name, &record.key).await?
                    {
                        all.push(Stored {
                            bucket: bucket.name.clone(),
                            record,
                            body,
                        });
                    }
                }
            }
        }
        Ok(all)
    }
}

async fn whole(record: &ObjectRecord, body: Box<dyn Body>) -> Result<bytes::Bytes, StoreError> {
    let add = |mut all: BytesMut, bytes: bytes::Bytes| async move {
        all.extend_from_slice(&bytes);
        Ok(all)
    };
    let read = body
        .stream(0..record.size)
        .try_fold(BytesMut::new(), add)
        .await;
    read.map(BytesMut::freeze)
        .map_err(|error: io::Error| StoreError::Damaged {
            what: record.key.clone(),
            why: error.to_string(),
        })
}
