//! Uploads in parts, in a folder each.
//!
//! ```text
//! <root>/.backlot/uploads/<bucket>/<id>/upload.json          the record; without it there is no upload
//!                                       <n>.json             the record of part n, which commits it
//!                                       <n>-<md5>.part       its bytes
//! ```
//!
//! An upload ends with the note that commits its object (`disk.rs`): if that is on disk, the folder is removed, now or when
//! the store opens.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;

use super::disk::{Disk, is_absent, read_json};
use super::index::{Bucket, Upload};
use super::{FsStore, Inner};
use crate::cos::store::{
    ObjectRecord, PartRecord, Pending, StoreError, UploadAt, UploadRecord, Uploads,
};

const RECORD: &str = "upload.json";

impl Uploads for FsStore {
    fn begin_upload(&self, bucket: String, upload: UploadRecord) -> Pending<'_, bool> {
        self.inner.blocking(move |inner| {
            if !inner.index().buckets.contains_key(&bucket) {
                return Ok(false);
            }
            inner.disk.add_upload(&bucket, &upload)?;
            let mut index = inner.index();
            let Some(found) = index.buckets.get_mut(&bucket) else {
                return Ok(false);
            };
            let key = (upload.object.key.clone(), upload.id.clone());
            let upload = Upload {
                record: upload,
                parts: BTreeMap::new(),
            };
            found.uploads.insert(key, upload);
            Ok(true)
        })
    }

    fn upload(&self, at: UploadAt) -> Pending<'_, Option<UploadRecord>> {
        let found = self.inner.with_upload(&at, |upload| upload.record.clone());
        std::future::ready(Ok(found)).boxed()
    }

    fn scan_uploads<'a>(
        &'a self,
        bucket: &'a str,
        from: Bound<(&'a str, &'a str)>,
        limit: usize,
    ) -> Pending<'a, Vec<UploadRecord>> {
        let from = from.map(|(key, id)| (key.to_owned(), id.to_owned()));
        let index = self.inner.index();
        let found = index.buckets.get(bucket).map(|bucket| {
            let uploads = bucket.uploads.range((from, Bound::Unbounded)).take(limit);
            uploads.map(|(_, upload)| upload.record.clone()).collect()
        });
        std::future::ready(Ok(found.unwrap_or_default())).boxed()
    }

    fn parts(&self, at: UploadAt, after: u32, limit: usize) -> Pending<'_, Vec<PartRecord>> {
        let found = self.inner.with_upload(&at, |upload| {
            let parts = upload
                .parts
                .range((Bound::Excluded(after), Bound::Unbounded));
            parts.take(limit).map(|(_, part)| part.clone()).collect()
        });
        std::future::ready(Ok(found.unwrap_or_default())).boxed()
    }

    fn complete_upload(
        &self,
        at: UploadAt,
        parts: Vec<u32>,
        record: ObjectRecord,
    ) -> Pending<'_, bool> {
        let number = self.inner.next.fetch_add(1, Ordering::Relaxed);
        self.inner
            .blocking(move |inner| inner.complete(number, &at, &parts, &record))
    }

    fn abort_upload(&self, at: UploadAt) -> Pending<'_, bool> {
        self.inner.blocking(move |inner| {
            if inner.with_upload(&at, |_| ()).is_none() {
                return Ok(false);
            }
            inner.disk.remove_upload(&at.bucket, &at.id)?;
            inner.forget_upload(&at);
            Ok(true)
        })
    }
}

impl Inner {
    fn with_upload<T>(&self, at: &UploadAt, look: impl FnOnce(&Upload) -> T) -> Option<T> {
        let index = self.index();
        let bucket = index.buckets.get(&at.bucket)?;
        let upload = bucket.uploads.get(&(at.key.clone(), at.id.clone()))?;
        Some(look(upload))
    }

    fn forget_upload(&self, at: &UploadAt) {
        if let Some(bucket) = self.index().buckets.get_mut(&at.bucket) {
            bucket.uploads.remove(&(at.key.clone(), at.id.clone()));
        }
    }

    /// Makes the staged body `number` a part. Its bytes are on disk.
    pub(super) fn keep_part(
        &self,
        number: u64,
        at: &UploadAt,
        part: &PartRecord,
    ) -> Result<bool, StoreError> {
        let replaced = self.with_upload(at, |upload| upload.parts.get(&part.number).cloned());
        let Some(replaced) = replaced else {
            return Ok(false);
        };
        let file = self.disk.part_file(at, part);
        let staged = self.disk.staged_body(number);
        fs::rename(&staged, &file).map_err(StoreError::io("move a file to", &file))?;
        let json = serde_json::to_vec_pretty(part).expect("a record is plain data");
        // The folder is synced together with the record.
        let record = self.disk.upload_folder(&at.bucket, &at.id);
        let record = record.join(format!("{}.json", part.number));
        self.disk.write_whole(&record, &json)?;
        let key = (at.key.clone(), at.id.clone());
        let mut index = self.index();
        let bucket = index.buckets.get_mut(&at.bucket);
        if let Some(upload) = bucket.and_then(|bucket| bucket.uploads.get_mut(&key)) {
            upload.parts.insert(part.number, part.clone());
        }
        drop(index);
        if let Some(replaced) = replaced.filter(|replaced| replaced.etag != part.etag) {
            self.disk.remove_file(&self.disk.part_file(at, &replaced))?;
        }
        Ok(true)
    }

