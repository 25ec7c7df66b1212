//! The folders and files under the root, and the steps in which they change so that a crash leaves nothing half done.
//!
//! ```text
//! <root>/<bucket>/<path of the key>                          the bytes
//! <root>/.backlot/objects/<bucket>/<path>%meta.json          the record
//! <root>/.backlot/buckets/<bucket>.json
//! <root>/.backlot/documents/<bucket>/<name>                  sub-resources
//! <root>/.backlot/staging/<n>.body, <n>.commit               on their way
//! <root>/.backlot/uploads/<bucket>/<id>/                     see `uploads.rs`
//! <root>/.backlot/format, lock
//! ```
//!
//! An object is committed when `<n>.commit` is whole and on disk: it says where body and record go. Moving them there is
//! repeated when the store opens, if it was interrupted. `Choice:` a redo note rather than two renames in a row, because a
//! crash between those would leave the new bytes with the old record.
//! A delete marker is a record without bytes.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::index::{Bucket, Entry, Index};
use crate::base::digest::Digester;
use crate::cos::store::document::Documents;
use crate::cos::store::{BucketRecord, Durability, ObjectRecord, StoreError};

/// What `format` says.
const FORMAT: &str = "backlot objects 1";

const RECORD_SUFFIX: &str = "%meta.json";

/// What names of documents keep as it is; upper case does not, because some file systems do not tell it from lower.
const NAMED: &AsciiSet = &{
    let mut set = NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    let mut letter = b'A';
    while letter <= b'Z' {
        set = set.add(letter);
        letter += 1;
    }
    set
};

/// Where things are, and whether to wait for the disk.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) root: PathBuf,
    durability: Durability,
}

/// What is written to `<n>.commit`, and then becomes the file of the record.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Note {
    bucket: String,
    path: String,
    record: ObjectRecord,
}

impl Disk {
    pub(super) fn new(root: &Path, durability: Durability) -> Self {
        Self {
            root: root.to_owned(),
            durability,
        }
    }

    /// The folder of everything but the bytes.
    pub(super) fn hidden(&self) -> PathBuf {
        self.root.join(".backlot")
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.hidden().join("lock")
    }

    pub(super) fn body_file(&self, bucket: &str, path: &str) -> PathBuf {
        self.root.join(bucket).join(path)
    }

    pub(super) fn staged_body(&self, number: u64) -> PathBuf {
        self.staging().join(format!("{number}.body"))
    }

    fn staged_note(&self, number: u64) -> PathBuf {
        self.staging().join(format!("{number}.commit"))
    }

    fn staging(&self) -> PathBuf {
        self.hidden().join("staging")
    }

    fn bucket_file(&self, bucket: &str) -> PathBuf {
        self.hidden().join("buckets").join(format!("{bucket}.json"))
    }

    fn documents(&self, bucket: &str) -> PathBuf {
        self.hidden().join("documents").join(bucket)
    }

    fn document_file(&self, bucket: &str, name: &str) -> PathBuf {
        let name = utf8_percent_encode(name, NAMED).to_string();
        self.documents(bucket).join(name)
    }

    fn records(&self, bucket: &str) -> PathBuf {
        self.hidden().join("objects").join(bucket)
    }

    fn record_file(&self, bucket: &str, path: &str) -> PathBuf {
        self.records(bucket).join(format!("{path}{RECORD_SUFFIX}"))
    }

