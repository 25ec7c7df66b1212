//! The store in one SQLite database: a single file, or nothing but memory.
//!
//! One thread owns the connection that writes, and puts all changes that wait at the same time into one transaction, so that
//! a burst of small objects costs one wait for the disk. Reads have connections of their own; the log (WAL) keeps them out
//! of the writer's way. A database in memory has one connection only, which does both.
//!
//! Bodies are rows of a mebibyte. Choice: rows rather than files beside the database, because "one file" is what people copy
//! and throw away; bodies beyond some hundred megabytes are better off in the store of plain files.

mod body;
mod object;
mod pins;
mod uploads;
mod worker;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use futures_util::FutureExt as _;
use rusqlite::{Connection, OpenFlags, ToSql, params};

use super::document::Documents;
use super::{
    At, Body, BucketRecord, Durability, Kind, ObjectRecord, Pending, Removal, Staged, Start, Store,
    StoreError,
    lock::{self, Lock},
};
use body::{CHUNK, Coming, Going, whole};
use object::{Left, Owned};
use pins::Pins;
use worker::{Inbox, Worker};

/// The format that this program writes: `PRAGMA user_version`.
const FORMAT: i64 = 2;

/// What makes each format out of the one before it.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("schema-2.sql")];

/// How many threads read beside the one that writes.
const READERS: usize = 2;

/// How long SQLite waits for a lock; only its own checkpoints ever hold one.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// Buckets and objects in one database.
#[derive(Debug)]
pub struct SqliteStore {
    kind: Kind,
    shared: Shared,
    // Asked for every request, changed rarely.
    buckets: RwLock<BTreeMap<String, BucketRecord>>,
    documents: RwLock<Documents>,
    // The threads end before the lock is given up.
    _writer: Worker,
    _readers: Option<Worker>,
    _lock: Option<Lock>,
}

/// What bodies under way need, too.
#[derive(Clone, Debug)]
struct Shared {
    writes: Inbox,
    reads: Inbox,
    pins: Pins,
    next_body: Arc<AtomicI64>,
}

impl SqliteStore {
    /// Opens the database file, or creates it.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let unwritable = |source| StoreError::NotWritable {
            path: path.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        let lock = lock::acquire(&beside(path, "-lock"), path)?;
        drop(
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .map_err(unwritable)?,
        );

        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connect =
            || Connection::open_with_flags(path, flags).map_err(StoreError::sqlite("open"));
        let db = connect()?;
        check_format(&db, path)?;
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Relaxed => "OFF",
        };
        prepare(&db, synchronous).map_err(StoreError::sqlite("prepare tables"))?;
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let reader = connect()?;
            let query_only = reader.pragma_update(None, "query_only", true);
            query_only.map_err(StoreError::sqlite("prepare a reader"))?;
            reader
                .busy_timeout(BUSY_TIMEOUT)
                .map_err(StoreError::sqlite("prepare a reader"))?;
            readers.push(reader);
        }
        Self::start(Kind::Sqlite, db, Some(Worker::readers(readers)), Some(lock))
    }

    /// A database that is gone when the store is.
    pub fn in_memory() -> Result<Self, StoreError> {
        let db = Connection::open_in_memory().map_err(StoreError::sqlite("open"))?;
        prepare(&db, "OFF").map_err(StoreError::sqlite("prepare tables"))?;
        Self::start(Kind::Memory, db, None, None)
    }

    fn start(
        kind: Kind,
        db: Connection,
        readers: Option<Worker>,
        lock: Option<Lock>,
    ) -> Result<Self, StoreError> {
        body::sweep(&db, &[]).map_err(StoreError::sqlite("remove left-over bodies"))?;
        let next = db.query_row(
            "SELECT max(coalesce((SELECT max(id) >> 20 FROM chunks), 0),
                        coalesce((SELECT max(body) FROM objects), 0),
                        coalesce((SELECT max(body) FROM parts), 0),
                        coalesce((SELECT max(body) FROM pieces), 0)) + 1",
            [],
            |row| row.get::<_, i64>(0),
        );
        let next = next.map_err(StoreError::sqlite("read"))?;
        let buckets = load_buckets(&db)?;
        let documents = load_documents(&db).map_err(StoreError::sqlite("read documents"))?;
        let writer = Worker::writer(db);
        let shared = Shared {
            writes: writer.inbox(),
            reads: readers.as_ref().unwrap_or(&writer).inbox(),
            pins: Pins::default(),
            next_body: Arc::new(AtomicI64::new(next)),
        };
        Ok(Self {
            kind,
            shared,
            buckets: RwLock::new(buckets),
            documents: RwLock::new(documents),
            _writer: writer,
            _readers: readers,
            _lock: lock,
        })
    }
}

impl Store for SqliteStore {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn create_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool> {
        async move {
            let json = to_json(&bucket)?;
            let sql = "INSERT INTO buckets (name, record) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            let name = bucket.name.clone();
            let create = move |db: &Connection| Ok(db.execute(sql, params![name, json])? == 1);
            let added = self.shared.writes.write("create a bucket", create).await?;
            if added {
                let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
                buckets.insert(bucket.name.clone(), bucket);
            }
            Ok(added)
        }
        .boxed()
    }

