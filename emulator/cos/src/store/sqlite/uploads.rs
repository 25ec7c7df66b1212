//! Uploads and their parts. An object that is completed takes over the chunks of its parts where they are.

use std::ops::Bound;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use rusqlite::{Connection, params};

use super::SqliteStore;
use super::body::{Left, is_large, let_go};
use crate::store::catalog::{
    Object, bucket_exists, end_upload, find_parts, take_part, upload_exists,
};
use crate::store::{ObjectRecord, PartRecord, Pending, UploadAt, UploadRecord, Uploads};

impl Uploads for SqliteStore {
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
        async move {
            let body = self.shared.next_body.fetch_add(1, Ordering::Relaxed);
            let object = Object::new(at.bucket.clone(), &record, body, true)?;
            let complete = move |db: &Connection| complete(db, &at, &parts, &object);
            let left = self
                .shared
                .writes
                .write("complete an upload", complete)
                .await?;
            if left == Some(Left::Loose) {
                self.shared.sweep();
            }
            Ok(left.is_some())
        }
        .boxed()
    }

    fn abort_upload(&self, at: UploadAt) -> Pending<'_, bool> {
        async move {
            let abort = move |db: &Connection| {
                if !upload_exists(db, &at)? {
                    return Ok(None);
                }
                let_all_go(db, end_upload(db, &at)?).map(Some)
            };
            let left = self.shared.writes.write("abort an upload", abort).await?;
            if left == Some(Left::Loose) {
                self.shared.sweep();
            }
            Ok(left.is_some())
        }
        .boxed()
    }
}

fn complete(
    db: &Connection,
    at: &UploadAt,
    numbers: &[u32],
    object: &Object,
) -> rusqlite::Result<Option<Left>> {
    if !bucket_exists(db, &at.bucket)? || !upload_exists(db, at)? {
        return Ok(None);
    }
    let Some(bodies) = find_parts(db, at, numbers)? else {
        return Ok(None);
    };
    for number in numbers {
        take_part(db, at, *number)?;
    }
    let mut object = object.clone();
    if let [(only, _)] = bodies.as_slice() {
        // The body of a single part can be the body of the object as it is.
        object.body = *only;
        object.is_pieced = false;
    } else {
        let sql = "INSERT INTO pieces (body, start, source, size) VALUES (?1, ?2, ?3, ?4)";
        let mut insert = db.prepare_cached(sql)?;
        let mut start = 0;
        for (source, size) in bodies.into_iter().filter(|(_, size)| *size > 0) {
            let size = size.cast_signed();
            insert.execute(params![object.body, start, source, size])?;
            start += size;
        }
    }
    let replaced = super::body::put(db, &object)?;
    let others = let_all_go(db, end_upload(db, at)?)?;
    Ok(Some(replaced.max(others)))
}

fn let_all_go(db: &Connection, bodies: Vec<(i64, u64)>) -> rusqlite::Result<Left> {
    let mut left = Left::Nothing;
    for (body, size) in bodies {
        left = left.max(let_go(db, body, is_large(size))?);
    }
    Ok(left)
}