    /// Refuses a place that is not below the root, or to which a symbolic link below the root leads. A folder may come from
    /// somebody else, with links in it; what they point at is none of the store's.
    pub(super) fn check_place(&self, file: &Path) -> Result<(), StoreError> {
        let damaged = |path: &Path, why: &str| StoreError::Damaged {
            what: path.display().to_string(),
            why: why.to_owned(),
        };
        let inside = file.strip_prefix(&self.root).ok();
        let is_inside = |path: &Path| {
            path.components()
                .all(|part| matches!(part, Component::Normal(_)))
        };
        if !inside.is_some_and(is_inside) {
            return Err(damaged(file, "it leads out of the store"));
        }
        for path in file.ancestors().take_while(|path| *path != self.root) {
            match fs::symlink_metadata(path) {
                Ok(found) if found.is_symlink() => {
                    let why = "it is a symbolic link, which the store does not follow";
                    return Err(damaged(path, why));
                }
                Err(error) if !is_absent(&error) => {
                    return Err(StoreError::io("look at", path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Refuses a folder of another format; one without a format is fine.
    pub(super) fn check_format(&self) -> Result<(), StoreError> {
        let path = self.hidden().join("format");
        match fs::read_to_string(&path) {
            Ok(text) if text.trim_end() == FORMAT => Ok(()),
            Ok(text) => Err(StoreError::UnknownFormat {
                path,
                found: text.trim_end().chars().take(60).collect(),
                known: FORMAT.to_owned(),
            }),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(StoreError::io("read", &path)(error)),
        }
    }

    /// Makes the folders and tries whether files can be written in them.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        let unwritable = |source| StoreError::NotWritable {
            path: self.root.clone(),
            source,
        };
        let probe = self.root.join(".backlot-probe");
        fs::write(&probe, b"").map_err(unwritable)?;
        fs::remove_file(&probe).map_err(unwritable)?;
        for folder in ["staging", "buckets", "documents", "objects"] {
            fs::create_dir_all(self.hidden().join(folder)).map_err(unwritable)?;
        }
        let format = self.hidden().join("format");
        if !format.exists() {
            self.write_whole(&format, format!("{FORMAT}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Ends what was interrupted: committed notes are carried out, the rest is thrown away.
    pub(super) fn recover(&self) -> Result<(), StoreError> {
        let staging = self.staging();
        let mut notes = Vec::new();
        for entry in fs::read_dir(&staging).map_err(StoreError::io("read", &staging))? {
            let entry = entry.map_err(StoreError::io("read", &staging))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let number = name
                .strip_suffix(".commit")
                .and_then(|number| number.parse::<u64>().ok());
            notes.extend(number);
        }
        notes.sort_unstable();
        for number in notes {
            let path = self.staged_note(number);
            let text = fs::read(&path).map_err(StoreError::io("read", &path))?;
            // A note that is not whole was not committed.
            let Ok(note) = serde_json::from_slice::<Note>(&text) else {
                continue;
            };
            let body = self.staged_body(number);
            if note.record.is_delete_marker() {
                self.remove_file(&self.body_file(&note.bucket, &note.path))?;
            } else if body.exists() {
                let moved = self.move_body(&body, &note.bucket, &note.path)?;
                self.sync_names(&moved)?;
            } else if !self.has_body_of(&note)? {
                // The bytes were in place once, and others have come since.
                continue;
            }
            self.move_note(number, &note.bucket, &note.path)?;
            if let Some(id) = &note.record.upload_id {
                self.remove_upload(&note.bucket, id)?;
            }
        }
        for entry in fs::read_dir(&staging).map_err(StoreError::io("read", &staging))? {
            let path = entry.map_err(StoreError::io("read", &staging))?.path();
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
        Ok(())
    }

    /// Whether the bytes under the path of a note are those of its record.
    fn has_body_of(&self, note: &Note) -> Result<bool, StoreError> {
        let path = self.body_file(&note.bucket, &note.path);
        self.check_place(&path)?;
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(false),
            Err(error) => return Err(StoreError::io("open", &path)(error)),
        };
        let mut digester = Digester::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let count = file
                .read(&mut chunk)
                .map_err(StoreError::io("read", &path))?;
            if count == 0 {
                break;
            }
            digester.update(&chunk[..count]);
        }
        let digests = digester.finish();
        Ok(digests.size == note.record.size && digests.crc64 == note.record.crc64)
    }

    /// Reads all records.
    pub(super) fn load(&self) -> Result<Index, StoreError> {
        let folder = self.hidden().join("buckets");
        let mut index = Index::default();
        for entry in fs::read_dir(&folder).map_err(StoreError::io("read", &folder))? {
            let path = entry.map_err(StoreError::io("read", &folder))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let record: BucketRecord = read_json(&path)?;
            if self.bucket_file(&record.name) != path {
                return Err(misplaced(&path, &record.name));
            }
            let name = record.name.clone();
            let mut bucket = Bucket::new(record);
            let records = self.records(&name);
            load_objects(&records, &records, &mut bucket)?;
            self.load_uploads(&name, &mut bucket)?;
            self.load_documents(&name, &mut index.documents)?;
            index.buckets.insert(name, bucket);
        }
        Ok(index)
    }

    fn load_documents(&self, bucket: &str, documents: &mut Documents) -> Result<(), StoreError> {
        let folder = self.documents(bucket);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(StoreError::io("read", &folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(StoreError::io("read", &folder))?.path();
            // Names hold no dot, so this is one that was never finished.
            if path.extension().is_some() {
                fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
                continue;
            }
            let name = path
                .file_name()
                .expect("a file has a name")
                .to_string_lossy();
            let name = percent_decode_str(&name).decode_utf8_lossy().into_owned();
            let bytes = fs::read(&path).map_err(StoreError::io("read", &path))?;
            documents.put(bucket, &name, bytes.into());
        }
        Ok(())
    }

    /// Writes a document; it replaces an earlier one in one step.
    pub(super) fn write_document(
        &self,
        bucket: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let folder = self.documents(bucket);
        if !folder.exists() {
            fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
            self.sync_folder(&self.hidden().join("documents"))?;
        }
        self.write_whole(&self.document_file(bucket, name), bytes)
    }

    pub(super) fn remove_document(&self, bucket: &str, name: &str) -> Result<(), StoreError> {
        let file = self.document_file(bucket, name);
        fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        self.sync_folder(&self.documents(bucket))
    }

    /// Removes what a bucket leaves behind beside its objects.
    fn remove_documents(&self, bucket: &str) -> Result<(), StoreError> {
        let folder = self.documents(bucket);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &folder)(error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn add_bucket(&self, record: &BucketRecord) -> Result<(), StoreError> {
        // Those of an earlier bucket, if the process ended while it was removed.
        self.remove_documents(&record.name)?;
        let folder = self.root.join(&record.name);
        fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
        self.update_bucket(record)?;
        self.sync_folder(&self.root)
    }

    pub(super) fn update_bucket(&self, record: &BucketRecord) -> Result<(), StoreError> {
        let json = serde_json::to_vec_pretty(record).expect("a record is plain data");
        self.write_whole(&self.bucket_file(&record.name), &json)
    }

    pub(super) fn remove_bucket(&self, name: &str) -> Result<(), StoreError> {
        let file = self.bucket_file(name);
        fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        self.sync_folder(&self.hidden().join("buckets"))?;
        self.remove_documents(name)?;
        for folder in [self.records(name), self.uploads(name), self.root.join(name)] {
            match fs::remove_dir(&folder) {
                Ok(()) => {}
                // What somebody else put there is not ours to remove.
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io("remove", &folder)(error)),
            }
        }
        Ok(())
    }

    /// Writes the note that commits body `number`, whose bytes are on disk already.
    pub(super) fn write_note(
        &self,
        number: u64,
        bucket: &str,
        path: &str,
        record: &ObjectRecord,
    ) -> Result<(), StoreError> {
        let note = Note {
            bucket: bucket.to_owned(),
            path: path.to_owned(),
            record: record.clone(),
        };
        let json = serde_json::to_vec_pretty(&note).expect("a record is plain data");
        let file = self.staged_note(number);
        self.write_synced(&file, &json)?;
        self.sync_folder(&self.staging())
    }

    /// Forgets what was staged under `number`.
    pub(super) fn discard(&self, number: u64) {
        for path in [self.staged_note(number), self.staged_body(number)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::error!(%error, path = %path.display(), "a staged file could not be removed");
                }
                _ => {}
            }
        }
    }

    /// Moves a body to where its object is.
    pub(super) fn move_body(
        &self,
        from: &Path,
        bucket: &str,
        path: &str,
    ) -> Result<Moved, StoreError> {
        let to = self.body_file(bucket, path);
        self.check_place(&to)?;
        move_into_place(from, to)
    }

    /// Moves a note to where records are.
    pub(super) fn move_note(
        &self,
        number: u64,
        bucket: &str,
        path: &str,
    ) -> Result<Moved, StoreError> {
        let to = self.record_file(bucket, path);
        self.check_place(&to)?;
        move_into_place(&self.staged_note(number), to)
    }

    /// Waits until the new name of a file, and those of folders that were created for it, are on disk.
    pub(super) fn sync_names(&self, moved: &Moved) -> Result<(), StoreError> {
        for folder in moved.to.ancestors().skip(1) {
            self.sync_folder(folder)?;
            if folder == moved.top {
                break;
            }
        }
        Ok(())
    }

    /// Removes a record: from here on the object is gone.
    pub(super) fn remove_record(&self, bucket: &str, path: &str) -> Result<(), StoreError> {
        let file = self.record_file(bucket, path);
        self.check_place(&file)?;
        fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        self.sync_folder(file.parent().expect("a record is in a folder"))
    }

    /// Removes the bytes of an object that has no record any more, and folders that are empty now.
    pub(super) fn remove_body(&self, bucket: &str, path: &str) -> Result<(), StoreError> {
        let file = self.body_file(bucket, path);
        self.remove_file(&file)?;
        for (file, top) in [
            (file, self.root.join(bucket)),
            (self.record_file(bucket, path), self.records(bucket)),
        ] {
            let folders = file.ancestors().skip(1).take_while(|folder| *folder != top);
            for folder in folders {
                if fs::remove_dir(folder).is_err() {
                    // Something else is in it.
                    break;
                }
            }
        }
        Ok(())
    }

    /// Removes a file, unless it is not there.
    pub(super) fn remove_file(&self, path: &Path) -> Result<(), StoreError> {
        self.check_place(path)?;
        match fs::remove_file(path) {
            Err(error) if !is_absent(&error) => Err(StoreError::io("remove", path)(error)),
            Err(_) => Ok(()),
            Ok(()) => self.sync_folder(path.parent().expect("a file is in a folder")),
        }
    }

    /// Writes a file whose name appears only when it is whole.
    pub(super) fn write_whole(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let name = path
            .file_name()
            .expect("a file has a name")
            .to_string_lossy();
        let unfinished = path.with_file_name(format!("{name}.unfinished"));
        self.write_synced(&unfinished, bytes)?;
        fs::rename(&unfinished, path).map_err(StoreError::io("write", path))?;
        self.sync_folder(path.parent().expect("a file is in a folder"))
    }

    /// Writes a file and waits for the disk.
    pub(super) fn write_synced(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.check_place(path)?;
        let mut file = File::create(path).map_err(StoreError::io("create", path))?;
        file.write_all(bytes)
            .map_err(StoreError::io("write", path))?;
        self.sync_file(&file, path)
    }

    pub(super) fn sync_file(&self, file: &File, path: &Path) -> Result<(), StoreError> {
        match self.durability {
            Durability::Full => file.sync_all().map_err(StoreError::io("sync", path)),
            Durability::Relaxed => Ok(()),
        }
    }

    pub(super) fn sync_folder(&self, path: &Path) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        let folder = File::open(path).map_err(StoreError::io("open", path))?;
        folder.sync_all().map_err(StoreError::io("sync", path))
    }
}

/// A file at its new place.
pub(super) struct Moved {
    to: PathBuf,
    /// The highest folder with a new name in it.
    top: PathBuf,
}

/// Moves a file, and makes the folders above its new place if they are not there.
fn move_into_place(from: &Path, to: PathBuf) -> Result<Moved, StoreError> {
    let folder = to.parent().expect("the target is below the root");
    let mut top = folder.to_owned();
    if let Err(error) = fs::rename(from, &to) {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(StoreError::io("move a file to", &to)(error));
        }
        if let Some(existing) = folder.ancestors().find(|folder| folder.exists()) {
            existing.clone_into(&mut top);
        }
        fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
        fs::rename(from, &to).map_err(StoreError::io("move a file to", &to))?;
    }
    Ok(Moved { to, top })
}

/// A record says that it is about something else than its own name does.
fn misplaced(path: &Path, about: &str) -> StoreError {
    StoreError::Damaged {
        what: path.display().to_string(),
        why: format!("it is about `{about}`, which has another file"),
    }
}

/// Reads the records in `folder`, which is `top` or below it.
fn load_objects(folder: &Path, top: &Path, bucket: &mut Bucket) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(StoreError::io("read", folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(StoreError::io("read", &path))?;
        if kind.is_dir() {
            load_objects(&path, top, bucket)?;
        } else if entry.file_name().to_string_lossy().ends_with(RECORD_SUFFIX) {
            let note: Note = read_json(&path)?;
            if top.join(format!("{}{RECORD_SUFFIX}", note.path)) != path {
                return Err(misplaced(&path, &note.path));
            }
            bucket.claim(&note.path);
            bucket.insert(Entry {
                record: note.record.into(),
                path: note.path,
            });
        }
    }
    Ok(())
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

pub(super) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = fs::read(path).map_err(StoreError::io("read", path))?;
    serde_json::from_slice(&bytes).map_err(|error| StoreError::Damaged {
        what: path.display().to_string(),
        why: error.to_string(),
    })
}
