//! Where buckets and objects are kept: metadata and bytes, no rules.
//!
//! A [`Store`] knows nothing of signatures, conditions, versions' semantics or listings' layout; those live above it, once.
//! It promises: a committed object is there whole or not at all; a body that is being read stays readable although its
//! object is replaced; keys come in byte order and a page costs the same in a small and in a large bucket.
//! The caller promises: no two changes of one bucket or its documents, nor of one (bucket, key) with its versions and uploads,
//! at the same time; and what is committed under a key is born after all that is there.
//!
//! Two implementations: plain files ([`fs`]) and one SQLite database ([`sqlite`]), which also serves from memory. Both keep
//! their books in a `catalog`, a SQLite database; they differ in where the bytes are.
//! [`contract`] is what both have to pass.

mod catalog;
pub mod contract;
mod document;
pub mod error;
pub mod fs;
pub mod listed;
mod lock;
mod parse;
pub mod record;
pub mod sqlite;
pub mod uploads;

use std::fmt;
use std::io;
use std::ops::{Bound, Range};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt as _};

pub use error::StoreError;
pub use listed::Listed;
pub use record::{
    BucketRecord, Encryption, Nature, ObjectRecord, Octets, PartRecord, Restore, Slot, UploadRecord,
};
pub use uploads::{UploadAt, Uploads};

/// What a store will answer.
pub type Pending<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The record of an object together with exactly the body that belongs to it.
pub type Found = (ObjectRecord, Box<dyn Body>);

/// Bytes of a body, in order.
pub type BodyStream = BoxStream<'static, io::Result<Bytes>>;

/// Bytes of a document's name at most; three times that is still a file's name.
pub const MAX_NAME: usize = 80;

/// Buckets, objects and their bodies.
pub trait Store: Uploads + fmt::Debug + Send + Sync {
    /// Which implementation it is.
    fn kind(&self) -> Kind;

    /// Adds a bucket; `false` if there is one of this name.
    fn create_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool>;

    /// The bucket of this name. Records of buckets stay in memory, as every request asks for one.
    fn bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Arc<BucketRecord>>>;

    /// All buckets by name.
    fn buckets(&self) -> Pending<'_, Vec<BucketRecord>>;

    /// Replaces the record of a bucket; `false` if it is not there.
    fn update_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool>;

    /// Removes a bucket, unless objects or uploads are in it.
    fn remove_bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Removal>;

    /// Keeps a small document of a bucket under a name, in place of an earlier one, and returns when that will survive what
    /// the store's [`Durability`] promises. `false` if the bucket is not there. A bucket takes its documents with it.
    ///
    /// Documents stay in memory, so reading one costs no disk. Names have at most [`MAX_NAME`] bytes.
    fn put_document<'a>(
        &'a self,
        bucket: &'a str,
        name: &'a str,
        bytes: Bytes,
    ) -> Pending<'a, bool>;

    /// The document of this name.
    fn document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, Option<Bytes>>;

    /// The documents of a bucket whose names begin with `prefix`, in byte order of names.
    fn documents<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
    ) -> Pending<'a, Vec<(String, Bytes)>>;

    /// Removes a document; `false` if there was none.
    fn remove_document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, bool>;

    /// Begins a body. It belongs to nothing until it is committed, and is gone if it is dropped before.
    fn stage(&self) -> Pending<'_, Box<dyn Staged>>;

    /// The record of an object.
    fn object<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<ObjectRecord>>;

    /// An object with its body.
    fn open<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<Found>>;

    /// At most `limit` current objects of a bucket in byte order of keys, beginning at `from`; keys that are gone for a delete
    /// marker are left out. Empty without a bucket.
    fn list<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<&'a str>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>>;

    /// At most `limit` versions and delete markers in byte order of keys, the newest of a key first.
    fn list_versions<'a>(
        &'a self,
        bucket: &'a str,
        from: Start<'a>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>>;

    /// The same as whole records.
    fn scan_versions<'a>(
        &'a self,
        bucket: &'a str,
        from: Start<'a>,
        limit: usize,
    ) -> Pending<'a, Vec<ObjectRecord>>;

    /// Replaces the record of the version at (`record.key`, `record.slot`), which keeps its body; `false` if it is not there.
    fn describe(&self, bucket: String, record: ObjectRecord) -> Pending<'_, bool>;

    /// Removes an object for good; `false` if it was not there.
    fn remove<'a>(&'a self, at: At<'a>) -> Pending<'a, bool>;
}

