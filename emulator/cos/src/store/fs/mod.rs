//! The store of plain files: every object is a file that a person can open, edit elsewhere and put under version control.
//!
//! What is not bytes is in the `catalog`, in a hidden folder beside the objects; see `disk.rs` for the layout
//! and `path.rs` for keys that are no good as paths. What is committed there counts: a change of a file is noted in the same
//! transaction and carried out after it (`notes.rs`), and whoever reads in between gets the bytes from where they are then
//! (`arriving.rs`).
//!
//! Choice: an object that comes in parts ends as one file, too. The system copies the parts into it (`copy_file_range`, which
//! shares the blocks where the file system can), so no byte goes through this process; until then they take their space twice.
//!
//! Choice: files without a record are not objects and are never touched; an object whose file was changed in size by somebody
//! else is reported as damaged when it is read. What somebody else does to the file of an object that has just been stored is
//! undone if the process is killed before the object has been settled (`settle.rs`).

mod arriving;
mod body;
mod change;
mod claims;
mod disk;
mod notes;
mod path;
mod settle;
mod uploads;

use std::collections::HashSet;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use futures_util::FutureExt as _;
use rusqlite::Connection;

use super::catalog::{Catalog, Connections, Opened, Writes};
use super::{
    At, BucketRecord, Durability, Found, Kind, Listed, ObjectRecord, Pending, Removal, Staged,
    Start, Store, StoreError,
    lock::{self, Lock},
};
use arriving::{Arriving, Source};
use body::Coming;
use disk::Disk;
use settle::{Progress, Settler};

/// Bytes of a page of the catalog, in which no body is for long: what SQLite does if it is not told otherwise.
const PAGE: i64 = 4096;

/// Buckets and objects in a folder.
#[derive(Debug)]
pub struct FsStore {
    inner: Arc<Inner>,
    // What is dropped first ends first; the lock is given up last.
    _settler: Settler,
    catalog: Catalog,
    _lock: Lock,
}

/// What changes and bodies under way need, too.
#[derive(Debug)]
struct Inner {
    disk: Disk,
    writes: Writes,
    reads: Connections,
    arriving: Arriving,
    progress: Arc<Progress>,
    next: AtomicI64,
}

impl FsStore {
    /// Opens the folder, or creates it.
    pub fn open(root: &Path, durability: Durability) -> Result<Self, StoreError> {
        let mut disk = Disk::new(root, durability);
        disk.check_format()?;
        let created = std::fs::create_dir_all(disk.hidden());
        created.map_err(|source| StoreError::NotWritable {
            path: root.to_owned(),
            source,
        })?;
        let lock = lock::acquire(&disk.lock_file(), root)?;
        disk.prepare()?;
        disk.take_hold()?;
        let opened = Opened::file(&disk.catalog_file(), durability, PAGE)?;
        let next = begin(&opened.db).map_err(StoreError::sqlite("prepare tables"))?;
        let (progress, woken) = Progress::new();
        let (last, count, bytes) = notes::replay(&opened.db, &disk)?;
        let parts = staged_parts(&opened.db).map_err(StoreError::sqlite("read parts"))?;
        disk.tidy(&parts)?;

        let (at_end, settled) = (disk.clone(), Arc::clone(&progress));
        let catalog = opened.start(move |db| settled.finish(&at_end, db))?;
        let settler = Settler::start(
            Arc::clone(&progress),
            woken,
            disk.clone(),
            catalog.reads.clone(),
            catalog.writes.clone(),
        );
        progress.advance(last, count, bytes);
        let inner = Inner {
            disk,
            writes: catalog.writes.clone(),
            reads: catalog.reads.clone(),
            arriving: Arriving::default(),
            progress,
            next: AtomicI64::new(next),
        };
        Ok(Self {
            inner: Arc::new(inner),
            _settler: settler,
            catalog,
            _lock: lock,
        })
    }
}

impl Store for FsStore {
    fn kind(&self) -> Kind {
        Kind::Fs
    }

    fn create_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool> {
        async move {
            let name = bucket.name.clone();
            let added = self.catalog.create_bucket(bucket).await?;
            if added {
                self.inner.disk.add_bucket(&name)?;
            }
            Ok(added)
        }
        .boxed()
    }

    fn bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Arc<BucketRecord>>> {
        std::future::ready(Ok(self.catalog.bucket(name))).boxed()
    }

    fn buckets(&self) -> Pending<'_, Vec<BucketRecord>> {
        std::future::ready(Ok(self.catalog.buckets())).boxed()
    }

    fn update_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool> {
        self.catalog.update_bucket(bucket).boxed()
    }

    fn remove_bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Removal> {
        async move {
            let removal = self.catalog.remove_bucket(name).await?;
            if removal == Removal::Removed {
                self.inner.disk.remove_bucket(name)?;
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
        self.catalog.put_document(bucket, name, bytes).boxed()
    }

    fn document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, Option<Bytes>> {
        std::future::ready(Ok(self.catalog.document(bucket, name))).boxed()
    }

    fn documents<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
    ) -> Pending<'a, Vec<(String, Bytes)>> {
        std::future::ready(Ok(self.catalog.documents(bucket, prefix))).boxed()
    }

    fn remove_document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, bool> {
        self.catalog.remove_document(bucket, name).boxed()
    }

    fn stage(&self) -> Pending<'_, Box<dyn Staged>> {
        let number = self.inner.number();
        let coming: Box<dyn Staged> = Box::new(Coming::new(number, Arc::clone(&self.inner)));
        std::future::ready(Ok(coming)).boxed()
    }

    fn object<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<ObjectRecord>> {
        std::future::ready(self.catalog.object(at)).boxed()
    }

    fn open<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<Found>> {
        std::future::ready(self.inner.open(at)).boxed()
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<&'a str>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>> {
        self.catalog.list(bucket, from, limit)
    }

    fn list_versions<'a>(
        &'a self,
        bucket: &'a str,
        from: Start<'a>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>> {
        self.catalog.versions(bucket, from, limit)
    }

    fn scan_versions<'a>(
        &'a self,
        bucket: &'a str,
        from: Start<'a>,
        limit: usize,
    ) -> Pending<'a, Vec<ObjectRecord>> {
        self.catalog.versions(bucket, from, limit)
    }

    fn describe(&self, bucket: String, record: ObjectRecord) -> Pending<'_, bool> {
        self.catalog.describe(bucket, record).boxed()
    }

    fn remove<'a>(&'a self, at: At<'a>) -> Pending<'a, bool> {
        self.inner.remove(at).boxed()
    }
}

impl Inner {
    /// A number that nothing in this store has had before.
    fn number(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Runs `work` where waiting for the disk does not keep others from running. It ends even if nobody waits for it.
    fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'static, T> {
        let inner = Arc::clone(self);
        async move {
            let done = tokio::task::spawn_blocking(move || work(&inner)).await;
            done.map_err(|_| StoreError::Closed)?
        }
        .boxed()
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
