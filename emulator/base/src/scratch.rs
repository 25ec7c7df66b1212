//! Temporary folders of a process: private, gone when they are dropped, and gone at the next start if the process was killed.
//!
//! They are in a folder of the user below `TMPDIR`. Each is locked as long as its process lives; what is not locked was left
//! behind. A folder gets the name under which others look for it only when it is locked, so that none is taken for an
//! abandoned one before that.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use crate::folder::{FileType, Folder};

/// The beginning of the name of a locked folder.
const LOCKED: &str = "run-";

/// The beginning of the name of a folder that is not locked yet, and is empty.
const NEW: &str = "new-";

/// A temporary folder. Dropping it removes it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// The folder itself. The system gives the lock up when the process ends.
    _lock: File,
}

impl Scratch {
    /// Creates a folder, for its owner only.
    pub fn create() -> io::Result<Self> {
        // Another user may be in the way; then no later start looks for it.
        let folder = own_folder().or_else(|_| Folder::open(&std::env::temp_dir()))?;
        create_in(&folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is still in it may belong to a process that has not ended; the next start looks again.
        drop(std::fs::remove_dir_all(&self.path));
    }
}

/// Removes folders that processes of this user have left behind, and returns how many. A folder that cannot be removed stays.
pub fn remove_abandoned() -> io::Result<usize> {
    remove_abandoned_in(&own_folder()?)
}

/// The folder of this user, which is created if it does not exist. Fails if another user has created it.
pub fn own_folder() -> io::Result<Folder> {
    let user = rustix::process::geteuid().as_raw();
    let above = Folder::create(&std::path::absolute(std::env::temp_dir())?)?;
    let folder = above.create_folder(format!("backlot-{user}"))?;
    folder.make_own()?;
    Ok(folder)
}

fn create_in(folder: &Folder) -> io::Result<Scratch> {
    loop {
        let name = format!("{:016x}", RandomState::new().build_hasher().finish());
        let new = format!("{NEW}{name}");
        let created = folder.create_folder(&new);
        let locked = created.and_then(|created| {
            let lock = created.open_self()?;
            lock.lock()?;
            let path = format!("{LOCKED}{name}");
            folder.rename(&new, folder, &path)?;
            Ok(Scratch {
                path: folder.path_of(path),
                _lock: lock,
            })
        });
        match locked {
            // Another process has taken it for an abandoned one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            locked => return locked,
        }
    }
}

fn remove_abandoned_in(folder: &Folder) -> io::Result<usize> {
    let mut removed = 0;
    for name in folder.names()? {
        let begins_with = |start: &str| name.to_str().is_some_and(|name| name.starts_with(start));
        if begins_with(NEW) {
            // Only an empty one goes.
            removed += usize::from(folder.remove_folder(&name).is_ok());
        } else if begins_with(LOCKED) && is_abandoned(folder, &name) {
            removed += usize::from(std::fs::remove_dir_all(folder.path_of(&name)).is_ok());
        }
    }
    Ok(removed)
}

fn is_abandoned(folder: &Folder, name: &OsStr) -> bool {
    let is_folder = folder
        .kind(name)
        .is_ok_and(|kind| kind == Some(FileType::Directory));
    let opened = folder.folder(name).and_then(|found| found.open_self());
    is_folder && opened.is_ok_and(|found| found.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn folders_of_others_stay_and_abandoned_ones_go() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let own = create_in(&folder).unwrap();
        let mode = std::fs::metadata(own.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::write(own.path().join("file"), "x").unwrap();
        let abandoned = place.path().join("run-0123456789abcdef/deep");
        std::fs::create_dir_all(&abandoned).unwrap();
        std::fs::write(abandoned.join("file"), "x").unwrap();
        for other in ["new-1", "new-2/full", "mine"] {
            std::fs::create_dir_all(place.path().join(other)).unwrap();
        }
        assert_eq!(remove_abandoned_in(&folder).unwrap(), 2);
        let name = own.path().file_name().unwrap().to_owned();
        let left = [OsStr::new("mine"), OsStr::new("new-2"), &name];
        assert_eq!(folder.names().unwrap(), left);
        drop(own);
        assert_eq!(folder.names().unwrap(), ["mine", "new-2"]);
    }
}
