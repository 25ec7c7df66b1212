//! The store of plain files: every object is a file that a person can open, edit elsewhere and put under version control.
//!
//! What is not bytes is kept beside them in a hidden folder; see `disk.rs` for the layout and for how changes survive a crash,
//! and `path.rs` for keys that are no good as paths. Which objects there are is read once, when the store opens, and kept in
//! memory, so listings touch no disk.
//!
//! Choice: an object that comes in parts ends as one file, too. The system copies the parts into it (`copy_file_range`, which
//! shares the blocks where the file system can), so no byte goes through this process; until then they take their space twice.
//!
//! Choice: files without a record are not objects and are never touched; an object whose file was changed in size by somebody
//! else is reported as damaged when it is read.

mod body;
mod disk;
mod index;
mod path;
mod uploads;

use std::fs::File;
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt as _;

use super::{
    At, Body, BucketRecord, Durability, Kind, ObjectRecord, Pending, Removal, Slot, Staged, Start,
    Store, StoreError, Which,
    lock::{self, Lock},
};
use body::{Coming, Going};
use disk::{Disk, Moved};
use index::{Bucket, Entry, Index};

/// Buckets and objects in a folder.
#[derive(Debug)]
pub struct FsStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    disk: Disk,
    // Held while files get their names, so that a record and the bytes under its path always belong together. Never held
    // while waiting for the disk.
    index: Mutex<Index>,
    next: AtomicU64,
    _lock: Lock,
}

