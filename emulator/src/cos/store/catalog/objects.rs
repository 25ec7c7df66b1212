//! Rows of objects: the versions of a key, one of which is current.

use std::ops::Bound;

use futures_util::FutureExt as _;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;

use super::{Catalog, from_json, records, to_json};
use crate::cos::store::{At, Listed, ObjectRecord, Pending, Start, StoreError, Which};

/// Lists that are no longer than this are made on the calling thread: a page of a listing takes half a millisecond. The
/// allocator keeps memory of its own for each thread that makes some.
const SHORT: usize = 1024;

/// [`At`] for another thread.
#[derive(Clone, Debug)]
pub(in crate::cos::store) struct Owned {
    pub(in crate::cos::store) bucket: String,
    pub(in crate::cos::store) key: String,
    /// The current one, if `None`.
    slot: Option<String>,
}

/// A row that was found.
pub(in crate::cos::store) struct Row {
    pub(in crate::cos::store) body: i64,
    pub(in crate::cos::store) size: u64,
    pub(in crate::cos::store) is_pieced: bool,
    pub(in crate::cos::store) path: String,
    pub(in crate::cos::store) record: String,
}

/// A row, and the bytes if they are few.
type RowWithBytes = (Row, Option<Vec<u8>>);

/// A row that has gone.
pub(in crate::cos::store) struct Taken {
    pub(in crate::cos::store) row: Row,
    was_current: bool,
}

/// A row to be.
#[derive(Clone, Debug)]
pub(in crate::cos::store) struct Object {
    pub(in crate::cos::store) at: Owned,
    born: i64,
    pub(in crate::cos::store) is_marker: bool,
    /// Which body, as the store numbers them.
    pub(in crate::cos::store) body: i64,
    /// Whether the body is made of others.
    pub(in crate::cos::store) is_pieced: bool,
    pub(in crate::cos::store) size: i64,
    /// The file that has the bytes, below the bucket's folder; empty if they are in no file.
    pub(in crate::cos::store) path: String,
    record: String,
}

impl From<At<'_>> for Owned {
    fn from(at: At<'_>) -> Self {
        Self {
            bucket: at.bucket.to_owned(),
            key: at.key.to_owned(),
            slot: match at.which {
                Which::Current => None,
                Which::Slot(slot) => Some(slot.0.clone()),
            },
        }
    }
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            body: row.get(0)?,
            size: row.get::<_, i64>(1)?.cast_unsigned(),
            is_pieced: row.get(2)?,
            path: row.get(3)?,
            record: row.get(4)?,
        })
    }

    /// What is kept about the object.
    pub(in crate::cos::store) fn to_record(&self) -> Result<ObjectRecord, StoreError> {
        from_json(&self.record)
    }
}

impl Owned {
    /// The slot, if it is not simply the current one.
    pub(in crate::cos::store) fn slot(&self) -> Option<&str> {
        self.slot.as_deref()
    }

    pub(in crate::cos::store) fn find(&self, db: &Connection) -> Result<Option<Row>, StoreError> {
        let sql = match self.slot {
            None => {
                "SELECT body, size, is_pieced, path, record FROM objects
                 WHERE bucket = ?1 AND key = ?2 AND is_current = 1 AND ?3 IS NULL"
            }
            Some(_) => {
                "SELECT body, size, is_pieced, path, record FROM objects
                 WHERE bucket = ?1 AND key = ?2 AND slot = ?3"
            }
        };
        let find = || {
            let mut statement = db.prepare_cached(sql)?;
            let row = statement.query_row(params![self.bucket, self.key, self.slot], Row::read);
            row.optional()
        };
        find().map_err(StoreError::sqlite("find an object"))
    }

    /// The same, together with the bytes if they are in one row of `chunks` and no more than `most`.
    pub(in crate::cos::store) fn find_with_bytes(
        &self,
        db: &Connection,
        most: u64,
    ) -> Result<Option<RowWithBytes>, StoreError> {
        let sql = match self.slot {
            None => {
                "SELECT body, size, is_pieced, path, record, CASE WHEN size <= ?4 AND is_pieced = 0 THEN
                     (SELECT bytes FROM chunks WHERE id = body << 20) END FROM objects
                 WHERE bucket = ?1 AND key = ?2 AND is_current = 1 AND ?3 IS NULL"
            }
            Some(_) => {
                "SELECT body, size, is_pieced, path, record, CASE WHEN size <= ?4 AND is_pieced = 0 THEN
                     (SELECT bytes FROM chunks WHERE id = body << 20) END FROM objects
                 WHERE bucket = ?1 AND key = ?2 AND slot = ?3"
            }
        };
        let most = most.cast_signed();
        let find = || {
            let mut statement = db.prepare_cached(sql)?;
            let values = params![self.bucket, self.key, self.slot, most];
            let row = statement.query_row(values, |row| Ok((Row::read(row)?, row.get(5)?)));
            row.optional()
        };
        find().map_err(StoreError::sqlite("find an object"))
    }

    /// Removes the row. The newest of those that remain is the current one. What becomes of the body is the caller's.
    pub(in crate::cos::store) fn remove(&self, db: &Connection) -> rusqlite::Result<Option<Taken>> {
        let taken = self.take(db)?;
        if taken.as_ref().is_some_and(|taken| taken.was_current) {
            let sql = "UPDATE objects SET is_current = 1 WHERE bucket = ?1 AND key = ?2 AND slot =
                (SELECT slot FROM objects WHERE bucket = ?1 AND key = ?2 ORDER BY born DESC LIMIT 1)";
            db.prepare_cached(sql)?
                .execute(params![self.bucket, self.key])?;
        }
        Ok(taken)
    }

