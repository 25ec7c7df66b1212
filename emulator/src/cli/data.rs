//! The files that a running emulator keeps in its data folder for other commands: its address, its process id, and a lock
//! that it holds until it exits.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::exit::CommandError;

/// A data folder.
#[derive(Clone, Debug)]
pub(super) struct DataFolder(PathBuf);

/// A data folder that belongs to this process. The files are removed on drop; the system releases the lock when the process
/// exits, however it does.
#[derive(Debug)]
pub(super) struct Held {
    folder: DataFolder,
    _lock: File,
}

impl DataFolder {
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The log file of an emulator in the background.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("backlot.log")
    }

    /// The address of the emulator that uses the folder, as it is written there.
    pub(super) fn address(&self) -> io::Result<String> {
        std::fs::read_to_string(self.address_file())
    }

    /// Locks the folder, which is created if it does not exist. Fails if another emulator uses it.
    pub(super) fn hold(&self) -> Result<Held, CommandError> {
        let shown = self.0.display();
        let failed = |error: io::Error| {
            CommandError::environment(format!("the data folder `{shown}` cannot be used: {error}"))
                .hint("choose a folder that you may write to, with `--data`")
        };
        std::fs::create_dir_all(&self.0).map_err(failed)?;
        let lock = self.open_lock().map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) => {
                let place = match self.address() {
                    Ok(address) => format!(", which listens on {}", address.trim()),
                    Err(_) => String::new(),
                };
                let message =
                    format!("the data folder `{shown}` is in use by another emulator{place}");
                return Err(CommandError::environment(message).hint(format!(
                    "stop it with `backlot stop --data {shown}`, or choose another folder with `--data`"
                )));
            }
        }
        let held = Held {
            folder: self.clone(),
            _lock: lock,
        };
        // Files of a process that was killed say nothing about this one.
        held.forget();
        Ok(held)
    }

    /// Waits until the process that uses the folder has exited. Blocks.
    pub(super) fn wait_until_free(&self) -> io::Result<()> {
        self.open_lock()?.lock()
    }

    fn open_lock(&self) -> io::Result<File> {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.0.join("backlot.lock"))
    }

    fn address_file(&self) -> PathBuf {
        self.0.join("backlot.address")
    }

    fn pid_file(&self) -> PathBuf {
        self.0.join("backlot.pid")
    }
}

impl Held {
    /// Writes down the address and the process id.
    pub(super) fn note(&self, address: SocketAddr) -> Result<(), CommandError> {
        let pid = format!("{}\n", std::process::id());
        write_whole(&self.folder.pid_file(), &pid)?;
        write_whole(&self.folder.address_file(), &format!("{address}\n"))
    }

    fn forget(&self) {
        remove(&self.folder.address_file());
        remove(&self.folder.pid_file());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.forget();
    }
}

/// Writes a small file so that readers see all of it or nothing.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), CommandError> {
    let written = || -> io::Result<()> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        // Other users may know the address, unless the user's mask says otherwise.
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| {
        CommandError::environment(format!("`{}` cannot be written: {error}", path.display()))
    })
}

/// Removes a file; it may be gone already.
pub(super) fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "`{}` cannot be removed", path.display());
        }
        _ => {}
    }
}