impl FsStore {
    /// Opens the folder, or creates it.
    pub fn open(root: &Path, durability: Durability) -> Result<Self, StoreError> {
        let disk = Disk::new(root, durability);
        disk.check_format()?;
        let created = std::fs::create_dir_all(disk.hidden());
        created.map_err(|source| StoreError::NotWritable {
            path: root.to_owned(),
            source,
        })?;
        let lock = lock::acquire(&disk.lock_file(), root)?;
        disk.prepare()?;
        disk.recover()?;
        let index = disk.load()?;
        let inner = Inner {
            disk,
            index: Mutex::new(index),
            next: AtomicU64::new(0),
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

impl Store for FsStore {
    fn kind(&self) -> Kind {
        Kind::Fs
    }

    fn create_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool> {
        self.inner.blocking(move |inner| {
            if inner.index().buckets.contains_key(&bucket.name) {
                return Ok(false);
            }
            inner.disk.add_bucket(&bucket)?;
            let name = bucket.name.clone();
            inner.index().buckets.insert(name, Bucket::new(bucket));
            Ok(true)
        })
    }

    fn bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Option<BucketRecord>> {
        let index = self.inner.index();
        let found = index.buckets.get(name).map(|bucket| bucket.record.clone());
        std::future::ready(Ok(found)).boxed()
    }

    fn buckets(&self) -> Pending<'_, Vec<BucketRecord>> {
        let index = self.inner.index();
        let all = index.buckets.values().map(|bucket| bucket.record.clone());
        std::future::ready(Ok(all.collect())).boxed()
    }

    fn update_bucket(&self, bucket: BucketRecord) -> Pending<'_, bool> {
        self.inner.blocking(move |inner| {
            if !inner.index().buckets.contains_key(&bucket.name) {
                return Ok(false);
            }
            inner.disk.update_bucket(&bucket)?;
            if let Some(found) = inner.index().buckets.get_mut(&bucket.name) {
                found.record = bucket;
            }
            Ok(true)
        })
    }

    fn remove_bucket<'a>(&'a self, name: &'a str) -> Pending<'a, Removal> {
        let name = name.to_owned();
        self.inner.blocking(move |inner| {
            let mut index = inner.index();
            match index.buckets.get(&name) {
                None => Ok(Removal::Missing),
                Some(bucket) if !bucket.is_empty() => Ok(Removal::NotEmpty),
                Some(_) => {
                    inner.disk.remove_bucket(&name)?;
                    index.buckets.remove(&name);
                    index.documents.remove_all(&name);
                    Ok(Removal::Removed)
                }
            }
        })
    }

    fn put_document<'a>(
        &'a self,
        bucket: &'a str,
        name: &'a str,
        bytes: Bytes,
    ) -> Pending<'a, bool> {
        let (bucket, name) = (bucket.to_owned(), name.to_owned());
        self.inner.blocking(move |inner| {
            if !inner.index().buckets.contains_key(&bucket) {
                return Ok(false);
            }
            inner.disk.write_document(&bucket, &name, &bytes)?;
            inner.index().documents.put(&bucket, &name, bytes);
            Ok(true)
        })
    }

    fn document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, Option<Bytes>> {
        let found = self.inner.index().documents.get(bucket, name);
        std::future::ready(Ok(found)).boxed()
    }

    fn documents<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
    ) -> Pending<'a, Vec<(String, Bytes)>> {
        let found = self.inner.index().documents.list(bucket, prefix);
        std::future::ready(Ok(found)).boxed()
    }

    fn remove_document<'a>(&'a self, bucket: &'a str, name: &'a str) -> Pending<'a, bool> {
        let (bucket, name) = (bucket.to_owned(), name.to_owned());
        self.inner.blocking(move |inner| {
            if inner.index().documents.get(&bucket, &name).is_none() {
                return Ok(false);
            }
            inner.disk.remove_document(&bucket, &name)?;
            Ok(inner.index().documents.remove(&bucket, &name))
        })
    }

    fn stage(&self) -> Pending<'_, Box<dyn Staged>> {
        let number = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let coming: Box<dyn Staged> = Box::new(Coming::new(number, Arc::clone(&self.inner)));
        std::future::ready(Ok(coming)).boxed()
    }

    fn object<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<ObjectRecord>> {
        let found = self
            .inner
            .find(at)
            .map(|entry| ObjectRecord::clone(&entry.record));
        std::future::ready(Ok(found)).boxed()
    }

    fn open<'a>(&'a self, at: At<'a>) -> Pending<'a, Option<(ObjectRecord, Box<dyn Body>)>> {
        let at = Owned::from(at);
        self.inner.blocking(move |inner| {
            let at = at.borrow();
            // While it is locked, no other bytes can come under this path.
            let index = inner.index();
            let Some(entry) = index
                .buckets
                .get(at.bucket)
                .and_then(|bucket| bucket.find(at))
                .cloned()
            else {
                return Ok(None);
            };
            if entry.record.is_delete_marker() {
                let body: Box<dyn Body> = Box::new(Going::nothing());
                return Ok(Some((ObjectRecord::clone(&entry.record), body)));
            }
            let path = inner.disk.body_file(at.bucket, &entry.path);
            inner.disk.check_place(&path)?;
            let file = File::open(&path).map_err(StoreError::io("open", &path))?;
            drop(index);
            let body: Box<dyn Body> = Box::new(Going::new(file, &path, entry.record.size)?);
            Ok(Some((ObjectRecord::clone(&entry.record), body)))
        })
    }

    fn scan<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<&'a str>,
        limit: usize,
    ) -> Pending<'a, Vec<ObjectRecord>> {
        let index = self.inner.index();
        let found = index
            .buckets
            .get(bucket)
            .map(|bucket| bucket.scan(from, limit));
        std::future::ready(Ok(found.unwrap_or_default())).boxed()
    }

    fn scan_versions<'a>(
        &'a self,
        bucket: &'a str,
        from: Start<'a>,
        limit: usize,
    ) -> Pending<'a, Vec<ObjectRecord>> {
        let index = self.inner.index();
        let found = index.buckets.get(bucket);
        let found = found.map(|bucket| bucket.scan_versions(from, limit));
        std::future::ready(Ok(found.unwrap_or_default())).boxed()
    }

    fn describe(&self, bucket: String, record: ObjectRecord) -> Pending<'_, bool> {
        let number = self.inner.next.fetch_add(1, Ordering::Relaxed);
        self.inner.blocking(move |inner| {
            let Some(entry) = inner.find(At::slot(&bucket, &record.key, &record.slot)) else {
                return Ok(false);
            };
            let noted = inner.disk.write_note(number, &bucket, &entry.path, &record);
            noted.inspect_err(|_| inner.disk.discard(number))?;
            if let Some(found) = inner.index().buckets.get_mut(&bucket) {
                found.insert(Entry {
                    record: Arc::new(record),
                    path: entry.path.clone(),
                });
            }
            let moved = inner.disk.move_note(number, &bucket, &entry.path)?;
            inner.disk.sync_names(&moved)?;
            Ok(true)
        })
    }

    fn remove<'a>(&'a self, at: At<'a>) -> Pending<'a, bool> {
        let at = Owned::from(at);
        self.inner.blocking(move |inner| inner.remove(at.borrow()))
    }
}