    fn bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Option<BucketRecord>> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        let found = buckets.get(name).cloned();
        std::future::ready(Ok(found)).boxed()
    }

    fn buckets(&self) -> Pending<'_, Vec<BucketRecord>> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        let all = buckets.values().cloned().collect();
        std::future::ready(Ok(all)).boxed()
    }

    fn update_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool> {
        async move {
            let (name, json) = (bucket.name.clone(), to_json(&bucket)?);
            let sql = "UPDATE buckets SET record = ?2 WHERE name = ?1";
            let update = move |db: &Connection| Ok(db.execute(sql, params![name, json])? == 1);
            let updated = self.shared.writes.write("update a bucket", update).await?;
            if updated {
                let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
                buckets.insert(bucket.name.clone(), bucket);
            }
            Ok(updated)
        }
        .boxed()
    }

    fn remove_bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Removal> {
        async move {
            let wanted = name.to_owned();
            let remove = move |db: &Connection| {
                let sql = "SELECT EXISTS (SELECT 1 FROM objects WHERE bucket = ?1)
                        OR EXISTS (SELECT 1 FROM uploads WHERE bucket = ?1)";
                if db.query_row(sql, [&wanted], |row| row.get(0))? {
                    return Ok(Removal::NotEmpty);
                }
                db.execute("DELETE FROM documents WHERE bucket = ?1", [&wanted])?;
                let removed = db.execute("DELETE FROM buckets WHERE name = ?1", [&wanted])?;
                Ok(if removed == 0 {
                    Removal::Missing
                } else {
                    Removal::Removed
                })
            };
            let removal = self.shared.writes.write("remove a bucket", remove).await?;
            if removal == Removal::Removed {
                let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
                buckets.remove(name);
                self.documents_mut().remove_all(name);
            }
            Ok(removal)
        }
        .boxed()
    }

    fn put_document<'a>(
        &'a self,
        bucket: &'a str,
        name: &'a str,
        bytes: Bytes,
    ) -> Pending<'a, bool> {
        async move {
            let (in_bucket, named, kept) = (bucket.to_owned(), name.to_owned(), bytes.clone());
            let put = move |db: &Connection| {
                let sql = "INSERT INTO documents (bucket, name, bytes) SELECT ?1, ?2, ?3 \
                           WHERE EXISTS (SELECT 1 FROM buckets WHERE name = ?1) \
                           ON CONFLICT (bucket, name) DO UPDATE SET bytes = excluded.bytes";
                Ok(db.execute(sql, params![in_bucket, named, &kept[..]])? == 1)
            };
            let is_kept = self.shared.writes.write("keep a document", put).await?;
            if is_kept {
                self.documents_mut().put(bucket, name, bytes);
            }
            Ok(is_kept)
        }
        .boxed()
    }

    fn document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, Option<Bytes>> {
        let found = self.all_documents().get(bucket, name);
        std::future::ready(Ok(found)).boxed()
    }

    fn documents<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
    ) -> Pending<'a, Vec<(String, Bytes)>> {
        let found = self.all_documents().list(bucket, prefix);
        std::future::ready(Ok(found)).boxed()
    }

    fn remove_document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, bool> {
        async move {
            let (in_bucket, named) = (bucket.to_owned(), name.to_owned());
            let remove = move |db: &Connection| {
                let sql = "DELETE FROM documents WHERE bucket = ?1 AND name = ?2";
                Ok(db.execute(sql, params![in_bucket, named])? == 1)
            };
            let is_gone = self
                .shared
                .writes
                .write("remove a document", remove)
                .await?;
            self.documents_mut().remove(bucket, name);
            Ok(is_gone)
        }
        .boxed()
    }

    fn stage(&self) -> Pending<'_, Box<dyn Staged>> {
        let number = self.shared.next_body.fetch_add(1, Ordering::Relaxed);
        let coming: Box<dyn Staged> = Box::new(Coming::new(number, self.shared.clone()));
        std::future::ready(Ok(coming)).boxed()
    }

    fn object<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<ObjectRecord>> {
        let at = Owned::from(at);
        let look = move |db: &Connection| match at.find(db)? {
            Some(row) => from_json(&row.record).map(Some),
            None => Ok(None),
        };
        self.shared.reads.read(look).boxed()
    }

    fn open<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<(ObjectRecord, Box<dyn Body>)>> {
        let (at, shared) = (Owned::from(at), self.shared.clone());
        let open = move |db: &Connection| {
            // Small bodies are read with their record, in one view of the database.
            let view = db
                .unchecked_transaction()
                .map_err(StoreError::sqlite("read"))?;
            let shared = shared.clone();
            // While it is locked, no body is swept; so what is found can still be pinned.
            let pins = shared.pins.clone();
            let mut pinned = pins.lock();
            let Some(row) = at.find(&view)? else {
                return Ok(None);
            };
            let record = from_json::<ObjectRecord>(&row.record)?;
            let body: Box<dyn Body> = if row.size <= CHUNK && !row.is_pieced {
                drop(pinned);
                whole(&view, row.body, row.size)?
            } else {
                let pin = pinned.pin(row.body, &pins);
                drop(pinned);
                Box::new(Going::new(row.pieces(&view)?, pin, shared))
            };
            Ok(Some((record, body)))
        };
        self.shared.reads.read(open).boxed()
    }

    fn scan<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<&'a str>,
        limit: usize,
    ) -> Pending<'a, Vec<ObjectRecord>> {
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
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let scan = move |db: &Connection| records(db, &sql, params![bucket, key, limit]);
        self.shared.reads.read(scan).boxed()
    }

    fn scan_versions<'a>(
        &'a self,
        bucket: &'a str,
        from: Start<'a>,
        limit: usize,
    ) -> Pending<'a, Vec<ObjectRecord>> {
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
        let scan = move |db: &Connection| {
            let mut found = Vec::new();
            for sql in [Some(&first), goes_on.then_some(&after)]
                .into_iter()
                .flatten()
            {
                let left = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
                let more: Vec<ObjectRecord> = records(db, sql, params![bucket, key, left, born])?;
                found.extend(more);
            }
            Ok(found)
        };
        self.shared.reads.read(scan).boxed()
    }

    fn describe(&self, bucket: String, record: ObjectRecord) -> Pending<'_, bool> {
        async move {
            let json = to_json(&record)?;
            let sql = "UPDATE objects SET record = ?4 WHERE bucket = ?1 AND key = ?2 AND slot = ?3";
            let describe = move |db: &Connection| {
                let row = params![bucket, record.key, record.slot.0, json];
                Ok(db.prepare_cached(sql)?.execute(row)? == 1)
            };
            self.shared
                .writes
                .write("describe an object", describe)
                .await
        }
        .boxed()
    }

    fn remove<'a>(&'a self, at: At<'a>) -> Pending<'a, bool> {
        let at = Owned::from(at);
        async move {
            let remove = move |db: &Connection| at.remove(db);
            let removed = self.shared.writes.write("remove an object", remove).await?;
            if removed == Some(Left::Loose) {
                self.shared.sweep();
            }
            Ok(removed.is_some())
        }
        .boxed()
    }
}

