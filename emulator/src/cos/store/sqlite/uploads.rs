//! Rows of uploads and their parts. An object that is completed takes over the chunks of its parts where they are.

use std::ops::Bound;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::body::CHUNK;
use super::object::{Left, Object, bucket_exists, let_go};
use super::{SqliteStore, records, to_json};
use crate::cos::store::{ObjectRecord, PartRecord, Pending, UploadAt, UploadRecord, Uploads};

impl Uploads for SqliteStore {
    fn begin_upload(&self, bucket: String, upload: UploadRecord) -> Pending<'_, bool> {
        async move {
            let json = to_json(&upload)?;
            let begin = move |db: &Connection| {
                if !bucket_exists(db, &bucket)? {
                    return Ok(false);
                }
                let sql = "INSERT INTO uploads (bucket, key, id, record) VALUES (?1, ?2, ?3, ?4)";
                db.execute(sql, params![bucket, upload.object.key, upload.id, json])?;
                Ok(true)
            };
            self.shared.writes.write("begin an upload", begin).await
        }
        .boxed()
    }

    fn upload(&self, at: UploadAt) -> Pending<'_, Option<UploadRecord>> {
        let look = move |db: &Connection| {
            let sql = "SELECT record FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3";
            Ok(records(db, sql, params![at.bucket, at.key, at.id])?.pop())
        };
        self.shared.reads.read(look).boxed()
    }

    fn scan_uploads<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<(&'a str, &'a str)>,
        limit: usize,
    ) -> Pending<'a, Vec<UploadRecord>> {
        let (compare, (key, id)) = match from {
            Bound::Unbounded => (">=", ("", "")),
            Bound::Included(from) => (">=", from),
            Bound::Excluded(from) => (">", from),
        };
        let sql = format!(
            "SELECT record FROM uploads WHERE bucket = ?1 AND (key, id) {compare} (?2, ?3) ORDER BY key, id LIMIT ?4"
        );
        let (bucket, key, id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let scan = move |db: &Connection| records(db, &sql, params![bucket, key, id, limit]);
        self.shared.reads.read(scan).boxed()
    }

    fn parts(&self, at: UploadAt, after: u32, limit: usize) -> Pending<'_, Vec<PartRecord>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let look = move |db: &Connection| {
            let sql = "SELECT record FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 AND number > ?4
                ORDER BY number LIMIT ?5";
            records(db, sql, params![at.bucket, at.key, at.id, after, limit])
        };
        self.shared.reads.read(look).boxed()
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
            let complete = move |db: &Connection| complete(db, &at, &parts, &object, body);
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
                if !exists(db, &at)? {
                    return Ok(None);
                }
                end(db, &at).map(Some)
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

pub(super) fn exists(db: &Connection, at: &UploadAt) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3)";
    db.prepare_cached(sql)?
        .query_row(params![at.bucket, at.key, at.id], |row| row.get(0))
}

/// Puts a part in; says what is left of the one with the same number, if there was one.
pub(super) fn insert_part(
    db: &Connection,
    at: &UploadAt,
    part: &PartRecord,
    body: i64,
    json: &str,
) -> rusqlite::Result<Option<Left>> {
    let replaced = take_part(db, at, part.number)?;
    let sql = "INSERT INTO parts (bucket, key, id, number, body, size, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let size = part.size.cast_signed();
    let row = params![at.bucket, at.key, at.id, part.number, body, size, json];
    db.prepare_cached(sql)?.execute(row)?;
    let left = replaced.map(|(body, size)| let_go(db, body, size > CHUNK));
    left.transpose()
}

fn take_part(db: &Connection, at: &UploadAt, number: u32) -> rusqlite::Result<Option<(i64, u64)>> {
    let sql = "DELETE FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 AND number = ?4 RETURNING body, size";
    let mut statement = db.prepare_cached(sql)?;
    let row = statement.query_row(params![at.bucket, at.key, at.id, number], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    });
    row.optional()
}

fn complete(
    db: &Connection,
    at: &UploadAt,
    parts: &[u32],
    object: &Object,
    body: i64,
) -> rusqlite::Result<Option<Left>> {
    if !bucket_exists(db, &at.bucket)? || !exists(db, at)? {
        return Ok(None);
    }
    let mut bodies = Vec::with_capacity(parts.len());
    let sql =
        "SELECT body, size FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 AND number = ?4";
    let mut find = db.prepare_cached(sql)?;
    for number in parts {
        let row = find.query_row(params![at.bucket, at.key, at.id, number], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        let Some(found) = row.optional()? else {
            // Nothing has changed yet.
            return Ok(None);
        };
        bodies.push(found);
    }
    for number in parts {
        take_part(db, at, *number)?;
    }
    let replaced = if let [(only, _)] = bodies.as_slice() {
        // The body of a single part can be the body of the object as it is.
        object.with_body(*only, false).insert(db)?
    } else {
        let sql = "INSERT INTO pieces (body, start, source, size) VALUES (?1, ?2, ?3, ?4)";
        let mut insert = db.prepare_cached(sql)?;
        let mut start = 0;
        for (source, size) in bodies.into_iter().filter(|(_, size)| *size > 0) {
            insert.execute(params![body, start, source, size])?;
            start += size;
        }
        object.insert(db)?
    };
    let others = end(db, at)?;
    Ok(Some(if replaced == Some(Left::Loose) {
        Left::Loose
    } else {
        others
    }))
}

/// Removes an upload with the parts that it still has.
fn end(db: &Connection, at: &UploadAt) -> rusqlite::Result<Left> {
    let sql = "DELETE FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 RETURNING body, size";
    let mut left = Left::Nothing;
    let bodies = {
        let mut statement = db.prepare_cached(sql)?;
        let rows = statement.query_map(params![at.bucket, at.key, at.id], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?
    };
    for (body, size) in bodies {
        if let_go(db, body, size > CHUNK)? == Left::Loose {
            left = Left::Loose;
        }
    }
    let sql = "DELETE FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3";
    db.execute(sql, params![at.bucket, at.key, at.id])?;
    Ok(left)
}
