//! Rows of objects: the versions of a key, one of which is current.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Catalog, from_json, to_json};
use crate::store::{At, ObjectRecord, StoreError, Which};

/// The version id of an object that was stored without versioning.
const NULL: &str = "null";

/// What is read of a row.
macro_rules! columns {
    () => {
        "body, size, is_pieced, path, record"
    };
}

/// The beginning of a question for a row, and for its bytes if they are few.
macro_rules! select {
    () => {
        concat!("SELECT ", columns!(), " FROM objects")
    };
    ("bytes") => {
        concat!(
            "SELECT ",
            columns!(),
            ", CASE WHEN size <= ?4 AND is_pieced = 0 THEN (SELECT bytes FROM chunks WHERE id = body << 20) END
             FROM objects"
        )
    };
}

/// Which row: the newest of a key.
macro_rules! current {
    () => {
        " WHERE bucket = ?1 AND key = ?2 AND ?3 IS NULL ORDER BY born DESC LIMIT 1"
    };
}

/// The one without a version id; it is looked for among all of the key, which are seldom many.
macro_rules! null {
    () => {
        " WHERE bucket = ?1 AND key = ?2 AND slot = ?3"
    };
}

/// The one with an id, which has an index.
macro_rules! version {
    () => {
        " WHERE bucket = ?1 AND key = ?2 AND slot = ?3 AND slot <> 'null'"
    };
}

/// [`At`] for another thread.
#[derive(Clone, Debug)]
pub(in crate::store) struct OwnedAt {
    pub(in crate::store) bucket: String,
    pub(in crate::store) key: String,
    /// The current one, if `None`.
    version_id: Option<String>,
}

/// A row that was found.
pub(in crate::store) struct FoundRow {
    pub(in crate::store) body: i64,
    pub(in crate::store) size: u64,
    pub(in crate::store) is_pieced: bool,
    pub(in crate::store) path: String,
    pub(in crate::store) record: String,
}

/// A row, and the bytes if they are few.
type RowWithBytes = (FoundRow, Option<Vec<u8>>);

/// A row to be. Where its bytes are is set before it is inserted.
#[derive(Debug)]
pub(in crate::store) struct ObjectRow {
    pub(in crate::store) at: OwnedAt,
    sequence: i64,
    pub(in crate::store) is_marker: bool,
    /// The number of the body; 0 without one.
    pub(in crate::store) body: i64,
    /// Whether the body is made of others.
    pub(in crate::store) is_pieced: bool,
    pub(in crate::store) size: i64,
    /// The file that has the bytes, below the bucket's folder; empty if they are in no file.
    pub(in crate::store) path: String,
    record: String,
}

impl From<At<'_>> for OwnedAt {
    fn from(at: At<'_>) -> Self {
        Self {
            bucket: at.bucket.to_owned(),
            key: at.key.to_owned(),
            version_id: match at.which {
                Which::Current => None,
                Which::Version(version_id) => Some(version_id.0.clone()),
            },
        }
    }
}

impl FoundRow {
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            body: row.get(0)?,
            size: row.get::<_, i64>(1)?.cast_unsigned(),
            is_pieced: row.get(2)?,
            path: row.get(3)?,
            record: row.get(4)?,
        })
    }

    /// What is kept about the object.
    pub(in crate::store) fn to_record(&self) -> Result<ObjectRecord, StoreError> {
        from_json(&self.record)
    }
}

impl OwnedAt {
    /// The version id; `None` for the current version.
    pub(in crate::store) fn version_id(&self) -> Option<&str> {
        self.version_id.as_deref()
    }

    pub(in crate::store) fn find(&self, db: &Connection) -> Result<Option<FoundRow>, StoreError> {
        let sql = match self.version_id() {
            None => concat!(select!(), current!()),
            Some(NULL) => concat!(select!(), null!()),
            Some(_) => concat!(select!(), version!()),
        };
        let find = || {
            let mut statement = db.prepare_cached(sql)?;
            let row = statement.query_row(
                params![self.bucket, self.key, self.version_id],
                FoundRow::read,
            );
            row.optional()
        };
        find().map_err(StoreError::sqlite("find an object"))
    }

