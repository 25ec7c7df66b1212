//! The files that a running emulator keeps in its data folder for other commands: its address, its process id, and a lock
//! that it holds until it exits. The folder may come from another party: links in it are not followed.

use std::fs::{File, Permissions, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::exit::CommandError;
use backlot_base::folder::{Folder, PRIVATE_FILE, Writing};

const ADDRESS: &str = "backlot.address";
const LOCK: &str = "backlot.lock";
const LOG: &str = "backlot.log";
const PID: &str = "backlot.pid";

/// The permissions of files that say where the emulator is: other users may know, unless the user's mask says otherwise.
const PUBLIC_FILE: u32 = 0o644;

/// A data folder.
#[derive(Clone, Debug)]
pub(super) struct DataFolder(PathBuf);

/// A data folder that belongs to this process. The files are removed on drop; the system releases the lock when the process
/// exits, however it does.
#[derive(Debug)]
pub(super) struct Held {
    folder: Folder,
    _lock: File,
}

impl DataFolder {
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The log file of an emulator in the background, to append to it, and its path. Only its owner may read it.
    pub(super) fn log(&self) -> Result<(File, PathBuf), CommandError> {
        let path = self.0.join(LOG);
        let opened = Folder::open(&self.0).and_then(|folder| {
            let file = folder.write(LOG, Writing::Append)?;
            // One of an earlier version may be open to others.
            file.set_permissions(Permissions::from_mode(PRIVATE_FILE))?;
            Ok(file)
        });
        match opened {
            Ok(file) => Ok((file, path)),
            Err(error) => Err(CommandError::environment(format!(
                "`{}` cannot be written: {error}",
                path.display()
            ))),
        }
    }

    /// The address of the emulator that uses the folder, as it is written there.
    pub(super) fn address(&self) -> io::Result<String> {
        Folder::open(&self.0)?.read_text(ADDRESS)
    }

    /// Locks the folder, which is created if it does not exist. Fails if another emulator uses it.
    pub(super) fn hold(&self) -> Result<Held, CommandError> {
        let shown = self.0.display();
        let failed = |error: io::Error| {
            CommandError::environment(format!("the data folder `{shown}` cannot be used: {error}"))
                .hint("choose a folder that you may write to, with `--data`")
        };
        let folder = Folder::create(&self.0).map_err(failed)?;
        let in_folder = |error: io::Error| {
            let path = folder.path_of(LOCK);
            failed(io::Error::new(
                error.kind(),
                format!("`{}`: {error}", path.display()),
            ))
        };
        let lock = folder.write(LOCK, Writing::Keep).map_err(in_folder)?;
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
            folder: folder.clone(),
            _lock: lock,
        };
        // Files of a process that was killed say nothing about this one.
        held.forget();
        Ok(held)
    }

    /// Waits until the process that uses the folder has exited. Blocks.
    pub(super) fn wait_until_free(&self) -> io::Result<()> {
        let folder = Folder::open(&self.0)?;
        folder.write(LOCK, Writing::Keep)?.lock()
    }
}

impl Held {
    /// Writes down the address and the process id.
    pub(super) fn note(&self, address: SocketAddr) -> Result<(), CommandError> {
        for (name, text) in [
            (PID, std::process::id().to_string()),
            (ADDRESS, address.to_string()),
        ] {
            let text = format!("{text}\n");
            let written = self.folder.replace(name, text.as_bytes(), PUBLIC_FILE);
            written.map_err(|error| unwritable(&self.folder.path_of(name), &error))?;
        }
        Ok(())
    }

    fn forget(&self) {
        for name in [ADDRESS, PID] {
            report(&self.folder.path_of(name), self.folder.remove_file(name));
        }
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
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(PUBLIC_FILE))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> CommandError {
    CommandError::environment(format!("`{}` cannot be written: {error}", path.display()))
}

/// Removes a file; it may be gone already.
pub(super) fn remove(path: &Path) {
    report(path, std::fs::remove_file(path));
}

fn report(path: &Path, removed: io::Result<()>) {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "`{}` cannot be removed", path.display());
        }
        _ => {}
    }
}
