//! What there is: buckets with their documents, objects and uploads in one SQLite database. Where the bytes are is left to the
//! stores, which both keep their books here.
//!
//! One thread owns the connection that writes, and commits in groups ([`writer`]); reads have connections of their own
//! ([`connections`]), and the log (WAL) keeps them out of the writer's way. A database in memory has one connection only,
//! which does both. A store opens in the same time however much is in it, and no more than a few pages of it are in memory.

mod buckets;
mod change;
mod connections;
mod everything;
mod file;
mod objects;
mod pages;
mod reserve;
mod transaction;
mod uploads;
mod writer;

use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ToSql};

use super::{Durability, StoreError};
use backlot_base::folder::{Folder, Writing};
use buckets::Buckets;
pub(super) use buckets::{exists as bucket_exists, insert as insert_bucket, insert_document};
pub(super) use change::Doing;
pub(super) use connections::Connections;
pub(super) use everything::{all_objects, all_parts, forget_everything};
pub(super) use objects::{FoundRow, ObjectRow, OwnedAt};
use reserve::Reserve;
pub(super) use transaction::Transaction;
pub(super) use uploads::{
    StoredPart, end as end_upload, exists as upload_exists, find_parts, put_part,
};
use writer::Writer;
pub(super) use writer::Writes;

/// The format that this program writes: `PRAGMA user_version`.
const FORMAT: i64 = 4;

/// What makes each format out of the one before it.
const STEPS: [&str; 4] = [
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
];

/// The first format, for tests.
#[cfg(test)]
pub(super) const FIRST: &str = STEPS[0];

/// How SQLite treats files: as those of one process. Its connections then agree in memory, where others would lock bytes of
/// the file twice for each read, which is a third of what finding a row takes. The lock of a store keeps others out anyway.
const EXCLUSIVE: &std::ffi::CStr = c"unix-excl";

/// How many can read at the same time beside the one who writes.
const READERS: usize = 3;

/// How long SQLite waits for a lock; only its own checkpoints ever hold one.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// KiB of pages that a connection keeps in memory: the upper levels of the trees, also of a million objects.
const WRITER_CACHE: i64 = 2048;
const READER_CACHE: i64 = 1024;

/// Bytes of pages after which the log is carried over into the database and begun again.
const LOG: i64 = 4 << 20;

/// Bytes of the log with some more pages than that.
const LOG_SIZE: u64 = 4 << 20 | 512 << 10;

/// The database of an open store.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) writes: Writes,
    pub(super) reads: Connections,
    buckets: Buckets,
    _writer: Option<Writer>,
}

/// A database that is not in use yet, so that its store can put its own affairs in order first.
pub(super) struct Opened {
    /// Until the store starts, what it commits is in order, but may not be on disk at once.
    pub(super) db: Connection,
    /// None, if `db` is for readers as well.
    readers: Option<Vec<Connection>>,
    /// The log, if its bytes have to be on disk.
    log: Option<(Folder, String)>,
    reserve: Option<Reserve>,
    durability: Durability,
}

impl Opened {
    /// Opens the database file, or creates it; brings it to the format of this program. `page` is the page size of a new
    /// database in bytes. If something `remains` of an earlier store, there has to be a database.
    pub(super) fn file(
        folder: &Folder,
        name: &str,
        durability: Durability,
        page: i64,
        remains: Option<&Path>,
    ) -> Result<Self, StoreError> {
        let path = &file::prepare(folder, name, remains)?;
        let connect = || {
            let db = Connection::open_with_flags_and_vfs(path, file::FLAGS, EXCLUSIVE);
            db.and_then(keep_plans).map_err(StoreError::sqlite("open"))
        };
        let db = connect()?;
        check_format(&db, path, remains)?;
        let (synchronous, log) = match durability {
            Durability::Full => ("NORMAL", Some((folder.clone(), format!("{name}-wal")))),
            Durability::Relaxed => ("OFF", None),
        };
        prepare(&db, synchronous, page).map_err(StoreError::sqlite("prepare tables"))?;
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let reader = connect()?;
            prepare_reader(&reader).map_err(StoreError::sqlite("prepare a reader"))?;
            readers.push(reader);
        }
        Ok(Self {
            db,
            readers: Some(readers),
            reserve: log.as_ref().map(|_| Reserve::beside(folder, name)),
            log,
            durability,
        })
    }

    /// What SQLite finds wrong in a database file that exists; nothing is changed.
    pub(super) fn check(
        folder: &Folder,
        name: &str,
        remains: Option<&Path>,
    ) -> Result<Vec<String>, StoreError> {
        let path = &file::prepare(folder, name, remains)?;
        let db = Connection::open_with_flags_and_vfs(path, file::FLAGS, EXCLUSIVE);
        let db = db.map_err(StoreError::sqlite("open"))?;
        check_format(&db, path, remains)?;
        let check = || {
            let mut statement = db.prepare("PRAGMA quick_check")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<String>>>()
        };
        let mut found = check().map_err(StoreError::sqlite("look for damage"))?;
        found.retain(|line| line != "ok");
        Ok(found)
    }

    /// A database that is gone when the store is.
    pub(super) fn in_memory(page: i64) -> Result<Self, StoreError> {
        let db = Connection::open_in_memory().and_then(keep_plans);
        let db = db.map_err(StoreError::sqlite("open"))?;
        prepare(&db, "OFF", page).map_err(StoreError::sqlite("prepare tables"))?;
        Ok(Self {
            db,
            readers: None,
            log: None,
            reserve: None,
            durability: Durability::Relaxed,
        })
    }

    /// Lets it be used. `at_end` is run on the connection before it is closed.
    pub(super) fn start(
        self,
        at_end: impl FnOnce(&mut Connection) + Send + 'static,
    ) -> Result<Catalog, StoreError> {
        let buckets = Buckets::load(&self.db)?;
        let Some(readers) = self.readers else {
            let only = Connections::new(vec![self.db]);
            return Ok(Catalog {
                writes: Writes::Here(only.clone()),
                reads: only,
                buckets,
                _writer: None,
            });
        };
        if self.log.is_some() {
            let set = self.db.pragma_update(None, "synchronous", "FULL");
            set.map_err(StoreError::sqlite("prepare"))?;
        }
        let (log, reserve) = (self.log, self.reserve);
        let (kept, given_up) = (reserve.clone(), reserve.clone());
        let at_end = move |db: &mut Connection| {
            at_end(db);
            if let Some(reserve) = given_up {
                reserve.give_up();
            }
        };
        let at_first = move || {
            let extended = log.map_or(Ok(()), |(folder, log)| preallocate(&folder, &log));
            if let Err(error) = extended {
                tracing::warn!(%error, "the log of the object store could not be extended; writing is slower");
            }
            if let Some(reserve) = kept {
                reserve.keep();
            }
        };
        let writer = Writer::start(self.db, self.durability, reserve, at_first, at_end);
        Ok(Catalog {
            writes: writer.writes(),
            reads: Connections::new(readers),
            buckets,
            _writer: Some(writer),
        })
    }
}

