//! Bodies in the database that has the catalog: a single file, or nothing but memory.
//!
//! Bodies are rows of a mebibyte. Choice: rows rather than files beside the database, because "one file" is what people copy
//! and throw away; bodies beyond some hundred megabytes are better off in plain files.

mod pins;
mod reader;
mod rows;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::FutureExt as _;
use rusqlite::Connection;

use super::bodies::{Bodies, BodyWriter, Found, Remains};
use super::catalog::{self, Connections, FoundRow, OwnedAt, StoredPart, Writes};
use super::files::Place as FilePlace;
use super::lock::{self, Lock};
use super::{At, Durability, Opened, Pending, StoreError};
use backlot_base::folder::Folder;
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

/// A database file that no other process uses from here on.
struct Place<'a> {
    folder: Folder,
    name: &'a str,
    lock: Lock,
    /// What tells that the store was complete once.
    remains: Option<PathBuf>,
}

impl<'a> Place<'a> {
    fn lock(path: &'a Path) -> Result<Self, StoreError> {
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new("."));
        let folder = Folder::create(above).map_err(StoreError::unusable(path, above))?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| StoreError::NotWritable {
            path: path.to_owned(),
            source: io::ErrorKind::InvalidFilename.into(),
        })?;
        let lock_name = format!("{name}-lock");
        let lock = lock::acquire(&folder, &lock_name, path)?;
        let is_complete = lock.is_marked().map_err(StoreError::io("read", path))?;
        let remains = is_complete.then(|| folder.path_of(lock_name));
        Ok(Self {
            folder,
            name,
            lock,
            remains,
        })
    }
}

/// Opens the database file, or creates it.
pub(super) fn open(path: &Path, durability: Durability) -> Result<Opened, StoreError> {
    let place = Place::lock(path)?;
    let remains = place.remains.as_deref();
    let opened = catalog::Opened::file(&place.folder, place.name, durability, PAGE, remains)?;
    if remains.is_none() {
        let marked = place.lock.mark();
        marked.map_err(StoreError::unusable(path, path))?;
    }
    start(opened, Some(place.lock))
}

/// Looks for damage.
pub(super) fn check(path: &Path) -> Result<Vec<String>, StoreError> {
    let place = Place::lock(path)?;
    // It exists, or there would be no reason to look.
    let remains = place.remains.as_deref().unwrap_or(path);
    catalog::Opened::check(&place.folder, place.name, Some(remains))
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
        files: None,
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

    fn open(&self, at: At<'_>, _: Option<FilePlace>) -> Result<Option<Found>, StoreError> {
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
