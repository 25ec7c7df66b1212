//! Bodies in the database that has the catalog: a single file, or nothing but memory.
//!
//! Bodies are rows of a mebibyte. Choice: rows rather than files beside the database, because "one file" is what people copy
//! and throw away; bodies beyond some hundred megabytes are better off in plain files.

mod pins;
mod reader;
mod rows;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::FutureExt as _;
use rusqlite::Connection;

use super::bodies::{Bodies, BodyWriter, Found, Remains};
use super::catalog::{self, Connections, FoundRow, OwnedAt, StoredPart, Writes, beside};
use super::lock::{self, Lock};
use super::{At, Durability, Opened, Pending, StoreError};
use pins::Pins;
use writer::RowWriter;

/// Bytes of a page. The bytes of a body go through the log and into the database page by page, each with its own calls to
/// the system: with pages of this size a mebibyte takes a sixth less of a processor than with half of it. Pages of twice the
/// size would save as much again, and make small changes dearer.
const PAGE: i64 = 8192;

/// Bodies in rows of the database.
#[derive(Debug)]
struct RowBodies(Arc<Shared>);

/// What bodies under way need, too.
#[derive(Debug)]
struct Shared {
    writes: Writes,
    reads: Connections,
    pins: Pins,
    next_body: AtomicI64,
}

/// Opens the database file, or creates it.
pub(super) fn open(path: &Path, durability: Durability) -> Result<Opened, StoreError> {
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
    start(catalog::Opened::file(path, durability, PAGE)?, Some(lock))
}

/// A database that is gone when the store is.
pub(super) fn in_memory() -> Result<Opened, StoreError> {
    start(catalog::Opened::in_memory(PAGE)?, None)
}

fn start(opened: catalog::Opened, lock: Option<Lock>) -> Result<Opened, StoreError> {
    rows::sweep(&opened.db, &[]).map_err(StoreError::sqlite("remove left-over bodies"))?;
    let next = rows::next(&opened.db).map_err(StoreError::sqlite("read"))?;
    let catalog = opened.start(|_| ())?;
    let shared = Shared {
        writes: catalog.writes.clone(),
        reads: catalog.reads.clone(),
        pins: Pins::default(),
        next_body: AtomicI64::new(next),
    };
    Ok(Opened {
        bodies: Arc::new(RowBodies(Arc::new(shared))),
        catalog,
        lock,
    })
}

impl Bodies for RowBodies {
    fn stage(&self) -> Box<dyn BodyWriter> {
        Box::new(RowWriter::new(&self.0))
    }

    /// The parts stay in their rows, and the body refers to them.
    fn assemble(&self, parts: Vec<StoredPart>) -> Pending<'static, Box<dyn BodyWriter>> {
        let body: Box<dyn BodyWriter> = Box::new(RowWriter::assembled(&self.0, parts));
        std::future::ready(Ok(body)).boxed()
    }

    fn open(&self, at: At<'_>) -> Result<Option<Found>, StoreError> {
        let at = OwnedAt::from(at);
        self.0.reads.with(|db| reader::open(db, &at, &self.0))
    }

    fn release(
        &self,
        db: &Connection,
        _bucket: &str,
        row: &FoundRow,
        remains: &mut Remains,
    ) -> rusqlite::Result<()> {
        rows::release(db, row, remains)
    }

    fn release_part(
        &self,
        db: &Connection,
        part: StoredPart,
        remains: &mut Remains,
    ) -> rusqlite::Result<()> {
        rows::release_body(db, part.body, rows::is_large(part.size), remains)
    }

    fn clear(&self, remains: Remains) -> Result<(), StoreError> {
        self.0.clear(&remains);
        Ok(())
    }
}

impl Shared {
    /// A number that no body has had before.
    fn number(&self) -> i64 {
        self.next_body.fetch_add(1, Ordering::Relaxed)
    }

    /// Removes what a change has left behind.
    fn clear(&self, remains: &Remains) {
        if !remains.bodies.is_empty() {
            self.sweep();
        }
    }

    /// Has bodies removed to which nothing refers and which are not being read.
    fn sweep(&self) {
        let pins = self.pins.clone();
        let sweep = move |db: &Connection| {
            let pinned = pins.lock();
            rows::sweep(db, &pinned.all())
        };
        self.writes.write_later("remove left-over bodies", sweep);
    }
}
