//! Rows of objects: the versions of a key, one of which is current.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::body::{CHUNK, Piece, pieces};
use super::to_json;
use crate::cos::store::{At, ObjectRecord, StoreError, Which};

/// [`At`] for another thread.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub(super) bucket: String,
    key: String,
    /// The current one, if `None`.
    slot: Option<String>,
}

/// A row that was found.
pub(super) struct Row {
    pub(super) body: i64,
    pub(super) size: u64,
    pub(super) is_pieced: bool,
    pub(super) record: String,
}

/// A row to be.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) at: Owned,
    born: i64,
    is_marker: bool,
    body: i64,
    is_pieced: bool,
    size: i64,
    record: String,
}

/// What is left of the body of something that has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    Loose,
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

impl Owned {
    pub(super) fn find(&self, db: &Connection) -> Result<Option<Row>, StoreError> {
        let which = match self.slot {
            None => "is_current = 1 AND ?3 IS NULL",
            Some(_) => "slot = ?3",
        };
        let sql = format!(
            "SELECT body, size, is_pieced, record FROM objects WHERE bucket = ?1 AND key = ?2 AND {which}"
        );
        let find = || {
            let mut statement = db.prepare_cached(&sql)?;
            let row = statement.query_row(params![self.bucket, self.key, self.slot], |row| {
                Ok(Row {
                    body: row.get(0)?,
                    size: row.get::<_, i64>(1)?.cast_unsigned(),
                    is_pieced: row.get(2)?,
                    record: row.get(3)?,
                })
            });
            row.optional()
        };
        find().map_err(StoreError::sqlite("find an object"))
    }

    /// Removes the row and, if nobody can be reading it, the body. The newest of those that remain is the current one.
    pub(super) fn remove(&self, db: &Connection) -> rusqlite::Result<Option<Left>> {
        let Some((left, was_current)) = self.take(db)? else {
            return Ok(None);
        };
        if was_current {
            let sql = "UPDATE objects SET is_current = 1 WHERE bucket = ?1 AND key = ?2 AND slot =
                (SELECT slot FROM objects WHERE bucket = ?1 AND key = ?2 ORDER BY born DESC LIMIT 1)";
            db.prepare_cached(sql)?
                .execute(params![self.bucket, self.key])?;
        }
        Ok(Some(left))
    }

    fn take(&self, db: &Connection) -> rusqlite::Result<Option<(Left, bool)>> {
        let which = match self.slot {
            None => "is_current = 1 AND ?3 IS NULL",
            Some(_) => "slot = ?3",
        };
        let sql = format!(
            "DELETE FROM objects WHERE bucket = ?1 AND key = ?2 AND {which}
             RETURNING body, size, is_pieced, is_current"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let row = statement.query_row(params![self.bucket, self.key, self.slot], |row| {
            let body = (
                row.get(0)?,
                row.get::<_, i64>(1)?.cast_unsigned(),
                row.get(2)?,
            );
            Ok((body, row.get(3)?))
        });
        let Some(((body, size, is_pieced), was_current)) = row.optional()? else {
            return Ok(None);
        };
        let left = let_go(db, body, is_pieced || size > CHUNK)?;
        Ok(Some((left, was_current)))
    }
}

impl Row {
    /// Where the bytes are.
    pub(super) fn pieces(&self, db: &Connection) -> Result<Vec<Piece>, StoreError> {
        if self.is_pieced {
            return pieces(db, self.body).map_err(StoreError::sqlite("read a body"));
        }
        let whole = Piece {
            start: 0,
            source: self.body,
            size: self.size,
        };
        Ok(vec![whole])
    }
}

impl Object {
    pub(super) fn new(
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
            record: to_json(record)?,
        })
    }

    /// The same with the bytes somewhere else.
    pub(super) fn with_body(&self, body: i64, is_pieced: bool) -> Self {
        Self {
            at: self.at.clone(),
            record: self.record.clone(),
            body,
            is_pieced,
            ..*self
        }
    }

    /// Puts the row in as the current version; says what is left of the one in the same slot, if there was one.
    pub(super) fn insert(&self, db: &Connection) -> rusqlite::Result<Option<Left>> {
        let replaced = self.at.take(db)?;
        let (bucket, key) = (&self.at.bucket, &self.at.key);
        let sql =
            "UPDATE objects SET is_current = 0 WHERE bucket = ?1 AND key = ?2 AND is_current = 1";
        db.prepare_cached(sql)?.execute(params![bucket, key])?;
        let sql = "INSERT INTO objects (bucket, key, slot, body, size, record, born, is_marker, is_pieced, is_current)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1)";
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
        ])?;
        Ok(replaced.map(|(left, _)| left))
    }
}

/// Removes a body that nothing refers to any more; later, if it is large or somebody may be reading it.
pub(super) fn let_go(db: &Connection, body: i64, is_large: bool) -> rusqlite::Result<Left> {
    if is_large {
        db.prepare_cached("INSERT INTO loose (body) VALUES (?1)")?
            .execute([body])?;
        return Ok(Left::Loose);
    }
    db.prepare_cached("DELETE FROM chunks WHERE id = ?1")?
        .execute([body << 20])?;
    Ok(Left::Nothing)
}

pub(super) fn bucket_exists(db: &Connection, bucket: &str) -> rusqlite::Result<bool> {
    let exists = "SELECT EXISTS (SELECT 1 FROM buckets WHERE name = ?1)";
    db.prepare_cached(exists)?
        .query_row([bucket], |row| row.get(0))
}