    fn complete(
        self: &Arc<Self>,
        number: u64,
        at: &UploadAt,
        numbers: &[u32],
        record: &ObjectRecord,
    ) -> Result<bool, StoreError> {
        let parts = self.with_upload(at, |upload| {
            let parts = numbers
                .iter()
                .map(|number| upload.parts.get(number).cloned());
            parts.collect::<Option<Vec<_>>>()
        });
        let Some(parts) = parts.flatten() else {
            return Ok(false);
        };
        let files: Vec<_> = parts
            .iter()
            .map(|part| self.disk.part_file(at, part))
            .collect();
        let joined = self.disk.join(&files, &self.disk.staged_body(number));
        joined.inspect_err(|_| self.disk.discard(number))?;
        if !self.commit(number, &at.bucket, record)? {
            return Ok(false);
        }
        self.forget_upload(at);
        if let Err(error) = self.disk.remove_upload(&at.bucket, &at.id) {
            // The object stands; the record of it tells that the upload has ended.
            tracing::error!(%error, id = at.id, "an upload that has ended could not be removed");
        }
        Ok(true)
    }
}

impl Disk {
    pub(super) fn uploads(&self, bucket: &str) -> PathBuf {
        self.hidden().join("uploads").join(bucket)
    }

    fn upload_folder(&self, bucket: &str, id: &str) -> PathBuf {
        self.uploads(bucket).join(id)
    }

    fn part_file(&self, at: &UploadAt, part: &PartRecord) -> PathBuf {
        let name = format!("{}-{}.part", part.number, part.etag.trim_matches('"'));
        self.upload_folder(&at.bucket, &at.id).join(name)
    }

    fn add_upload(&self, bucket: &str, upload: &UploadRecord) -> Result<(), StoreError> {
        let folder = self.upload_folder(bucket, &upload.id);
        fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
        let json = serde_json::to_vec_pretty(upload).expect("a record is plain data");
        self.write_whole(&folder.join(RECORD), &json)?;
        for above in folder.ancestors().skip(1).take(3) {
            self.sync_folder(above)?;
        }
        Ok(())
    }

    /// Removes an upload with all that is in it; its record first.
    pub(super) fn remove_upload(&self, bucket: &str, id: &str) -> Result<(), StoreError> {
        let folder = self.upload_folder(bucket, id);
        self.remove_file(&folder.join(RECORD))?;
        match fs::remove_dir_all(&folder) {
            Err(error) if !is_absent(&error) => Err(StoreError::io("remove", &folder)(error)),
            _ => Ok(()),
        }
    }

    /// Makes one file out of several, without looking at the bytes; a single one gets a second name.
    fn join(&self, from: &[PathBuf], to: &Path) -> Result<(), StoreError> {
        if let [only] = from
            && fs::hard_link(only, to).is_ok()
        {
            return Ok(());
        }
        let mut joined = File::create(to).map_err(StoreError::io("create", to))?;
        for path in from {
            let mut part = File::open(path).map_err(StoreError::io("open", path))?;
            io::copy(&mut part, &mut joined).map_err(StoreError::io("write", to))?;
        }
        self.sync_file(&joined, to)
    }

    /// Reads the uploads of a bucket, and removes what a crash has left of others.
    pub(super) fn load_uploads(&self, name: &str, bucket: &mut Bucket) -> Result<(), StoreError> {
        for folder in entries(&self.uploads(name))? {
            let id = file_name(&folder);
            let record = folder.join(RECORD);
            if !record.exists() {
                self.remove_upload(name, &id)?;
                continue;
            }
            let record: UploadRecord = read_json(&record)?;
            let at = UploadAt {
                bucket: name.to_owned(),
                key: record.object.key.clone(),
                id,
            };
            let mut upload = Upload {
                record,
                parts: BTreeMap::new(),
            };
            let mut known = HashSet::from([folder.join(RECORD)]);
            for file in entries(&folder)? {
                if file_name(&file) == RECORD || file.extension().is_none_or(|end| end != "json") {
                    continue;
                }
                let part: PartRecord = read_json(&file)?;
                known.extend([self.part_file(&at, &part), file]);
                upload.parts.insert(part.number, part);
            }
            for file in entries(&folder)? {
                if !known.contains(&file) {
                    self.remove_file(&file)?;
                }
            }
            bucket.uploads.insert((at.key, at.id), upload);
        }
        Ok(())
    }
}

/// What is in a folder, which need not be there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    let paths = read.map(|entry| entry.map(|entry| entry.path()));
    paths
        .collect::<io::Result<_>>()
        .map_err(StoreError::io("read", folder))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
