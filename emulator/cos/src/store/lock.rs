//! One process at a time: a lock file that the system gives up when its holder ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::StoreError;
use backlot_base::folder::{Folder, Writing};

/// The lock of an open store. Dropping it gives the store up.
#[derive(Debug)]
pub(super) struct Lock(File);

/// What a lock file says once its store is complete.
const MARK: &[u8] = b"the store was created\n";

impl Lock {
    /// Whether the store was complete once.
    pub(super) fn is_marked(&self) -> io::Result<bool> {
        Ok(self.0.metadata()?.len() > 0)
    }

    /// Writes down that the store is complete.
    pub(super) fn mark(&self) -> io::Result<()> {
        self.0.write_all_at(MARK, 0)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is being started at this moment has a copy of it until it runs.
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock of the data folder could not be released; it is released when the process exits");
        }
    }
}

/// Locks a file in a folder, which is created if need be, on behalf of `store`.
pub(super) fn acquire(folder: &Folder, name: &str, store: &Path) -> Result<Lock, StoreError> {
    let path = folder.path_of(name);
    let opened = folder.write(name, Writing::Keep);
    let file = opened.map_err(StoreError::unusable(store, &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy {
            path: store.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(StoreError::Io {
            doing: "lock",
            path,
            source,
        }),
    }
}