impl SqliteStore {
    fn all_documents(&self) -> RwLockReadGuard<'_, Documents> {
        self.documents
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn documents_mut(&self) -> RwLockWriteGuard<'_, Documents> {
        self.documents
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Has bodies removed that nobody refers to and nobody reads.
    fn sweep(&self) {
        let pins = self.pins.clone();
        let sweep = move |db: &Connection| {
            let pinned = pins.lock();
            body::sweep(db, &pinned.all())
        };
        // A store that is closed sweeps when it is opened again.
        self.writes.write_later("remove left-over bodies", sweep);
    }
}

/// The records that a query finds.
fn records<T: serde::de::DeserializeOwned>(
    db: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<T>, StoreError> {
    let rows = || {
        let mut statement = db.prepare_cached(sql)?;
        let rows = statement.query_map(values, |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let rows = rows().map_err(StoreError::sqlite("list records"))?;
    rows.iter().map(|row| from_json(row)).collect()
}

fn check_format(db: &Connection, path: &Path) -> Result<(), StoreError> {
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
        Ok((1..=FORMAT, _) | (0, 0)) => Ok(()),
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

fn prepare(db: &Connection, synchronous: &str) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", synchronous)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let steps = STEPS.iter().zip(1..);
    for (step, number) in steps.filter(|(_, number)| *number > version) {
        db.execute_batch(&format!(
            "BEGIN; {step} PRAGMA user_version = {number}; COMMIT;"
        ))?;
    }
    Ok(())
}

fn load_buckets(db: &Connection) -> Result<BTreeMap<String, BucketRecord>, StoreError> {
    let rows = || {
        let mut statement = db.prepare("SELECT record FROM buckets")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let rows = rows().map_err(StoreError::sqlite("read buckets"))?;
    let records = rows.iter().map(|row| {
        let record: BucketRecord = from_json(row)?;
        Ok((record.name.clone(), record))
    });
    records.collect()
}

fn load_documents(db: &Connection) -> rusqlite::Result<Documents> {
    let mut statement = db.prepare("SELECT bucket, name, bytes FROM documents")?;
    let mut rows = statement.query([])?;
    let mut documents = Documents::default();
    while let Some(row) = rows.next()? {
        let (bucket, name): (String, String) = (row.get(0)?, row.get(1)?);
        documents.put(&bucket, &name, row.get::<_, Vec<u8>>(2)?.into());
    }
    Ok(documents)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn to_json(record: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| StoreError::Damaged {
        what: "a record".to_owned(),
        why: error.to_string(),
    })
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged {
        what: "a record".to_owned(),
        why: error.to_string(),
    })
}
