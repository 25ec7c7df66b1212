//! How `backlot wait` learns that an emulator is ready: named pipes in a folder that both sides know.
//!
//! A process that does not listen yet cannot be connected to, and polling is slow or wasteful. So `wait` creates a pipe and
//! reads from it, and an emulator that becomes ready writes into every pipe in its folders. A pipe without a reader was left
//! by a process that was killed, and is removed.

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use tokio::net::unix::pipe;

use backlot_base::folder::Folder;

/// A folder of pipes that both sides know.
#[derive(Clone, Debug)]
pub(super) struct ReadySignal {
    /// The folder that it is in, which is the user's word.
    above: PathBuf,
    name: String,
}

/// A pipe that an emulator will write into when it is ready. It is removed on drop.
#[derive(Debug)]
pub(super) struct Waiting {
    pipe: pipe::Receiver,
    folder: Folder,
    name: String,
}

impl ReadySignal {
    /// In a data folder, for `wait --data`.
    pub(super) fn of_data(folder: &Path) -> Self {
        Self {
            above: folder.to_owned(),
            name: "backlot.waiting".to_owned(),
        }
    }

    /// In a folder of this user below `TMPDIR`, for `wait --listen`.
    pub(super) fn of_user() -> Self {
        let user = rustix::process::geteuid().as_raw();
        Self {
            above: std::env::temp_dir(),
            name: format!("backlot-{user}"),
        }
    }

    /// Creates a pipe. An emulator that becomes ready from now on is not missed.
    pub(super) fn wait(&self) -> io::Result<Waiting> {
        let folder = Folder::create(&self.above)?.create_folder(&self.name)?;
        folder.make_own()?;
        let name = format!("wait-{}-{:016x}", std::process::id(), random());
        // Other users may tell, unless the folder keeps them out.
        let mode = Mode::RUSR | Mode::WUSR | Mode::WGRP | Mode::WOTH;
        rustix::fs::mkfifoat(folder.as_fd(), &name, mode)?;
        let pipe = folder.open_entry(&name)?;
        let pipe = pipe::Receiver::from_file(pipe)?;
        Ok(Waiting { pipe, folder, name })
    }

    /// Tells all waiting processes. Usually no process waits; one that cannot be told does not keep the emulator from starting.
    pub(super) fn send(&self) {
        let told = self.open().and_then(|folder| {
            if let Some(folder) = folder {
                for name in folder.names()? {
                    tell(&folder, &name);
                }
            }
            Ok(())
        });
        if let Err(error) = told {
            tracing::debug!(%error, folder = %self.above.join(&self.name).display(), "processes that wait could not be told");
        }
    }

    /// The folder, if it is there.
    fn open(&self) -> io::Result<Option<Folder>> {
        let opened = Folder::open(&self.above).and_then(|above| above.folder(&self.name));
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(folder) => folder.make_own().map(|()| Some(folder)),
        }
    }
}

/// Writes into a pipe; removes one without a reader. What is no pipe stays as it is.
fn tell(folder: &Folder, name: &OsStr) {
    let told = match folder.kind(name) {
        Ok(Some(FileType::Fifo)) => write(folder, name),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        tracing::debug!(%error, path = %folder.path_of(name).display(), "a process that waits could not be told");
    }
}

fn write(folder: &Folder, name: &OsStr) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(folder.as_fd(), name, flags, Mode::empty()) {
        Ok(pipe) => {
            let found = rustix::fs::fstat(&pipe)?;
            if FileType::from_raw_mode(found.st_mode) == FileType::Fifo {
                rustix::io::write(&pipe, b"\n")?;
            }
            Ok(())
        }
        // A pipe without a reader: another file could not have become one meanwhile but by its owner's hand.
        Err(Errno::NXIO) => folder.remove_file(name),
        Err(error) => Err(error.into()),
    }
}

/// A number that no other process guesses.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Waiting {
    /// Waits until an emulator becomes ready.
    pub(super) async fn ready(&mut self) -> io::Result<()> {
        // A byte, or the end of a pipe that was opened and closed: both are the signal.
        self.pipe.readable().await
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Err(error) = self.folder.remove_file(&self.name)
            && error.kind() != io::ErrorKind::NotFound
        {
            let path = self.folder.path_of(&self.name);
            tracing::warn!(%error, "`{}` cannot be removed", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use rustix::fs::CWD;

    use super::*;

    fn pipe(path: &Path) {
        rustix::fs::mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
    }

    #[tokio::test]
    async fn all_who_wait_are_told_and_abandoned_pipes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let signal = ReadySignal::of_data(folder.path());
        // There is no folder yet.
        signal.send();
        let mut waiting = [signal.wait().unwrap(), signal.wait().unwrap()];
        let inside = folder.path().join("backlot.waiting");
        pipe(&inside.join("wait-left"));
        std::fs::write(inside.join("note"), "no pipe").unwrap();
        let socket = UnixListener::bind(inside.join("socket")).unwrap();
        signal.send();
        for one in &mut waiting {
            one.ready().await.unwrap();
        }
        assert!(!inside.join("wait-left").exists());
        let note = std::fs::read_to_string(inside.join("note")).unwrap();
        assert_eq!(note, "no pipe");
        assert!(inside.join("socket").exists(), "it is not a pipe");
        drop((waiting, socket));
        assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_that_is_a_link_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        pipe(&outside.path().join("theirs"));
        symlink(outside.path(), folder.path().join("backlot.waiting")).unwrap();
        let signal = ReadySignal::of_data(folder.path());
        signal.send();
        assert!(outside.path().join("theirs").exists());
        let refused = signal.wait().unwrap_err();
        assert!(refused.to_string().contains("symbolic link"), "{refused}");
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    }
}