impl Inner {
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, at: At<'_>) -> Option<Entry> {
        self.index().buckets.get(at.bucket)?.find(at).cloned()
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

    /// Makes the staged body `number` an object. Its bytes are on disk.
    fn commit(&self, number: u64, bucket: &str, record: &ObjectRecord) -> Result<bool, StoreError> {
        let at = At::slot(bucket, &record.key, &record.slot);
        let Some(path) = self.claim(at) else {
            self.disk.discard(number);
            return Ok(false);
        };
        let moved = self.place(number, bucket, &path, record).inspect_err(|_| {
            self.disk.discard(number);
            if self.find(at).is_none() {
                self.release(bucket, &path);
            }
        })?;
        // If the rest fails, the note stays where it is, and what it says is done when the store opens again.
        if let Some(moved) = moved {
            self.disk.sync_names(&moved)?;
        }
        self.disk.move_note(number, bucket, &path)?;
        Ok(true)
    }

    /// Writes the note that commits, and moves the bytes under their path.
    fn place(
        &self,
        number: u64,
        bucket: &str,
        path: &str,
        record: &ObjectRecord,
    ) -> Result<Option<Moved>, StoreError> {
        self.disk.write_note(number, bucket, path, record)?;
        let mut index = self.index();
        let found = index
            .buckets
            .get_mut(bucket)
            .expect("a bucket with a claim stays");
        let body = self.disk.staged_body(number);
        let moved = if record.is_delete_marker() {
            // Of an object that it replaces in its slot, if there was one.
            self.disk.remove_file(&self.disk.body_file(bucket, path))?;
            self.disk.remove_file(&body)?;
            None
        } else {
            Some(self.disk.move_body(&body, bucket, path)?)
        };
        found.insert(Entry {
            record: Arc::new(record.clone()),
            path: path.to_owned(),
        });
        Ok(moved)
    }

    /// Reserves a path; `None` if there is no such bucket.
    fn claim(&self, at: At<'_>) -> Option<String> {
        let mut index = self.index();
        let bucket = index.buckets.get_mut(at.bucket)?;
        let path = bucket.choose_path(at, |path| {
            let found = self.disk.body_file(at.bucket, path).symlink_metadata();
            !found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        });
        bucket.claim(&path);
        Some(path)
    }

    fn release(&self, bucket: &str, path: &str) {
        let mut index = self.index();
        if let Some(bucket) = index.buckets.get_mut(bucket) {
            bucket.release(path);
        }
    }

    fn remove(&self, at: At<'_>) -> Result<bool, StoreError> {
        let Some(entry) = self.find(at) else {
            return Ok(false);
        };
        self.disk.remove_record(at.bucket, &entry.path)?;
        let mut index = self.index();
        if let Some(bucket) = index.buckets.get_mut(at.bucket) {
            bucket.take(at.key, &entry.record.slot);
            self.disk.remove_body(at.bucket, &entry.path)?;
            bucket.release(&entry.path);
        }
        Ok(true)
    }
}

/// [`At`] for another thread.
struct Owned {
    bucket: String,
    key: String,
    slot: Option<Slot>,
}

impl From<At<'_>> for Owned {
    fn from(at: At<'_>) -> Self {
        Self {
            bucket: at.bucket.to_owned(),
            key: at.key.to_owned(),
            slot: match at.which {
                Which::Current => None,
                Which::Slot(slot) => Some(slot.clone()),
            },
        }
    }
}

impl Owned {
    fn borrow(&self) -> At<'_> {
        At {
            bucket: &self.bucket,
            key: &self.key,
            which: self.slot.as_ref().map_or(Which::Current, Which::Slot),
        }
    }
}
