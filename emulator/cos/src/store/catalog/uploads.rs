//! Rows of uploads in parts, and of the parts.

use std::ops::Bound;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Catalog, bucket_exists, records, to_json};
use crate::store::{PartRecord, StoreError, UploadAt, UploadRecord};

impl Catalog {
    pub(in crate::store) async fn begin_upload(
        &self,
        bucket: String,
        upload: UploadRecord,
    ) -> Result<bool, StoreError> {
        let json = to_json(&upload)?;
        let begin = move |db: &Connection| {
            if !bucket_exists(db, &bucket)? {
                return Ok(false);
            }
            let sql = "INSERT INTO uploads (bucket, key, id, record) VALUES (?1, ?2, ?3, ?4)";
            let row = params![bucket, upload.object.key, upload.id, json];
            Ok(db.prepare_cached(sql)?.execute(row)? == 1)
        };
        self.writes.write("begin an upload", begin).await
    }

    pub(in crate::store) fn upload(
        &self,
        at: &UploadAt,
    ) -> Result<Option<UploadRecord>, StoreError> {
        self.reads.with(|db| {
            let sql = "SELECT record FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3";
            Ok(records(db, sql, params![at.bucket, at.key, at.id])?.pop())
        })
    }

    pub(in crate::store) fn scan_uploads(
        &self,
        bucket: &str,
        from: Bound<(&str, &str)>,
        limit: usize,
    ) -> Result<Vec<UploadRecord>, StoreError> {
        let (compare, (key, id)) = match from {
            Bound::Unbounded => (">=", ("", "")),
            Bound::Included(from) => (">=", from),
            Bound::Excluded(from) => (">", from),
        };
        let sql = format!(
            "SELECT record FROM uploads WHERE bucket = ?1 AND (key, id) {compare} (?2, ?3) ORDER BY key, id LIMIT ?4"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.reads
            .with(|db| records(db, &sql, params![bucket, key, id, limit]))
    }

    pub(in crate::store) fn parts(
        &self,
        at: &UploadAt,
        after: u32,
        limit: usize,
    ) -> Result<Vec<PartRecord>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql =
            "SELECT record FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 AND number > ?4
            ORDER BY number LIMIT ?5";
        let values = params![at.bucket, at.key, at.id, after, limit];
        self.reads.with(|db| records(db, sql, values))
    }

    /// The parts of these numbers, in this order; `None` if one of them is not there.
    pub(in crate::store) fn find_parts(
        &self,
        at: &UploadAt,
        numbers: &[u32],
    ) -> Result<Option<Vec<StoredPart>>, StoreError> {
        self.reads
            .with(|db| find_parts(db, at, numbers).map_err(StoreError::sqlite("find the parts")))
    }
}

/// Whether there is such an upload.
pub(in crate::store) fn exists(db: &Connection, at: &UploadAt) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3)";
    db.prepare_cached(sql)?
        .query_row(params![at.bucket, at.key, at.id], |row| row.get(0))
}

/// The body of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct StoredPart {
    pub(in crate::store) body: i64,
    pub(in crate::store) size: u64,
}

impl StoredPart {
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            body: row.get(0)?,
            size: row.get::<_, i64>(1)?.cast_unsigned(),
        })
    }
}

/// Puts a part in; returns the part that had the same number, whose body is the caller's now.
pub(in crate::store) fn put_part(
    db: &Connection,
    at: &UploadAt,
    part: &PartRecord,
    body: i64,
    json: &str,
) -> rusqlite::Result<Option<StoredPart>> {
    let sql = "DELETE FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 AND number = ?4 RETURNING body, size";
    let replaced = {
        let mut statement = db.prepare_cached(sql)?;
        let number = params![at.bucket, at.key, at.id, part.number];
        statement.query_row(number, StoredPart::read).optional()?
    };
    let sql = "INSERT INTO parts (bucket, key, id, number, body, size, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let size = part.size.cast_signed();
    let row = params![at.bucket, at.key, at.id, part.number, body, size, json];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(replaced)
}

/// The parts of these numbers, in this order; `None` if one of them is not there.
pub(in crate::store) fn find_parts(
    db: &Connection,
    at: &UploadAt,
    numbers: &[u32],
) -> rusqlite::Result<Option<Vec<StoredPart>>> {
    let sql =
        "SELECT body, size FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 AND number = ?4";
    let mut find = db.prepare_cached(sql)?;
    let mut parts = Vec::with_capacity(numbers.len());
    for number in numbers {
        let row = params![at.bucket, at.key, at.id, number];
        let Some(found) = find.query_row(row, StoredPart::read).optional()? else {
            return Ok(None);
        };
        parts.push(found);
    }
    Ok(Some(parts))
}

/// Removes an upload with its parts; their bodies are the caller's now.
pub(in crate::store) fn end(db: &Connection, at: &UploadAt) -> rusqlite::Result<Vec<StoredPart>> {
    let sql = "DELETE FROM parts WHERE bucket = ?1 AND key = ?2 AND id = ?3 RETURNING body, size";
    let parts = {
        let mut statement = db.prepare_cached(sql)?;
        let rows = statement.query_map(params![at.bucket, at.key, at.id], StoredPart::read)?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?
    };
    let sql = "DELETE FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3";
    db.execute(sql, params![at.bucket, at.key, at.id])?;
    Ok(parts)
}