/// A body on its way in. Dropping it discards it.
pub trait Staged: Send {
    /// Takes the next bytes. Memory stays bounded however many come.
    fn write(&mut self, chunk: Bytes) -> Pending<'_, ()>;

    /// All bytes have come; none may be written after it. What has to be done about them whatever they are for is done now: a
    /// large body is brought to the disk while its digests are still being taken. Without it, committing does so.
    fn end(&mut self) -> Pending<'_, ()>;

    /// Makes body and record the object at (`bucket`, `record.key`, `record.slot`), in one step, and returns when that will
    /// survive what the store's [`Durability`] promises. `false`, and nothing is kept, if the bucket is not there.
    fn commit(self: Box<Self>, bucket: String, record: ObjectRecord) -> Pending<'static, bool>;

    /// Makes the body a part of an upload, instead of the one that has the same number. `false` if there is no such upload.
    fn commit_part(self: Box<Self>, upload: UploadAt, part: PartRecord) -> Pending<'static, bool>;
}

/// A body on its way out. It stays what it was when it was opened.
pub trait Body: Send {
    /// The bytes of `range`, if they are in memory already.
    fn at_hand(&self, _range: &Range<u64>) -> Option<Bytes> {
        None
    }

    /// The bytes of `range`, which must lie within the body.
    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream;
}

/// The bytes of `range`; `None` if it does not lie within the body.
fn part(whole: &Bytes, range: &Range<u64>) -> Option<Bytes> {
    let start = usize::try_from(range.start).ok()?;
    let end = usize::try_from(range.end).ok()?;
    (start <= end && end <= whole.len()).then(|| whole.slice(start..end))
}

/// The same as a stream.
fn stream_whole(whole: &Bytes, range: &Range<u64>) -> BodyStream {
    let outside = || io::Error::other("the range is not within the body");
    stream::once(std::future::ready(part(whole, range).ok_or_else(outside))).boxed()
}

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<'a> {
    /// The bucket's full name.
    pub bucket: &'a str,
    /// The key, without the slash that separates it from the host.
    pub key: &'a str,
    /// Which version of the key.
    pub which: Which<'a>,
}

/// Which version of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// The newest one, which may be a delete marker.
    Current,
    /// The one in this slot.
    Slot(&'a Slot),
}

/// Where a scan of versions begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// At a key, or after it.
    Key(Bound<&'a str>),
    /// Within a key, with versions older than this; then the keys after it.
    Older(&'a str, u64),
}

impl<'a> At<'a> {
    /// The current version of a key.
    pub fn current(bucket: &'a str, key: &'a str) -> Self {
        Self {
            bucket,
            key,
            which: Which::Current,
        }
    }

    /// The version of a key in a slot.
    pub fn slot(bucket: &'a str, key: &'a str, slot: &'a Slot) -> Self {
        Self {
            bucket,
            key,
            which: Which::Slot(slot),
        }
    }
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

/// Which implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing on disk.
    Memory,
    /// One database file.
    Sqlite,
    /// Plain files.
    Fs,
}

/// What an acknowledged change survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A loss of power.
    #[default]
    Full,
    /// The end of the process, but not of the machine.
    Relaxed,
}

/// Which store to open, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Which implementation.
    pub kind: Kind,
    /// The database file, or the folder of the plain files. Not used by [`Kind::Memory`].
    pub path: PathBuf,
    /// What acknowledged changes survive.
    pub durability: Durability,
}

impl StoreSettings {
    /// A store that forgets everything.
    pub fn memory() -> Self {
        Self {
            kind: Kind::Memory,
            path: PathBuf::new(),
            durability: Durability::Relaxed,
        }
    }
}

