//! The folders and files under the root.
//!
//! ```text
//! <root>/<bucket>/<path of the key>       the bytes
//! <root>/.backlot/catalog.sqlite          everything else
//! <root>/.backlot/staging/<n>.body        bytes on their way, and those of parts
//! <root>/.backlot/format, lock
//! ```
//!
//! Names appear when the file behind them is whole. That they are on disk, too, is seen to for many at once
//! ([`Disk::sync_places`]). A folder may come from another party, with links in it; they are never followed
//! ([`Folder`]).

use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::store::{Durability, StoreError};
use backlot_base::digest::Digester;
use backlot_base::folder::{FileType, Folder, PRIVATE_FILE, Writing};

/// What `format` says.
const FORMAT: &str = "backlot objects 2";

/// The file that tells the format. It is written when the store is complete for the first time.
const FORMAT_FILE: &str = "format";

/// The folder of everything but the bytes.
const HIDDEN: &str = ".backlot";

/// Files that are flushed one by one at most; beyond, all of the file system is, which needs one round trip for any number.
const FEW: usize = 32;

/// A file of the folder: the bucket, and the path below its folder.
pub(super) type Place = (String, String);

/// Where things are, and whether to wait for the disk.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    root: Folder,
    hidden: Folder,
    staging: Folder,
    durability: Durability,
}

/// What tells the bytes of one file from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Fingerprint {
    pub(super) size: u64,
    pub(super) crc64: u64,
}

impl Disk {
    /// Whether [`Disk::sync_all_staged`] does anything; elsewhere bodies are flushed one by one.
    pub(super) const FLUSHES_MANY: bool = cfg!(target_os = "linux");

    /// Opens the folders, which are created if they do not exist.
    pub(super) fn open(root: &Path, durability: Durability) -> Result<Self, StoreError> {
        let path = root;
        let root = Folder::create(path).map_err(StoreError::unusable(path, path))?;
        let create = |inside: &str| {
            let created = root.create_folder(inside);
            created.map_err(StoreError::unusable(path, &root.path_of(inside)))
        };
        Ok(Self {
            hidden: create(HIDDEN)?,
            staging: create(&format!("{HIDDEN}/staging"))?,
            root,
            durability,
        })
    }

    /// The folder of everything but the bytes.
    pub(super) fn hidden(&self) -> &Folder {
        &self.hidden
    }

    /// The path of the bytes of an object, for messages.
    pub(super) fn body_file(&self, bucket: &str, path: &str) -> PathBuf {
        self.root.path_of(body(bucket, path))
    }

    /// The path of a staged body, for messages.
    pub(super) fn staged_body(&self, number: i64) -> PathBuf {
        self.staging.path_of(staged(number))
    }

    /// Opens the bytes of an object.
    pub(super) fn open_body(&self, bucket: &str, path: &str) -> io::Result<File> {
        self.root.open_entry(body(bucket, path))
    }

    /// Opens a staged body.
    pub(super) fn open_staged(&self, number: i64) -> io::Result<File> {
        self.staging.open_entry(staged(number))
    }

    /// Begins the file of a staged body.
    pub(super) fn create_staged(&self, number: i64) -> Result<File, StoreError> {
        let created = self.staging.write(staged(number), Writing::Truncate);
        created.map_err(StoreError::io("create", &self.staged_body(number)))
    }

    /// Opens the file of a staged body to append to it.
    pub(super) fn append_staged(&self, number: i64) -> Result<File, StoreError> {
        let opened = self.staging.write(staged(number), Writing::Extend);
        opened.map_err(StoreError::io("open", &self.staged_body(number)))
    }

    /// Whether there is a staged body.
    pub(super) fn is_staged(&self, number: i64) -> Result<bool, StoreError> {
        let found = self.staging.kind(staged(number));
        let found = found.map_err(StoreError::io("look at", &self.staged_body(number)))?;
        Ok(found == Some(FileType::RegularFile))
    }

    /// Refuses a folder of another format. `false` if it has none: it is new, or its creation was interrupted.
    pub(super) fn check_format(&self) -> Result<bool, StoreError> {
        let path = self.hidden.path_of(FORMAT_FILE);
        match self.hidden.read_text(FORMAT_FILE) {
            Ok(text) if text.trim_end() == FORMAT => Ok(true),
            Ok(text) => Err(StoreError::UnknownFormat {
                path,
                found: text.trim_end().chars().take(60).collect(),
                known: FORMAT.to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io("read", &path)(error)),
        }
    }

    /// Whether there are folders beside the hidden one, which are those of buckets.
    pub(super) fn has_buckets(&self) -> Result<bool, StoreError> {
        let failed = StoreError::io("read", self.root.path());
        let names = self.root.names().map_err(failed)?;
        let is_folder = |name: &&OsString| {
            let kind = self.root.kind(name);
            *name != HIDDEN && kind.is_ok_and(|kind| kind == Some(FileType::Directory))
        };
        Ok(names.iter().any(|name| is_folder(&name)))
    }

    /// Tries whether files can be written in the root.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        let path = self.root.path();
        let tried = self.root.create_unnamed();
        let tried = tried.and_then(|(name, _)| self.root.remove_file(name));
        tried.map_err(StoreError::unusable(path, path))
    }

