//! Where `backlot wait` sits until it is called: folders of named pipes.
//!
//! A process that does not listen yet cannot be heard, and asking it again and again is no way to live. So it is the other way
//! round: whoever waits puts a pipe into a room and reads from it, and a backlot that becomes ready writes into every pipe
//! that it finds in its rooms. A pipe without a reader was left by one that was killed, and is removed.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use tokio::net::unix::pipe;

/// A folder that both sides know.
#[derive(Clone, Debug)]
pub(super) struct Room(PathBuf);

/// A place in a room, given up on drop.
#[derive(Debug)]
pub(super) struct Place {
    pipe: pipe::Receiver,
    path: PathBuf,
}

impl Room {
    /// In a data folder, for those who know no more than the folder.
    pub(super) fn of_data(folder: &Path) -> Self {
        Self(folder.join("backlot.waiting"))
    }

    /// This user's on this machine, for those who know an address.
    pub(super) fn of_user() -> Self {
        let user = rustix::process::geteuid().as_raw();
        Self(std::env::temp_dir().join(format!("backlot-{user}")))
    }

    /// Takes a place. What happens from now on is not missed.
    pub(super) fn enter(&self) -> io::Result<Place> {
        std::fs::create_dir_all(&self.0)?;
        self.check_owner()?;
        let place = tempfile::Builder::new()
            .prefix("wait-")
            .make_in(&self.0, |path| {
                let mode = Mode::RUSR | Mode::WUSR | Mode::WGRP | Mode::WOTH;
                rustix::fs::mkfifoat(CWD, path, mode)?;
                pipe::OpenOptions::new().open_receiver(path)
            })?;
        let (pipe, path) = place.into_parts();
        let path = path.keep().map_err(|error| error.error)?;
        Ok(Place { pipe, path })
    }

    /// Calls everybody in the room. That nobody waits is the usual case; that somebody cannot be called is no reason to stop.
    pub(super) fn call(&self) {
        let Ok(waiting) = std::fs::read_dir(&self.0) else {
            return;
        };
        for place in waiting.flatten() {
            let path = place.path();
            match call(&path) {
                Ok(()) => {}
                Err(Errno::NXIO) => super::data::remove(&path),
                Err(error) => tracing::debug!(%error, path = %path.display(), "nobody was called"),
            }
        }
    }

    /// In a folder that everybody may write to, somebody else may have made the room first. Then it is not one to sit in.
    fn check_owner(&self) -> io::Result<()> {
        let found = std::fs::symlink_metadata(&self.0)?;
        let is_own = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
        if !is_own && self.0.starts_with(std::env::temp_dir()) {
            let text = format!("`{}` belongs to somebody else", self.0.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        if is_own && self.0 == Self::of_user().0 {
            std::fs::set_permissions(&self.0, Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
}

impl Place {
    /// Waits until a backlot calls.
    pub(super) async fn called(&mut self) -> io::Result<()> {
        // A byte, or the end of a pipe that was opened and closed: both are a call.
        self.pipe.readable().await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        super::data::remove(&self.path);
    }
}

fn call(path: &Path) -> rustix::io::Result<()> {
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
    async fn everybody_in_the_room_is_called_and_what_was_left_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::of_data(folder.path());
        // Nobody is there, not even the room.
        room.call();
        let mut places = [room.enter().unwrap(), room.enter().unwrap()];
        let left = room.0.join("wait-left");
        rustix::fs::mkfifoat(CWD, &left, Mode::RUSR | Mode::WUSR).unwrap();
        std::fs::write(room.0.join("note"), "no pipe").unwrap();
        room.call();
        for place in &mut places {
            place.called().await.unwrap();
        }
        assert!(!left.exists());
        let note = std::fs::read_to_string(room.0.join("note")).unwrap();
        assert_eq!(note, "no pipe");
        drop(places);
        assert_eq!(std::fs::read_dir(&room.0).unwrap().count(), 1);
    }
}