impl Drop for Catalog {
    /// Readers go first: the last connection to leave tidies up, and that had better be the one that writes.
    fn drop(&mut self) {
        self.reads.close();
    }
}

/// The records that a query finds.
fn records<T: serde::de::DeserializeOwned>(
    db: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<T>, StoreError> {
    let doing = "list records";
    let mut statement = db.prepare_cached(sql).map_err(StoreError::sqlite(doing))?;
    let mut rows = statement.query(values).map_err(StoreError::sqlite(doing))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(StoreError::sqlite(doing))? {
        let text = row
            .get_ref(0)
            .and_then(|value| Ok(value.as_str()?))
            .map_err(StoreError::sqlite(doing))?;
        found.push(from_json(text)?);
    }
    Ok(found)
}

/// Refuses what is no database of ours, one of a later format, and an empty one where there has to be one.
fn check_format(db: &Connection, path: &Path, remains: Option<&Path>) -> Result<(), StoreError> {
    let unknown = |found: String| StoreError::UnknownFormat {
        path: path.to_owned(),
        found,
        known: FORMAT.to_string(),
    };
    let state = || {
        let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let tables: i64 =
            db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((version, tables))
    };
    match state() {
        Ok((1..=FORMAT, _)) => Ok(()),
        Ok((0, 0)) => match remains {
            None => Ok(()),
            Some(remains) => Err(StoreError::Gone {
                path: path.to_owned(),
                remains: remains.to_owned(),
            }),
        },
        Ok((0, _)) => Err(unknown("some other database".to_owned())),
        Ok((version, _)) => Err(unknown(version.to_string())),
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.code == rusqlite::ErrorCode::NotADatabase =>
        {
            Err(unknown("not a database".to_owned()))
        }
        Err(source) => Err(StoreError::Sqlite {
            doing: "read the format",
            source,
        }),
    }
}

/// Lets how a statement is carried out never depend on its values. SQLite would compile statements that an index for some rows
/// only could be used for again and again.
fn keep_plans(db: Connection) -> rusqlite::Result<Connection> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(db)
}

fn prepare(db: &Connection, synchronous: &str, page: i64) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.pragma_update(None, "page_size", page)?;
    db.pragma_update(None, "cache_size", -WRITER_CACHE)?;
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let page: i64 = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
    db.pragma_update_and_check(None, "wal_autocheckpoint", LOG / page, |_| Ok(()))?;
    db.pragma_update(None, "synchronous", synchronous)?;
    db.set_prepared_statement_cache_capacity(64);
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let steps = STEPS.iter().zip(1..);
    for (step, number) in steps.filter(|(_, number)| *number > version) {
        db.execute_batch(&format!(
            "BEGIN; {step} PRAGMA user_version = {number}; COMMIT;"
        ))?;
    }
    Ok(())
}

fn prepare_reader(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.pragma_update(None, "cache_size", -READER_CACHE)?;
    db.pragma_update(None, "query_only", true)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Makes the log as long as it will ever be. To flush bytes that replace others takes a fraction of the time that it takes to
/// flush a file that has grown, because the file system has nothing to write down about them.
///
/// SQLite reads its log as far as the checksums are right, so zeros at its end are no part of it. There must be no writer of the
/// database meanwhile.
fn preallocate(folder: &Folder, log: &str) -> io::Result<()> {
    let mut file = folder.write(log, Writing::Keep)?;
    let zeros = vec![0; 64 << 10];
    let mut at = file.seek(SeekFrom::End(0))?;
    while at < LOG_SIZE {
        file.write_all(&zeros)?;
        at += zeros.len() as u64;
    }
    file.sync_all()
}

pub(super) fn to_json(record: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| StoreError::Damaged {
        what: "a record".to_owned(),
        why: error.to_string(),
    })
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged {
        what: "a record".to_owned(),
        why: error.to_string(),
    })
}