    /// Writes the file that tells the format: the store is complete.
    pub(super) fn write_format(&self) -> Result<(), StoreError> {
        let path = self.hidden.path_of(FORMAT_FILE);
        let text = format!("{FORMAT}\n");
        let written = self
            .hidden
            .replace(FORMAT_FILE, text.as_bytes(), PRIVATE_FILE);
        written.map_err(StoreError::io("write", &path))?;
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        let file = self.hidden.read(FORMAT_FILE);
        file.and_then(|file| file.sync_all())
            .map_err(StoreError::io("sync", &path))?;
        for folder in [&self.hidden, &self.root] {
            folder
                .sync()
                .map_err(StoreError::io("sync", folder.path()))?;
        }
        match self.root.path().parent() {
            Some(above) if !above.as_os_str().is_empty() => sync_path(above),
            _ => sync_path(Path::new(".")),
        }
    }

    /// Removes what was staged and belongs to nothing: whose number `is_known` does not know. Files of others stay.
    pub(super) fn tidy(&self, known: &HashSet<i64>) -> Result<(), StoreError> {
        let names = self.staging.names();
        let names = names.map_err(StoreError::io("read", self.staging.path()))?;
        for name in names {
            let Some(number) = number_of(&name) else {
                continue;
            };
            if !known.contains(&number) && self.is_staged(number)? {
                let removed = self.staging.remove_file(&name);
                removed.map_err(StoreError::io("remove", &self.staging.path_of(&name)))?;
            }
        }
        Ok(())
    }

    /// Whether there is anything under a path, or a file or a link where one of its folders would be.
    pub(super) fn has(&self, bucket: &str, path: &str) -> bool {
        !matches!(self.root.kind(body(bucket, path)), Ok(None))
    }

    /// Whether exactly these bytes are under a path.
    pub(super) fn holds(&self, bucket: &str, path: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let inside = body(bucket, path);
        let failed = |error| StoreError::io("read", &self.body_file(bucket, path))(error);
        match self.root.kind(&inside) {
            Ok(Some(FileType::RegularFile)) => {}
            Ok(_) => return Ok(false),
            Err(error) if is_absent(&error) => return Ok(false),
            Err(error) => return Err(failed(error)),
        }
        let file = self.root.read(&inside).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() != bytes.len() as u64 {
            return Ok(false);
        }
        Ok(self.root.read_bytes(&inside).map_err(failed)? == bytes)
    }

