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
//! ([`Disk::sync_places`]).

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::store::{Durability, StoreError};
use backlot_base::digest::Digester;

/// What `format` says.
const FORMAT: &str = "backlot objects 2";

/// Files that are flushed one by one at most; beyond, all of the file system is, which needs one round trip for any number.
const FEW: usize = 32;

/// A file of the folder: the bucket, and the path below its folder.
pub(super) type Place = (String, String);

/// Where things are, and whether to wait for the disk.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    root: PathBuf,
    /// The root itself, once it is there.
    handle: Option<Arc<File>>,
    durability: Durability,
}

/// What tells the bytes of one file from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Fingerprint {
    pub(super) size: u64,
    pub(super) crc64: u64,
}

impl Disk {
    pub(super) fn new(root: &Path, durability: Durability) -> Self {
        Self {
            root: root.to_owned(),
            handle: None,
            durability,
        }
    }

    /// Keeps the root open, so that files in it are found from there.
    pub(super) fn open_root(&mut self) -> Result<(), StoreError> {
        let root = File::open(&self.root).map_err(StoreError::io("open", &self.root))?;
        self.handle = Some(Arc::new(root));
        Ok(())
    }

    /// The folder of everything but the bytes.
    pub(super) fn hidden(&self) -> PathBuf {
        self.root.join(".backlot")
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.hidden().join("lock")
    }

    pub(super) fn catalog_file(&self) -> PathBuf {
        self.hidden().join("catalog.sqlite")
    }

    pub(super) fn body_file(&self, bucket: &str, path: &str) -> PathBuf {
        self.root.join(bucket).join(path)
    }

    pub(super) fn staged_body(&self, number: i64) -> PathBuf {
        self.staging().join(format!("{number}.body"))
    }

    fn staging(&self) -> PathBuf {
        self.hidden().join("staging")
    }