    fn take(&self, db: &Connection) -> rusqlite::Result<Option<Taken>> {
        let sql = match self.slot {
            None => {
                "DELETE FROM objects WHERE bucket = ?1 AND key = ?2 AND is_current = 1 AND ?3 IS NULL
                 RETURNING body, size, is_pieced, path, record, is_current"
            }
            Some(_) => {
                "DELETE FROM objects WHERE bucket = ?1 AND key = ?2 AND slot = ?3
                 RETURNING body, size, is_pieced, path, record, is_current"
            }
        };
        let mut statement = db.prepare_cached(sql)?;
        let taken = statement.query_row(params![self.bucket, self.key, self.slot], |row| {
            Ok(Taken {
                row: Row::read(row)?,
                was_current: row.get(5)?,
            })
        });
        taken.optional()
    }
}

impl Object {
    pub(in crate::cos::store) fn new(
        bucket: String,
        record: &ObjectRecord,
        body: i64,
        is_pieced: bool,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            at: Owned {
                bucket,
                key: record.key.clone(),
                slot: Some(record.slot.0.clone()),
            },
            born: record.born.cast_signed(),
            is_marker: record.is_delete_marker(),
            body,
            is_pieced,
            size: record.size.cast_signed(),
            path: String::new(),
            record: to_json(record)?,
        })
    }

    /// Takes the row in the same slot out, if there is one. What becomes of its body is the caller's.
    pub(in crate::cos::store) fn make_room(
        &self,
        db: &Connection,
    ) -> rusqlite::Result<Option<Row>> {
        Ok(self.at.take(db)?.map(|taken| taken.row))
    }

    /// Puts the row in as the current version, where there is room.
    pub(in crate::cos::store) fn insert(&self, db: &Connection) -> rusqlite::Result<()> {
        let (bucket, key) = (&self.at.bucket, &self.at.key);
        let sql =
            "UPDATE objects SET is_current = 0 WHERE bucket = ?1 AND key = ?2 AND is_current = 1";
        db.prepare_cached(sql)?.execute(params![bucket, key])?;
        let sql = "INSERT INTO objects (bucket, key, slot, body, size, record, born, is_marker, is_pieced, is_current, path)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10)";
        db.prepare_cached(sql)?.execute(params![
            bucket,
            key,
            self.at.slot,
            self.body,
            self.size,
            self.record,
            self.born,
            self.is_marker,
            self.is_pieced,
            self.path,
        ])?;
        Ok(())
    }
}

impl Catalog {
    pub(in crate::cos::store) fn object(
        &self,
        at: At<'_>,
    ) -> Result<Option<ObjectRecord>, StoreError> {
        let at = Owned::from(at);
        let row = self.reads.with(|db| at.find(db))?;
        row.map(|row| row.to_record()).transpose()
    }

    pub(in crate::cos::store) fn list(
        &self,
        bucket: &str,
        from: Bound<&str>,
        limit: usize,
    ) -> Pending<'static, Vec<Listed>> {
        let (sql, key) = match from {
            Bound::Unbounded => (">=", ""),
            Bound::Included(key) => (">=", key),
            Bound::Excluded(key) => (">", key),
        };
        let sql = format!(
            "SELECT record FROM objects WHERE bucket = ?1 AND key {sql} ?2 AND is_current = 1 AND is_marker = 0
             ORDER BY key LIMIT ?3"
        );
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.look(limit, move |db| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            records(db, &sql, rusqlite::params![bucket, key, limit])
        })
    }

    /// Versions as whole records, or what a listing shows of them.
    pub(in crate::cos::store) fn versions<T: DeserializeOwned + Send + 'static>(
        &self,
        bucket: &str,
        from: Start<'_>,
        limit: usize,
    ) -> Pending<'static, Vec<T>> {
        let (condition, key, born) = match from {
            Start::Key(Bound::Unbounded) => ("key >= ?2", "", 0),
            Start::Key(Bound::Included(key)) => ("key >= ?2", key, 0),
            Start::Key(Bound::Excluded(key)) => ("key > ?2", key, 0),
            Start::Older(key, born) => ("key = ?2 AND born < ?4", key, born),
        };
        let page = |condition| {
            format!(
                "SELECT record FROM objects WHERE bucket = ?1 AND {condition} AND ?4 = ?4
                 ORDER BY key, born DESC LIMIT ?3"
            )
        };
        let (first, after) = (page(condition), page("key > ?2"));
        let goes_on = matches!(from, Start::Older(..));
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let born = i64::try_from(born).unwrap_or(i64::MAX);
        self.look(limit, move |db| {
            let mut found = Vec::new();
            for sql in [Some(&first), goes_on.then_some(&after)]
                .into_iter()
                .flatten()
            {
                let left = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
                found.extend(records::<T>(db, sql, params![bucket, key, left, born])?);
            }
            Ok(found)
        })
    }

    fn look<T: Send + 'static>(
        &self,
        limit: usize,
        look: impl FnOnce(&mut Connection) -> Result<Vec<T>, StoreError> + Send + 'static,
    ) -> Pending<'static, Vec<T>> {
        if limit <= SHORT {
            std::future::ready(self.reads.with(look)).boxed()
        } else {
            self.reads.apart(look)
        }
    }

    pub(in crate::cos::store) async fn describe(
        &self,
        bucket: String,
        record: ObjectRecord,
    ) -> Result<bool, StoreError> {
        let json = to_json(&record)?;
        let sql = "UPDATE objects SET record = ?4 WHERE bucket = ?1 AND key = ?2 AND slot = ?3";
        let describe = move |db: &Connection| {
            let row = params![bucket, record.key, record.slot.0, json];
            Ok(db.prepare_cached(sql)?.execute(row)? == 1)
        };
        self.writes.write("describe an object", describe).await
    }
}
