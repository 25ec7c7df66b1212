//! The store in one SQLite database: a single file, or nothing but memory. The `catalog` has everything
//! but the bytes, and these are in the same database.
//!
//! Bodies are rows of a mebibyte. Choice: rows rather than files beside the database, because "one file" is what people copy
//! and throw away; bodies beyond some hundred megabytes are better off in the store of plain files.

mod body;
mod pins;
mod uploads;

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use futures_util::FutureExt as _;
use rusqlite::Connection;

use super::catalog::{Catalog, Connections, Opened, Owned, Writes, beside};
use super::{
    At, BucketRecord, Durability, Found, Kind, Listed, ObjectRecord, Pending, Removal, Staged,
    Start, Store, StoreError,
    lock::{self, Lock},
};
use body::{Coming, Left};
use pins::Pins;

/// Bytes of a page. The bytes of a body go through the log and into the database page by page, each with its own calls to
/// the system: with pages of this size a mebibyte takes a sixth less of a processor than with half of it. Pages of twice the
/// size would save as much again, and make small changes dearer.
const PAGE: i64 = 8192;

/// Buckets and objects in one database.
#[derive(Debug)]
pub struct SqliteStore {
    kind: Kind,
    // Closed before the lock is given up.
    catalog: Catalog,
    shared: Shared,
    _lock: Option<Lock>,
}

/// What bodies under way need, too.
#[derive(Clone, Debug)]
struct Shared {
    writes: Writes,
    reads: Connections,
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
        Self::start(
            Kind::Sqlite,
            Opened::file(path, durability, PAGE)?,
            Some(lock),
        )
    }

    /// A database that is gone when the store is.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(Kind::Memory, Opened::in_memory(PAGE)?, None)
    }

    fn start(kind: Kind, opened: Opened, lock: Option<Lock>) -> Result<Self, StoreError> {
        body::sweep(&opened.db, &[]).map_err(StoreError::sqlite("remove left-over bodies"))?;
        let next = body::next(&opened.db).map_err(StoreError::sqlite("read"))?;
        let catalog = opened.start(|_| ())?;
        let shared = Shared {
            writes: catalog.writes.clone(),
            reads: catalog.reads.clone(),
            pins: Pins::default(),
            next_body: Arc::new(AtomicI64::new(next)),
        };
        Ok(Self {
            kind,
            catalog,
            shared,
            _lock: lock,
        })
    }
}

impl Store for SqliteStore {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn create_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool> {
        self.catalog.create_bucket(bucket).boxed()
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
        self.catalog.remove_bucket(name).boxed()
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
        let number = self.shared.next_body.fetch_add(1, Ordering::Relaxed);
        let coming: Box<dyn Staged> = Box::new(Coming::new(number, self.shared.clone()));
        std::future::ready(Ok(coming)).boxed()
    }

    fn object<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<ObjectRecord>> {
        std::future::ready(self.catalog.object(at)).boxed()
    }

    fn open<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<Found>> {
        let at = Owned::from(at);
        let reads = &self.shared.reads;
        let found = reads.with(|db| body::open(db, &at, &self.shared));
        std::future::ready(found).boxed()
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
        let at = Owned::from(at);
        async move {
            let remove = move |db: &Connection| {
                let taken = at.take(db)?;
                taken.map(|row| body::let_row_go(db, &row)).transpose()
            };
            let removed = self.shared.writes.write("remove an object", remove).await?;
            if removed == Some(Left::Loose) {
                self.shared.sweep();
            }
            Ok(removed.is_some())
        }
        .boxed()
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
        self.writes.write_later("remove left-over bodies", sweep);
    }
}