/// Opens a store and keeps others from opening it. Blocks for as long as the disk takes.
pub fn open(settings: &StoreSettings) -> Result<Arc<dyn Store>, StoreError> {
    let (path, durability) = (&settings.path, settings.durability);
    Ok(match settings.kind {
        Kind::Memory => Arc::new(sqlite::SqliteStore::in_memory()?),
        Kind::Sqlite => Arc::new(sqlite::SqliteStore::open(path, durability)?),
        Kind::Fs => Arc::new(fs::FsStore::open(path, durability)?),
    })
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Fs => "fs",
        })
    }
}

/// Not the name of a store.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a store; there are `memory`, `sqlite` and `fs`")]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        match text {
            "memory" => Ok(Self::Memory),
            "sqlite" => Ok(Self::Sqlite),
            "fs" => Ok(Self::Fs),
            other => Err(UnknownKind(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{bucket, check, pattern, put, read};

    fn settings(kind: Kind, folder: &tempfile::TempDir) -> StoreSettings {
        StoreSettings {
            kind,
            path: match kind {
                Kind::Sqlite => folder.path().join("data/objects.sqlite"),
                _ => folder.path().join("data"),
            },
            durability: Durability::Relaxed,
        }
    }

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        check(open(&StoreSettings::memory()).unwrap())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn files_and_databases_keep_the_contract() {
        for kind in [Kind::Fs, Kind::Sqlite] {
            for durability in [Durability::Relaxed, Durability::Full] {
                let folder = tempfile::tempdir().unwrap();
                let settings = StoreSettings {
                    durability,
                    ..settings(kind, &folder)
                };
                check(open(&settings).unwrap()).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn what_was_stored_is_there_when_the_store_opens_again() {
        for kind in [Kind::Fs, Kind::Sqlite] {
            let folder = tempfile::tempdir().unwrap();
            let settings = settings(kind, &folder);
            let large = pattern(2_500_000);
            {
                let store = open(&settings).unwrap();
                assert!(store.create_bucket(bucket("b-1")).await.unwrap());
                for key in contract::HOSTILE_KEYS {
                    assert!(put(&*store, "b-1", key, key.as_bytes(), 9).await.unwrap());
                }
                assert!(put(&*store, "b-1", "large", &large, 1 << 20).await.unwrap());
                for name in ["cors", "inventory/A.b", "gone"] {
                    let bytes = name.to_owned().into();
                    assert!(store.put_document("b-1", name, bytes).await.unwrap());
                }
                assert!(store.remove_document("b-1", "gone").await.unwrap());
                let mut staged = store.stage().await.unwrap();
                staged.write(large.clone().into()).await.unwrap();
                // As if the process had ended in the middle of an upload.
                if kind == Kind::Sqlite {
                    std::mem::forget(staged);
                }
            }
            let store = open(&settings).unwrap();
            assert_eq!(store.buckets().await.unwrap(), [bucket("b-1")]);
            let documents = store.documents("b-1", "").await.unwrap();
            let kept = ["cors", "inventory/A.b"];
            assert_eq!(documents, kept.map(|name| (name.to_owned(), name.into())));
            for key in contract::HOSTILE_KEYS {
                let (_, body) = read(&*store, "b-1", key, None).await.unwrap().unwrap();
                assert_eq!(body, key.as_bytes());
            }
            let (_, body) = read(&*store, "b-1", "large", None).await.unwrap().unwrap();
            assert!(body == large);
            assert!(put(&*store, "b-1", "new", &large, 1 << 20).await.unwrap());
            let (_, body) = read(&*store, "b-1", "large", None).await.unwrap().unwrap();
            assert!(body == large, "new bodies do not get old numbers");
        }
    }

    #[tokio::test]
    async fn a_second_opener_is_refused_until_the_first_has_gone() {
        for kind in [Kind::Fs, Kind::Sqlite] {
            let folder = tempfile::tempdir().unwrap();
            let settings = settings(kind, &folder);
            let first = open(&settings).unwrap();
            let error = open(&settings).unwrap_err();
            assert!(
                matches!(&error, StoreError::Busy { path } if *path == settings.path),
                "{error}"
            );
            assert!(error.to_string().contains("in use by another process"));
            drop(first);
            open(&settings).unwrap();
        }
    }

    #[test]
    fn an_unknown_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let fs = settings(Kind::Fs, &folder);
        drop(open(&fs).unwrap());
        for other in ["backlot objects 1", "backlot objects 9"] {
            std::fs::write(fs.path.join(".backlot/format"), format!("{other}\n")).unwrap();
            let error = open(&fs).unwrap_err().to_string();
            assert!(error.contains(&format!("`{other}`")), "{error}");
        }

        let sqlite = StoreSettings {
            path: folder.path().join("x.sqlite"),
            ..settings(Kind::Sqlite, &folder)
        };
        drop(open(&sqlite).unwrap());
        let db = rusqlite::Connection::open(&sqlite.path).unwrap();
        db.pragma_update(None, "user_version", 9).unwrap();
        drop(db);
        let error = open(&sqlite).unwrap_err().to_string();
        assert!(error.contains("the format `9`"), "{error}");
        std::fs::write(&sqlite.path, "this is a text file, not a database at all").unwrap();
        let error = open(&sqlite).unwrap_err().to_string();
        assert!(error.contains("not a database"), "{error}");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        // A path below a file cannot be created by anybody, not even by root.
        let mut places = vec![
            (Kind::Fs, file.join("data")),
            (Kind::Sqlite, file.join("x.sqlite")),
        ];
        if cfg!(target_os = "linux") {
            // Nor can anything below the kernel's own folders.
            places.push((Kind::Fs, "/sys/kernel/backlot".into()));
            places.push((Kind::Fs, "/sys/kernel".into()));
            places.push((Kind::Sqlite, "/sys/kernel/x.sqlite".into()));
        }
        for (kind, path) in places {
            let settings = StoreSettings {
                kind,
                path,
                durability: Durability::Full,
            };
            let error = open(&settings).unwrap_err();
            assert!(
                matches!(&error, StoreError::NotWritable { .. }),
                "{error:?}"
            );
            assert!(error.to_string().contains("make the folder writable"));
        }
    }

    #[tokio::test]
    async fn objects_are_files_that_a_person_can_open() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(Kind::Fs, &folder);
        let store = open(&settings).unwrap();
        store.create_bucket(bucket("b-1")).await.unwrap();
        put(&*store, "b-1", "in/照片.json", b"{}", 9).await.unwrap();
        let file = settings.path.join("b-1/in/照片.json");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}");
        std::fs::write(settings.path.join("b-1/mine"), "mine").unwrap();
        put(&*store, "b-1", "mine", b"object", 9).await.unwrap();
        put(&*store, "b-1", "mine/below", b"object", 9)
            .await
            .unwrap();
        assert_eq!(
            std::fs::read_to_string(settings.path.join("b-1/mine")).unwrap(),
            "mine"
        );
        std::fs::write(&file, "longer").unwrap();
        let error = read(&*store, "b-1", "in/照片.json", None)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error}");
    }

    #[tokio::test]
    async fn a_database_of_the_first_format_is_brought_up() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(Kind::Sqlite, &folder);
        std::fs::create_dir_all(settings.path.parent().unwrap()).unwrap();
        let db = rusqlite::Connection::open(&settings.path).unwrap();
        db.execute_batch(catalog::FIRST).unwrap();
        db.pragma_update(None, "user_version", 1).unwrap();
        let old = contract::record("key", b"old");
        let json = |record: &ObjectRecord| serde_json::to_string(record).unwrap();
        let named = serde_json::to_string(&bucket("b-1")).unwrap();
        db.execute("INSERT INTO buckets VALUES ('b-1', ?1)", [named])
            .unwrap();
        db.execute(
            "INSERT INTO objects VALUES ('b-1', 'key', 'null', 1, 3, ?1)",
            [json(&old)],
        )
        .unwrap();
        db.execute("INSERT INTO chunks VALUES (1 << 20, ?1)", [b"old"])
            .unwrap();
        drop(db);
        let store = open(&settings).unwrap();
        let found = read(&*store, "b-1", "key", None).await.unwrap();
        assert_eq!(found, Some((old, b"old".to_vec())));
        put(&*store, "b-1", "key", b"new", 9).await.unwrap();
        let listed = store.list("b-1", Bound::Unbounded, 9).await.unwrap();
        assert_eq!(listed, [contract::record("key", b"new").into()]);
    }
}
