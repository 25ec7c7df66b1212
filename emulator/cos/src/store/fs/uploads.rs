//! Uploads in parts. The bytes of a part stay in the file in which they were staged, until the upload ends.

use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::sync::Arc;

use futures_util::FutureExt as _;
use rusqlite::Connection;

use super::arriving::Source;
use super::change::Draft;
use super::disk::Disk;
use super::{FsStore, Inner};
use crate::store::catalog::{end_upload, find_parts, put_part, to_json, upload_exists};
use crate::store::{
    ObjectRecord, PartRecord, Pending, StoreError, UploadAt, UploadRecord, Uploads,
};

impl Uploads for FsStore {
    fn begin_upload(&self, bucket: String, upload: UploadRecord) -> Pending<'_, bool> {
        self.catalog.begin_upload(bucket, upload).boxed()
    }

    fn upload(&self, at: UploadAt) -> Pending<'_, Option<UploadRecord>> {
        std::future::ready(self.catalog.upload(&at)).boxed()
    }

    fn scan_uploads<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<(&'a str, &'a str)>,
        limit: usize,
    ) -> Pending<'a, Vec<UploadRecord>> {
        std::future::ready(self.catalog.scan_uploads(bucket, from, limit)).boxed()
    }

    fn parts(&self, at: UploadAt, after: u32, limit: usize) -> Pending<'_, Vec<PartRecord>> {
        std::future::ready(self.catalog.parts(&at, after, limit)).boxed()
    }

    fn complete_upload(
        &self,
        at: UploadAt,
        parts: Vec<u32>,
        record: ObjectRecord,
    ) -> Pending<'_, bool> {
        self.inner.complete(at, parts, record).boxed()
    }

    fn abort_upload(&self, at: UploadAt) -> Pending<'_, bool> {
        let abort = move |db: &Connection| {
            let is_there = upload_exists(db, &at)?;
            is_there.then(|| end_upload(db, &at)).transpose()
        };
        let inner = Arc::clone(&self.inner);
        let tidy = move |left: Option<Vec<(i64, u64)>>| {
            let was_there = left.is_some();
            for (body, _) in left.into_iter().flatten() {
                inner.disk.discard(body);
            }
            Ok(was_there)
        };
        let writes = &self.inner.writes;
        writes.write_then("abort an upload", abort, tidy).boxed()
    }
}

impl Inner {
    /// Makes a staged body, which is on disk, a part; or discards it, if there is no such upload.
    pub(super) async fn put_part(
        self: &Arc<Self>,
        at: UploadAt,
        part: &PartRecord,
        number: i64,
    ) -> Result<bool, StoreError> {
        let json = to_json(part)?;
        let (part, draft) = (part.clone(), Draft::new(self, number, Source::File));
        let put = move |db: &Connection| {
            if !upload_exists(db, &at)? {
                return Ok(None);
            }
            put_part(db, &at, &part, number, &json).map(Some)
        };
        let inner = Arc::clone(self);
        let tidy = move |put: Option<Option<(i64, u64)>>| {
            let is_kept = put.is_some();
            if is_kept {
                draft.keep();
            }
            if let Some((replaced, _)) = put.flatten() {
                inner.disk.discard(replaced);
            }
            Ok(is_kept)
        };
        self.writes.write_then("store a part", put, tidy).await
    }

    async fn complete(
        self: &Arc<Self>,
        at: UploadAt,
        numbers: Vec<u32>,
        record: ObjectRecord,
    ) -> Result<bool, StoreError> {
        let find = |db: &mut Connection| {
            find_parts(db, &at, &numbers).map_err(StoreError::sqlite("find the parts"))
        };
        let Some(parts) = self.reads.with(find)? else {
            return Ok(false);
        };
        let draft = Draft::new(self, self.number(), Source::File);
        let draft = self.blocking(move |inner| {
            let parts: Vec<_> = parts.iter().map(|(body, _)| *body).collect();
            inner.disk.join(&parts, draft.number())?;
            Ok(draft)
        });
        let draft = draft.await?;
        let bucket = at.bucket.clone();
        self.put(bucket, &record, draft, Some((at, numbers))).await
    }
}

impl Disk {
    /// Makes one staged body out of several, without looking at the bytes; a single one gets a second name.
    fn join(&self, parts: &[i64], number: i64) -> Result<(), StoreError> {
        let to = self.staged_body(number);
        if let [only] = parts
            && fs::hard_link(self.staged_body(*only), &to).is_ok()
        {
            let joined = File::open(&to).map_err(StoreError::io("open", &to))?;
            return self.sync_staged(&joined, number);
        }
        let mut joined = File::create(&to).map_err(StoreError::io("create", &to))?;
        for part in parts {
            let path = self.staged_body(*part);
            let mut part = File::open(&path).map_err(StoreError::io("open", &path))?;
            io::copy(&mut part, &mut joined).map_err(StoreError::io("write", &to))?;
        }
        self.sync_staged(&joined, number)
    }
}
