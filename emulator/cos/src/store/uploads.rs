//! Uploads in parts: what is between the beginning of an upload and its object.

use std::ops::Bound;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::bodies::Purpose;
use super::catalog::{Doing, ObjectRow};
use super::change::{Aborted, NewObject};
use super::{ObjectRecord, PartRecord, Pending, Ready, Store, StoreError, UploadAt, UploadRecord};

impl Store {
    /// Adds an upload; `false` if its bucket is not there.
    pub async fn begin_upload(
        &self,
        bucket: String,
        upload: UploadRecord,
    ) -> Result<bool, StoreError> {
        self.catalog.begin_upload(bucket, upload).await
    }

    /// The record of an upload.
    pub fn upload(&self, at: &UploadAt) -> Ready<Option<UploadRecord>> {
        std::future::ready(self.catalog.upload(at))
    }

    /// At most `limit` uploads of a bucket in byte order of keys, then of ids, beginning at `from`: a key with an id.
    pub fn scan_uploads(
        &self,
        bucket: &str,
        from: Bound<(&str, &str)>,
        limit: usize,
    ) -> Ready<Vec<UploadRecord>> {
        std::future::ready(self.catalog.scan_uploads(bucket, from, limit))
    }

    /// At most `limit` parts of an upload whose numbers are greater than `after`, in order.
    pub fn parts(&self, at: &UploadAt, after: u32, limit: usize) -> Ready<Vec<PartRecord>> {
        std::future::ready(self.catalog.parts(at, after, limit))
    }

    /// Makes the parts of these numbers, in this order, the body of an object, ends the upload and forgets its other parts,
    /// in one step. `false`, and nothing changes, if bucket, upload or one of the parts is not there.
    ///
    /// No byte goes through this process: a part costs the same whether it is small or large, or is copied by the system.
    pub fn complete_upload(
        &self,
        at: UploadAt,
        numbers: Vec<u32>,
        record: ObjectRecord,
    ) -> Pending<'_, bool> {
        async move {
            let Some(parts) = self.catalog.find_parts(&at, &numbers)? else {
                return Ok(false);
            };
            let object = ObjectRow::new(at.bucket.clone(), &record)?;
            drop(record);
            let mut body = self.bodies.assemble(parts.clone()).await?;
            body.prepare(Purpose::Object).await?;
            let new = NewObject::new(object, body, Arc::clone(&self.bodies));
            let new = new.of_upload(at, numbers, parts);
            let doing = "complete an upload";
            let writes = &self.catalog.writes;
            let change = writes.change(doing, new, NewObject::decide, NewObject::finish);
            change.await
        }
        .boxed()
    }

    /// Forgets an upload and its parts; `false` if it was not there.
    pub fn abort_upload(&self, at: UploadAt) -> Pending<'_, bool> {
        let aborted = Aborted::new(at, &self.bodies);
        let writes = &self.catalog.writes;
        let doing = Doing::freeing("abort an upload");
        let change = writes.change(doing, aborted, Aborted::decide, Aborted::finish);
        change.boxed()
    }
}
