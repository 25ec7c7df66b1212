//! Objects: how they are stored, found, listed and removed.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;

use super::bodies::{Bodies, BodyWriter, Found, Purpose};
use super::catalog::{Doing, ObjectRow, OwnedAt, Writes};
use super::change::{NewObject, NewPart, Removed};
use super::{
    At, Listed, ObjectRecord, PartRecord, Pending, Ready, Start, Store, StoreError, UploadAt,
};

/// A body on its way in. Dropping it discards it.
pub struct Staged {
    body: Box<dyn BodyWriter>,
    bodies: Arc<dyn Bodies>,
    writes: Writes,
}

impl Store {
    /// Begins a body. It belongs to nothing until it is committed, and is gone if it is dropped before.
    pub fn stage(&self) -> Ready<Staged> {
        std::future::ready(Ok(Staged {
            body: self.bodies.stage(),
            bodies: Arc::clone(&self.bodies),
            writes: self.catalog.writes.clone(),
        }))
    }

    /// The record of an object.
    pub fn object(&self, at: At<'_>) -> Ready<Option<ObjectRecord>> {
        std::future::ready(self.catalog.object(at))
    }

    /// An object with its body. Waits while too many files are open.
    pub async fn open(&self, at: At<'_>) -> Result<Option<Found>, StoreError> {
        let place = match &self.files {
            Some(files) => Some(files.to_read().await),
            None => None,
        };
        self.bodies.open(at, place)
    }

    /// At most `limit` current objects of a bucket in byte order of keys, beginning at `from`; keys that are gone for a delete
    /// marker are left out. Empty without a bucket.
    pub fn list(
        &self,
        bucket: &str,
        from: Bound<&str>,
        limit: usize,
    ) -> Pending<'static, Vec<Listed>> {
        self.catalog.list(bucket, from, limit)
    }

    /// At most `limit` versions and delete markers in byte order of keys, the newest of a key first.
    pub fn list_versions(
        &self,
        bucket: &str,
        from: Start<'_>,
        limit: usize,
    ) -> Pending<'static, Vec<Listed>> {
        self.catalog.versions(bucket, from, limit)
    }

    /// What [`Store::list_versions`] lists, as whole records.
    pub fn scan_versions(
        &self,
        bucket: &str,
        from: Start<'_>,
        limit: usize,
    ) -> Pending<'static, Vec<ObjectRecord>> {
        self.catalog.versions(bucket, from, limit)
    }

    /// Replaces the record of the version at (`record.key`, `record.version_id`), which keeps its body; `false` if it is not there.
    pub fn update_object(&self, bucket: String, record: ObjectRecord) -> Pending<'_, bool> {
        self.catalog.update_object(bucket, record).boxed()
    }

    /// Removes an object for good; `false` if it was not there.
    pub fn remove(&self, at: At<'_>) -> Pending<'_, bool> {
        let removed = Removed::new(OwnedAt::from(at), &self.bodies);
        let writes = &self.catalog.writes;
        let change = writes.change(
            Doing::freeing("remove an object"),
            removed,
            Removed::decide,
            Removed::finish,
        );
        change.boxed()
    }
}

impl Staged {
    pub(super) fn into_body(self) -> Box<dyn BodyWriter> {
        self.body
    }

    /// Takes the next bytes. Memory stays bounded however many come.
    pub fn write(&mut self, chunk: Bytes) -> Pending<'_, ()> {
        self.body.write(chunk)
    }

    /// All bytes have come; none may be written after it. What has to be done about them whatever they are for is done now: a
    /// large body is brought to the disk while its digests are still being taken. Without it, committing does so.
    pub fn end(&mut self) -> Pending<'_, ()> {
        self.body.end()
    }

    /// Makes body and record the object at (`bucket`, `record.key`, `record.version_id`), in one step, and returns when that will
    /// survive what the store's [`Durability`](super::Durability) promises. `false`, and nothing is kept, if the bucket is
    /// not there.
    pub fn commit(self, bucket: String, record: ObjectRecord) -> Pending<'static, bool> {
        let Self {
            mut body,
            bodies,
            writes,
        } = self;
        async move {
            let is_marker = record.is_delete_marker();
            let purpose = if is_marker {
                Purpose::Marker
            } else {
                Purpose::Object
            };
            body.prepare(purpose).await?;
            let new = NewObject::new(ObjectRow::new(bucket, &record)?, body, bodies);
            drop(record);
            let doing = "store an object";
            let change = writes.change(doing, new, NewObject::decide, NewObject::finish);
            change.await
        }
        .boxed()
    }

    /// Makes the body a part of an upload, instead of the one that has the same number. `false` if there is no such upload.
    pub fn commit_part(self, upload: UploadAt, part: PartRecord) -> Pending<'static, bool> {
        let Self {
            mut body,
            bodies,
            writes,
        } = self;
        async move {
            body.prepare(Purpose::Part).await?;
            let new = NewPart::new(upload, part, body, bodies)?;
            let change = writes.change("store a part", new, NewPart::decide, NewPart::finish);
            change.await
        }
        .boxed()
    }
}
