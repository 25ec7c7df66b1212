//! Bodies in plain files: every object is a file that a person can open, edit elsewhere and put under version control.
//!
//! What is not bytes is in the `catalog`, in a hidden folder beside the objects; see `disk.rs` for the layout
//! and `path.rs` for keys that are no good as paths. What is committed there counts: a change of a file is noted in the same
//! transaction and carried out after it (`redo_log.rs`), and whoever reads in between gets the bytes from where they are then
//! (`unplaced.rs`).
//!
//! Choice: an object that comes in parts ends as one file, too. The system copies the parts into it (`copy_file_range`, which
//! shares the blocks where the file system can), so no byte goes through this process; until then they take their space twice.
//!
//! Choice: files without a record are not objects and are never touched; an object whose file was changed in size by another
//! program is reported as damaged when it is read. What another program does to the file of an object that has just been stored is
//! undone if the process is killed before the object has been settled (`checkpoint.rs`).

mod checkpoint;
mod disk;
mod path;
mod paths;
mod reader;
mod redo_log;
mod unplaced;
mod writer;

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use rusqlite::Connection;
use rusqlite::types::Type;

use super::bodies::{Bodies, BodyWriter, Found, Remains};
use super::catalog::{self, Connections, FoundRow, StoredPart};
use super::files::{Files, Place};
use super::lock;
use super::{At, Durability, Opened, Pending, StoreError};
use checkpoint::{Checkpointer, Progress};
use disk::{Disk, Fingerprint};
use unplaced::Unplaced;
use writer::FileWriter;

/// Bytes of a page of the catalog, in which no body is for long: what SQLite does if it is not told otherwise.
const PAGE: i64 = 4096;

/// The file of the catalog.
const CATALOG: &str = "catalog.sqlite";

/// Bodies in files of a folder.
#[derive(Debug)]
struct FileBodies {
    shared: Arc<Shared>,
    /// Until the store is closed.
    checkpointer: Mutex<Option<Checkpointer>>,
}

/// What bodies under way need, too.
#[derive(Debug)]
struct Shared {
    disk: Disk,
    files: Files,
    reads: Connections,
    unplaced: Unplaced,
    progress: Arc<Progress>,
    next: AtomicI64,
}

/// Opens the folder, or creates it.
pub(super) fn open(root: &Path, durability: Durability) -> Result<Opened, StoreError> {
    let disk = Disk::open(root, durability)?;
    let is_complete = disk.check_format()?;
    let lock = lock::acquire(disk.hidden(), "lock", root)?;
    disk.probe()?;
    // What remains when everything hidden is gone are folders of buckets.
    let remains = (is_complete || disk.has_buckets()?).then_some(root);
    let opened = catalog::Opened::file(disk.hidden(), CATALOG, durability, PAGE, remains)?;
    let next = begin(&opened.db).map_err(StoreError::sqlite("prepare tables"))?;
    let (progress, woken) = Progress::new();
    let (last, count, bytes) = redo_log::replay(&opened.db, &disk)?;
    let parts = staged_parts(&opened.db).map_err(StoreError::sqlite("read parts"))?;
    disk.tidy(&parts)?;
    if !is_complete {
        disk.write_format()?;
    }

    let (at_end, settled) = (disk.clone(), Arc::clone(&progress));
    let catalog = opened.start(move |db| settled.finish(&at_end, db))?;
    let checkpointer = Checkpointer::start(
        Arc::clone(&progress),
        woken,
        disk.clone(),
        catalog.reads.clone(),
        catalog.writes.clone(),
    );
    progress.advance(last, count, bytes);
    let files = Files::within_limit();
    let shared = Shared {
        disk,
        files: files.clone(),
        reads: catalog.reads.clone(),
        unplaced: Unplaced::default(),
        progress,
        next: AtomicI64::new(next),
    };
    let bodies = FileBodies {
        shared: Arc::new(shared),
        checkpointer: Mutex::new(Some(checkpointer)),
    };
    Ok(Opened {
        bodies: Arc::new(bodies),
        files: Some(files),
        catalog,
        lock: Some(lock),
    })
}

/// Looks for damage in the catalog.
pub(super) fn check(root: &Path) -> Result<Vec<String>, StoreError> {
    let disk = Disk::open(root, Durability::Full)?;
    disk.check_format()?;
    let _lock = lock::acquire(disk.hidden(), "lock", root)?;
    catalog::Opened::check(disk.hidden(), CATALOG, Some(root))
}

impl Bodies for FileBodies {
    fn stage(&self) -> Box<dyn BodyWriter> {
        Box::new(FileWriter::new(&self.shared))
    }

