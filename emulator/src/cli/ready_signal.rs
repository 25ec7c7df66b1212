//! How `backlot wait` learns that an emulator is ready: named pipes in a folder that both sides know.
//!
//! A process that does not listen yet cannot be connected to, and polling is slow or wasteful. So `wait` creates a pipe and
//! reads from it, and an emulator that becomes ready writes into every pipe in its folders. A pipe without a reader was left
//! by a process that was killed, and is removed.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use tokio::net::unix::pipe;

/// A folder of pipes that both sides know.
#[derive(Clone, Debug)]
pub(super) struct ReadySignal(PathBuf);

/// A pipe that an emulator will write into when it is ready. It is removed on drop.
#[derive(Debug)]
pub(super) struct Waiting {
    pipe: pipe::Receiver,
    path: PathBuf,
}

impl ReadySignal {
    /// In a data folder, for `wait --data`.
    pub(super) fn of_data(folder: &Path) -> Self {
        Self(folder.join("backlot.waiting"))
    }

    /// In a folder of this user below `TMPDIR`, for `wait --listen`.
    pub(super) fn of_user() -> Self {
        let user = rustix::process::geteuid().as_raw();
        Self(std::env::temp_dir().join(format!("backlot-{user}")))
    }

    /// Creates a pipe. An emulator that becomes ready from now on is not missed.
    pub(super) fn wait(&self) -> io::Result<Waiting> {
        std::fs::create_dir_all(&self.0)?;
        self.check_owner()?;
        let pipe = tempfile::Builder::new()
            .prefix("wait-")
            .make_in(&self.0, |path| {
                let mode = Mode::RUSR | Mode::WUSR | Mode::WGRP | Mode::WOTH;
                rustix::fs::mkfifoat(CWD, path, mode)?;
                pipe::OpenOptions::new().open_receiver(path)
            })?;
        let (pipe, path) = pipe.into_parts();
        let path = path.keep().map_err(|error| error.error)?;
        Ok(Waiting { pipe, path })
    }

    /// Tells all waiting processes. Usually no process waits; one that cannot be told does not keep the emulator from starting.
    pub(super) fn send(&self) {
        let Ok(waiting) = std::fs::read_dir(&self.0) else {
            return;
        };
        for pipe in waiting.flatten() {
            let path = pipe.path();
            match write(&path) {
                Ok(()) => {}
                Err(Errno::NXIO) => super::data::remove(&path),
                Err(error) => {
                    tracing::debug!(%error, path = %path.display(), "a process that waits could not be told");
                }
            }
        }
    }

    /// Below `TMPDIR` another user may have created the folder first. Then it cannot be trusted.
    fn check_owner(&self) -> io::Result<()> {
        let found = std::fs::symlink_metadata(&self.0)?;
        let is_own = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
        if !is_own && self.0.starts_with(std::env::temp_dir()) {
            let text = format!("`{}` belongs to another user", self.0.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        if is_own && self.0 == Self::of_user().0 {
            std::fs::set_permissions(&self.0, Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
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
        super::data::remove(&self.path);
    }
}

fn write(path: &Path) -> rustix::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let pipe = rustix::fs::open(path, flags, Mode::empty())?;
    let found = rustix::fs::fstat(&pipe)?;
    if FileType::from_raw_mode(found.st_mode) == FileType::Fifo {
        rustix::io::write(&pipe, b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_who_wait_are_told_and_abandoned_pipes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let signal = ReadySignal::of_data(folder.path());
        // There is no folder yet.
        signal.send();
        let mut waiting = [signal.wait().unwrap(), signal.wait().unwrap()];
        let left = signal.0.join("wait-left");
        rustix::fs::mkfifoat(CWD, &left, Mode::RUSR | Mode::WUSR).unwrap();
        std::fs::write(signal.0.join("note"), "no pipe").unwrap();
        signal.send();
        for one in &mut waiting {
            one.ready().await.unwrap();
        }
        assert!(!left.exists());
        let note = std::fs::read_to_string(signal.0.join("note")).unwrap();
        assert_eq!(note, "no pipe");
        drop(waiting);
        assert_eq!(std::fs::read_dir(&signal.0).unwrap().count(), 1);
    }
}