    /// The record, together with the bytes if they are in one row of `chunks` and no more than `most`.
    pub(in crate::store) fn find_with_bytes(
        &self,
        db: &Connection,
        most: u64,
    ) -> Result<Option<RowWithBytes>, StoreError> {
        let sql = match self.version_id() {
            None => concat!(select!("bytes"), current!()),
            Some(NULL) => concat!(select!("bytes"), null!()),
            Some(_) => concat!(select!("bytes"), version!()),
        };
        let most = most.cast_signed();
        let find = || {
            let mut statement = db.prepare_cached(sql)?;
            let values = params![self.bucket, self.key, self.version_id, most];
            let row = statement.query_row(values, |row| Ok((FoundRow::read(row)?, row.get(5)?)));
            row.optional()
        };
        find().map_err(StoreError::sqlite("find an object"))
    }

    /// Takes the row out, if it is there. What becomes of the body is the caller's.
    pub(in crate::store) fn take(&self, db: &Connection) -> rusqlite::Result<Option<FoundRow>> {
        let sql = match self.version_id() {
            None => concat!(
                "DELETE FROM objects WHERE bucket = ?1 AND key = ?2 AND (born, slot) =
                             (SELECT born, slot FROM objects",
                current!(),
                ") RETURNING ",
                columns!()
            ),
            Some(NULL) => concat!("DELETE FROM objects", null!(), " RETURNING ", columns!()),
            Some(_) => concat!("DELETE FROM objects", version!(), " RETURNING ", columns!()),
        };
        let mut statement = db.prepare_cached(sql)?;
        let row = statement.query_row(
            params![self.bucket, self.key, self.version_id],
            FoundRow::read,
        );
        row.optional()
    }
}

impl ObjectRow {
    pub(in crate::store) fn new(bucket: String, record: &ObjectRecord) -> Result<Self, StoreError> {
        Ok(Self {
            at: OwnedAt {
                bucket,
                key: record.key.clone(),
                version_id: Some(record.version_id.0.clone()),
            },
            sequence: record.sequence.cast_signed(),
            is_marker: record.is_delete_marker(),
            body: 0,
            is_pieced: false,
            size: record.size.cast_signed(),
            path: String::new(),
            record: to_json(record)?,
        })
    }

    /// Puts the row in, once the row with the same version id has been taken out.
    pub(in crate::store) fn insert(&self, db: &Connection) -> rusqlite::Result<()> {
        let sql = "INSERT INTO objects (bucket, key, born, slot, body, size, is_marker, is_pieced, path, record)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        db.prepare_cached(sql)?.execute(params![
            self.at.bucket,
            self.at.key,
            self.sequence,
            self.at.version_id,
            self.body,
            self.size,
            self.is_marker,
            self.is_pieced,
            self.path,
            self.record,
        ])?;
        Ok(())
    }
}

impl Catalog {
    pub(in crate::store) fn object(&self, at: At<'_>) -> Result<Option<ObjectRecord>, StoreError> {
        let at = OwnedAt::from(at);
        let row = self.reads.with(|db| at.find(db))?;
        row.map(|row| row.to_record()).transpose()
    }

    pub(in crate::store) async fn update_object(
        &self,
        bucket: String,
        record: ObjectRecord,
    ) -> Result<bool, StoreError> {
        let json = to_json(&record)?;
        let sql = match record.version_id.0.as_str() {
            NULL => concat!("UPDATE objects SET record = ?4", null!()),
            _ => concat!("UPDATE objects SET record = ?4", version!()),
        };
        let update = move |db: &Connection| {
            let row = params![bucket, record.key, record.version_id.0, json];
            Ok(db.prepare_cached(sql)?.execute(row)? == 1)
        };
        self.writes.write("update an object", update).await
    }
}