    fn assemble(&self, parts: Vec<StoredPart>) -> Pending<'static, Box<dyn BodyWriter>> {
        let parts = parts.into_iter().map(|part| part.body).collect();
        let assembled = FileWriter::assemble(Arc::clone(&self.shared), parts);
        async move {
            let body: Box<dyn BodyWriter> = Box::new(assembled.await?);
            Ok(body)
        }
        .boxed()
    }

    fn open(&self, at: At<'_>, place: Option<Place>) -> Result<Option<Found>, StoreError> {
        reader::open(&self.shared, at, place)
    }

    fn release(
        &self,
        db: &Connection,
        bucket: &str,
        row: &FoundRow,
        remains: &mut Remains,
    ) -> rusqlite::Result<()> {
        self.shared.vacate(db, bucket, row, remains)
    }

    fn release_part(
        &self,
        _db: &Connection,
        part: StoredPart,
        remains: &mut Remains,
    ) -> rusqlite::Result<()> {
        remains.bodies.push(part.body);
        Ok(())
    }

    fn clear(&self, remains: Remains) -> Result<(), StoreError> {
        self.shared.carry_out(remains, Ok(()), 0)
    }

    fn add_bucket(&self, name: &str) -> Result<(), StoreError> {
        self.shared.disk.add_bucket(name)
    }

    fn remove_bucket(&self, name: &str) -> Result<(), StoreError> {
        self.shared.disk.remove_bucket(name)
    }

    fn flush(&self) -> Pending<'static, ()> {
        self.shared.blocking(|shared| shared.disk.sync_all_staged())
    }

    fn close(&self) {
        let mut checkpointer = self
            .checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        drop(checkpointer.take());
    }
}

impl Shared {
    /// A number that nothing in this store has had before.
    fn number(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// In a transaction: gives up the path of an object that has gone, if it had one.
    fn vacate(
        &self,
        db: &Connection,
        bucket: &str,
        row: &FoundRow,
        remains: &mut Remains,
    ) -> rusqlite::Result<()> {
        if row.path.is_empty() {
            return Ok(());
        }
        paths::release(db, bucket, &row.path)?;
        remains.entry = self.number();
        let sum = Fingerprint::of(row)?;
        redo_log::remove(db, remains.entry, (bucket, &row.path), sum)?;
        bucket.clone_into(&mut remains.bucket);
        remains.vacated = Some(row.path.clone());
        Ok(())
    }

    /// After a commit: removes the files that the change has released, once its own file is `placed`. If something fails,
    /// it is done when the store opens again. `bytes` of the redo log belong to the change.
    fn carry_out(
        &self,
        remains: Remains,
        placed: Result<(), StoreError>,
        bytes: usize,
    ) -> Result<(), StoreError> {
        let carried_out = placed.and_then(|()| match &remains.vacated {
            Some(path) => self.disk.remove_body(&remains.bucket, path),
            None => Ok(()),
        });
        match carried_out {
            Ok(()) if remains.entry > 0 => self.progress.advance(remains.entry, 1, bytes),
            Ok(()) => {}
            Err(_) => self.progress.fail(),
        }
        for number in remains.bodies {
            self.disk.discard(number);
        }
        carried_out
    }

    /// [`Shared::blocking`] for work that opens a file, or two.
    fn with_files<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'static, T> {
        let shared = Arc::clone(self);
        async move {
            let place = shared.files.to_write().await;
            let work = move |shared: &Arc<Self>| {
                let done = work(shared);
                drop(place);
                done
            };
            shared.blocking(work).await
        }
        .boxed()
    }

    /// Runs `work` where waiting for the disk does not keep others from running. It ends even if its caller has left.
    fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'static, T> {
        let shared = Arc::clone(self);
        async move {
            let done = tokio::task::spawn_blocking(move || work(&shared)).await;
            done.map_err(|_| StoreError::Closed)?
        }
        .boxed()
    }
}

impl Fingerprint {
    /// What the file of a row should be.
    fn of(row: &FoundRow) -> rusqlite::Result<Self> {
        serde_json::from_str(&row.record).map_err(|error| {
            let column = 4;
            rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
        })
    }
}

/// Prepares the tables of this store; answers with the first of four thousand million numbers, so that no opening ever
/// gives out the numbers of another.
fn begin(db: &Connection) -> rusqlite::Result<i64> {
    db.execute_batch(&format!("BEGIN; {} COMMIT;", include_str!("schema.sql")))?;
    let sql = "UPDATE openings SET count = count + 1 RETURNING count";
    db.query_row(sql, [], |row| Ok(row.get::<_, i64>(0)? << 32))
}

/// The staged bodies that are parts of uploads.
fn staged_parts(db: &Connection) -> rusqlite::Result<HashSet<i64>> {
    let mut statement = db.prepare("SELECT body FROM parts")?;
    let bodies = statement.query_map([], |row| row.get(0))?;
    bodies.collect()
}