    /// What is under a path, if it is a file.
    pub(super) fn fingerprint(
        &self,
        bucket: &str,
        path: &str,
    ) -> Result<Option<Fingerprint>, StoreError> {
        let inside = body(bucket, path);
        let shown = self.body_file(bucket, path);
        let mut file = match self.root.open_entry(inside) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(StoreError::io("open", &shown)(error)),
        };
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        let mut digester = Digester::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let count = file
                .read(&mut chunk)
                .map_err(StoreError::io("read", &shown))?;
            if count == 0 {
                break;
            }
            digester.update(&chunk[..count]);
        }
        let digests = digester.finish();
        Ok(Some(Fingerprint {
            size: digests.size,
            crc64: digests.crc64,
        }))
    }

    /// Makes the folder in which the objects of a bucket will be.
    pub(super) fn add_bucket(&self, name: &str) -> Result<(), StoreError> {
        let created = self.root.create_folder(name);
        created
            .map(drop)
            .map_err(StoreError::io("create", &self.root.path_of(name)))
    }

    /// Removes the folder of a bucket, unless a foreign file is in it.
    pub(super) fn remove_bucket(&self, name: &str) -> Result<(), StoreError> {
        match self.root.remove_folder(name) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            Err(error) if !is_absent(&error) => {
                Err(StoreError::io("remove", &self.root.path_of(name))(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes a staged body at once. It is not on disk yet.
    pub(super) fn write_body(&self, number: i64, bytes: &[u8]) -> Result<(), StoreError> {
        let mut file = self.create_staged(number)?;
        let written = file.write_all(bytes);
        written.map_err(StoreError::io("write", &self.staged_body(number)))
    }

    /// Makes one staged body out of several, without looking at the bytes; a single one gets a second name.
    pub(super) fn join(&self, parts: &[i64], number: i64) -> Result<(), StoreError> {
        let to = self.staged_body(number);
        if let [only] = parts
            && self.staging.link(&staged(*only), &staged(number)).is_ok()
        {
            let joined = self.open_staged(number);
            let joined = joined.map_err(StoreError::io("open", &to))?;
            return self.sync_staged(&joined, number);
        }
        let mut joined = self.create_staged(number)?;
        for part in parts {
            let opened = self.open_staged(*part);
            let mut part = opened.map_err(StoreError::io("open", &self.staged_body(*part)))?;
            io::copy(&mut part, &mut joined).map_err(StoreError::io("write", &to))?;
        }
        self.sync_staged(&joined, number)
    }

    /// Moves a staged body to where its object is.
    pub(super) fn place_body(
        &self,
        number: i64,
        bucket: &str,
        path: &str,
    ) -> Result<(), StoreError> {
        let (inside, shown) = (body(bucket, path), self.body_file(bucket, path));
        let above = inside
            .parent()
            .expect("a path is below its bucket's folder");
        let name = inside.file_name().expect("a path has a name");
        let folder = match self.root.folder(above) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.root.create_folder(above),
            found => found,
        };
        let folder = folder.map_err(StoreError::io("create the folder of", &shown))?;
        let moved = self.staging.rename(&staged(number), &folder, name);
        moved.map_err(StoreError::io("move a file to", &shown))
    }

    /// Forgets a body that was staged, if it was.
    pub(super) fn discard(&self, number: i64) {
        match self.staging.remove_file(staged(number)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let path = self.staged_body(number);
                tracing::error!(%error, path = %path.display(), "a temporary file could not be removed; remove it while the emulator is stopped");
            }
            _ => {}
        }
    }

    /// Removes the bytes of an object that has gone, and folders that are empty now.
    pub(super) fn remove_body(&self, bucket: &str, path: &str) -> Result<(), StoreError> {
        let inside = body(bucket, path);
        match self.root.remove_file(&inside) {
            Err(error) if !is_absent(&error) => {
                return Err(StoreError::io("remove", &self.body_file(bucket, path))(
                    error,
                ));
            }
            _ => {}
        }
        let folders = inside.ancestors().skip(1);
        for folder in folders.take_while(|folder| *folder != Path::new(bucket)) {
            if self.root.remove_folder(folder).is_err() {
                // Something else is in it.
                break;
            }
        }
        Ok(())
    }

    /// Sees to it that a staged body is on disk.
    pub(super) fn sync_staged(&self, file: &File, number: i64) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        let path = self.staged_body(number);
        file.sync_all().map_err(StoreError::io("sync", &path))?;
        let synced = self.staging.sync();
        synced.map_err(StoreError::io("sync", self.staging.path()))
    }

    /// Sees to it that all staged bodies are on disk.
    pub(super) fn sync_all_staged(&self) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed || !Self::FLUSHES_MANY {
            return Ok(());
        }
        self.sync_file_system()
    }

    #[cfg(target_os = "linux")]
    fn sync_file_system(&self) -> Result<(), StoreError> {
        let synced = rustix::fs::syncfs(self.root.as_fd()).map_err(io::Error::from);
        synced.map_err(StoreError::io("sync", self.root.path()))
    }

    /// Other systems flush file by file.
    #[cfg(not(target_os = "linux"))]
    fn sync_file_system(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Sees to it that these files are on disk, or gone from there, as they are now.
    pub(super) fn sync_places(
        &self,
        places: impl ExactSizeIterator<Item = Place>,
    ) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        if places.len() > FEW && Self::FLUSHES_MANY {
            return self.sync_file_system();
        }
        let mut folders = BTreeSet::new();
        for (bucket, path) in places {
            let file = body(&bucket, &path);
            self.sync(&file)?;
            folders.extend(file.ancestors().skip(1).map(Path::to_owned));
        }
        folders.iter().try_for_each(|folder| self.sync(folder))
    }

    /// Flushes a file or a folder, unless it is not there. The empty path is the root.
    fn sync(&self, inside: &Path) -> Result<(), StoreError> {
        if inside.as_os_str().is_empty() {
            let synced = self.root.sync();
            return synced.map_err(StoreError::io("sync", self.root.path()));
        }
        let path = self.root.path_of(inside);
        match self.root.open_entry(inside) {
            Ok(file) => file.sync_all().map_err(StoreError::io("sync", &path)),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(StoreError::io("open", &path)(error)),
        }
    }
}

/// Where the bytes of an object are, below the root.
fn body(bucket: &str, path: &str) -> PathBuf {
    Path::new(bucket).join(path)
}

/// The name of a staged body.
fn staged(number: i64) -> String {
    format!("{number}.body")
}

/// The number of a staged body; `None` for any other name.
fn number_of(name: &OsStr) -> Option<i64> {
    let number = name.to_str()?.strip_suffix(".body")?.parse().ok()?;
    (name == OsStr::new(&staged(number))).then_some(number)
}

/// Flushes a folder outside of the store.
fn sync_path(path: &Path) -> Result<(), StoreError> {
    let opened = File::open(path).map_err(StoreError::io("open", path))?;
    opened.sync_all().map_err(StoreError::io("sync", path))
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
