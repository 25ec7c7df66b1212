//! Where buckets and objects are kept: metadata and bytes, no rules.
//!
//! A [`Store`] knows nothing of signatures, conditions, versions' semantics or listings' layout; those live above it, once.
//! It promises: a committed object is there whole or not at all; a body that is being read stays readable although its
//! object is replaced; keys come in byte order and a page costs the same in a small and in a large bucket.
//! The caller promises: no two changes of one bucket or its documents, nor of one (bucket, key) with its versions and uploads,
//! at the same time; and what is committed under a key has a greater sequence than all that is there.
//!
//! Records are in one `catalog`, a SQLite database, whatever the [`Kind`]. Stores differ in where the bytes are, and only
//! there: `bodies` is that seam, with plain files (`fs`) and rows of the database (`sqlite`), which may be in memory.
//! [`contract`] is what every kind has to pass.

mod at;
mod batch;
mod bodies;
mod buckets;
mod catalog;
mod change;
pub mod contract;
mod document;
pub mod error;
mod files;
mod fs;
pub mod listed;
mod lock;
mod objects;
mod parse;
pub mod record;
mod settings;
mod sqlite;
#[cfg(test)]
mod tests;
mod uploads;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use at::{At, Start, UploadAt, Which};
pub use batch::{Batch, Scope};
use bodies::Bodies;
pub use bodies::{Body, BodyStream, Found};
use catalog::Catalog;
pub use error::StoreError;
use files::Files;
pub use listed::Listed;
use lock::Lock;
pub use objects::Staged;
pub use record::{
    BucketRecord, Encryption, ObjectRecord, ObjectType, Octets, PartRecord, Restore, UploadRecord,
    VersionId,
};
pub use settings::{Durability, Kind, StoreSettings, UnknownKind};

/// What a store will answer.
pub type Pending<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// What a store answers at once: finding a row or a document takes microseconds, less than it takes to wake another thread.
pub type Ready<T> = std::future::Ready<Result<T, StoreError>>;

/// Bytes of a document's name at most; three times that is still a file's name.
pub const MAX_NAME: usize = 80;

/// Buckets, objects and their bodies.
#[derive(Debug)]
pub struct Store {
    kind: Kind,
    bodies: Arc<dyn Bodies>,
    /// Places for open files, if bodies are in files.
    files: Option<Files>,
    // Closed before the lock is given up.
    catalog: Catalog,
    _lock: Option<Lock>,
}

/// The parts of a store that has just been opened.
struct Opened {
    bodies: Arc<dyn Bodies>,
    files: Option<Files>,
    catalog: Catalog,
    lock: Option<Lock>,
}

/// What became of a bucket that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// There was none.
    Missing,
    /// Objects are in it; it stays.
    NotEmpty,
}

/// Opens a store and keeps others from opening it. Blocks for as long as the disk takes.
pub fn open(settings: &StoreSettings) -> Result<Arc<Store>, StoreError> {
    let (path, durability) = (&settings.path, settings.durability);
    let Opened {
        bodies,
        files,
        catalog,
        lock,
    } = match settings.kind {
        Kind::Memory => sqlite::in_memory()?,
        Kind::Sqlite => sqlite::open(path, durability)?,
        Kind::Fs => fs::open(path, durability)?,
    };
    Ok(Arc::new(Store {
        kind: settings.kind,
        bodies,
        files,
        catalog,
        _lock: lock,
    }))
}

/// Looks for damage in the database of a store that is not in use, and returns what it found: one line for each place. Blocks
/// for as long as the disk takes.
pub fn check(settings: &StoreSettings) -> Result<Vec<String>, StoreError> {
    let path = &settings.path;
    match settings.kind {
        Kind::Memory => Ok(Vec::new()),
        Kind::Sqlite => sqlite::check(path),
        Kind::Fs => fs::check(path),
    }
}

impl Store {
    /// Where bodies are kept.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.bodies.close();
    }
}