    /// Refuses a place that is not below the root, or to which a symbolic link below the root leads. A folder may come from
    /// another party, with links in it; the store never touches what they point at.
    pub(super) fn check_place(&self, file: &Path) -> Result<(), StoreError> {
        let damaged = |path: &Path, why: &str| StoreError::Damaged {
            what: path.display().to_string(),
            why: why.to_owned(),
        };
        let inside = file.strip_prefix(&self.root).ok();
        let is_inside = |path: &Path| {
            let mut parts = path.components();
            parts.all(|part| matches!(part, Component::Normal(_)))
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

    /// Opens a file to read it, at a place that [`Disk::check_place`] has nothing against.
    ///
    /// Where the system can see to that itself, it is asked once instead of once for each folder on the way.
    pub(super) fn open(&self, file: &Path) -> Result<io::Result<File>, StoreError> {
        #[cfg(target_os = "linux")]
        if let Some(opened) = self.open_beneath(file) {
            return Ok(Ok(opened));
        }
        self.check_place(file)?;
        Ok(File::open(file))
    }

    /// `None` for whatever reason, which is then looked for.
    #[cfg(target_os = "linux")]
    fn open_beneath(&self, file: &Path) -> Option<File> {
        use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

        let (root, inside) = (self.handle.as_deref()?, file.strip_prefix(&self.root).ok()?);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let opened = openat2(root, inside, flags, Mode::empty(), resolve).ok()?;
        Some(opened.into())
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
        fs::create_dir_all(self.staging()).map_err(unwritable)?;
        let format = self.hidden().join("format");
        if !format.exists() {
            self.write_whole(&format, format!("{FORMAT}\n").as_bytes())?;
            for folder in self.hidden().ancestors().take(3) {
                self.sync_folder(folder)?;
            }
        }
        Ok(())
    }

    /// Removes what was staged and belongs to nothing: whose number `is_known` does not know.
    pub(super) fn tidy(&self, known: &HashSet<i64>) -> Result<(), StoreError> {
        let staging = self.staging();
        for entry in fs::read_dir(&staging).map_err(StoreError::io("read", &staging))? {
            let path = entry.map_err(StoreError::io("read", &staging))?.path();
            let number = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            if !number.is_some_and(|number| known.contains(&number)) {
                fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Whether there is anything under a path, or a file where one of its folders would be.
    pub(super) fn has(&self, bucket: &str, path: &str) -> bool {
        let found = self.body_file(bucket, path).symlink_metadata();
        !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }

    /// Whether exactly these bytes are under a path.
    pub(super) fn holds(&self, bucket: &str, path: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let path = self.body_file(bucket, path);
        let size = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => found.len(),
            Ok(_) => return Ok(false),
            Err(error) if is_absent(&error) => return Ok(false),
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        Ok(size == bytes.len() as u64
            && fs::read(&path).map_err(StoreError::io("read", &path))? == bytes)
    }

    /// What is under a path, if it is a file.
    pub(super) fn fingerprint(
        &self,
        bucket: &str,
        path: &str,
    ) -> Result<Option<Fingerprint>, StoreError> {
        let path = self.body_file(bucket, path);
        self.check_place(&path)?;
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(StoreError::io("open", &path)(error)),
        };
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
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
        Ok(Some(Fingerprint {
            size: digests.size,
            crc64: digests.crc64,
        }))
    }

    /// Makes the folder in which the objects of a bucket will be.
    pub(super) fn add_bucket(&self, name: &str) -> Result<(), StoreError> {
        let folder = self.root.join(name);
        fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))
    }

    /// Removes the folder of a bucket, unless a foreign file is in it.
    pub(super) fn remove_bucket(&self, name: &str) -> Result<(), StoreError> {
        let folder = self.root.join(name);
        match fs::remove_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            Err(error) if !is_absent(&error) => Err(StoreError::io("remove", &folder)(error)),
            _ => Ok(()),
        }
    }

    /// Writes a staged body at once. It is not on disk yet.
    pub(super) fn write_body(&self, number: i64, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.staged_body(number);
        fs::write(&path, bytes).map_err(StoreError::io("write", &path))
    }

    /// Makes one staged body out of several, without looking at the bytes; a single one gets a second name.
    pub(super) fn join(&self, parts: &[i64], number: i64) -> Result<(), StoreError> {
        let to = self.staged_body(number);
        if let [only] = parts
            && fs::hard_link(self.staged_body(*only), &to).is_ok()
        {
            let joined = File::open(&to).map_err(StoreError::io("open", &to))?;
            return self.sync_staged(&joined, number);
        }
        let mut joined = File::create(&to).map_err(StoreError::io("create", &to))?;
        for part in parts {
            let path = self.staged_body(*part);
            let mut part = File::open(&path).map_err(StoreError::io("open", &path))?;
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
        let (from, to) = (self.staged_body(number), self.body_file(bucket, path));
        self.check_place(&to)?;
        if let Err(error) = fs::rename(&from, &to) {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(StoreError::io("move a file to", &to)(error));
            }
            let folder = to.parent().expect("the target is below the root");
            fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
            fs::rename(from, &to).map_err(StoreError::io("move a file to", &to))?;
        }
        Ok(())
    }

    /// Forgets a body that was staged, if it was.
    pub(super) fn discard(&self, number: i64) {
        let path = self.staged_body(number);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::error!(%error, path = %path.display(), "a temporary file could not be removed; remove it while the emulator is stopped");
            }
            _ => {}
        }
    }

    /// Removes the bytes of an object that has gone, and folders that are empty now.
    pub(super) fn remove_body(&self, bucket: &str, path: &str) -> Result<(), StoreError> {
        let file = self.body_file(bucket, path);
        self.check_place(&file)?;
        match fs::remove_file(&file) {
            Err(error) if !is_absent(&error) => return Err(StoreError::io("remove", &file)(error)),
            _ => {}
        }
        let top = self.root.join(bucket);
        let folders = file.ancestors().skip(1).take_while(|folder| *folder != top);
        for folder in folders {
            if fs::remove_dir(folder).is_err() {
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
        self.sync_folder(&self.staging())
    }

    /// Sees to it that these files are on disk, or gone from there, as they are now.
    pub(super) fn sync_places(
        &self,
        places: impl ExactSizeIterator<Item = Place>,
    ) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        #[cfg(target_os = "linux")]
        if places.len() > FEW {
            let root = File::open(&self.root).map_err(StoreError::io("open", &self.root))?;
            let synced = rustix::fs::syncfs(root).map_err(io::Error::from);
            return synced.map_err(StoreError::io("sync", &self.root));
        }
        let mut folders = BTreeSet::new();
        for (bucket, path) in places {
            let file = self.body_file(&bucket, &path);
            sync(&file)?;
            for folder in file.ancestors().skip(1) {
                folders.insert(folder.to_owned());
                if folder == self.root {
                    break;
                }
            }
        }
        folders.iter().try_for_each(|folder| sync(folder))
    }

    /// Writes a file whose name appears only when it is whole.
    fn write_whole(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let unfinished = path.with_extension("unfinished");
        let mut file = File::create(&unfinished).map_err(StoreError::io("create", &unfinished))?;
        file.write_all(bytes)
            .map_err(StoreError::io("write", &unfinished))?;
        if self.durability == Durability::Full {
            file.sync_all()
                .map_err(StoreError::io("sync", &unfinished))?;
        }
        fs::rename(&unfinished, path).map_err(StoreError::io("write", path))
    }

    fn sync_folder(&self, path: &Path) -> Result<(), StoreError> {
        match self.durability {
            Durability::Full => sync(path),
            Durability::Relaxed => Ok(()),
        }
    }
}

/// Flushes a file or a folder, unless it is not there.
fn sync(path: &Path) -> Result<(), StoreError> {
    match File::open(path) {
        Ok(file) => file.sync_all().map_err(StoreError::io("sync", path)),
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(StoreError::io("open", path)(error)),
    }
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
