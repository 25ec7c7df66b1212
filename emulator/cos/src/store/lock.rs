//! One process at a time: a lock file that the system gives up when its holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::StoreError;

/// The lock of an open store. Dropping it gives the store up.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is being started at this moment has a copy of it until it runs.
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock of the data folder could not be released; it is released when the process exits");
        }
    }
}

/// Locks the file at `path`, which is created if need be, on behalf of `store`.
pub(super) fn acquire(path: &Path, store: &Path) -> Result<Lock, StoreError> {
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path);
    let file = opened.map_err(|source| StoreError::NotWritable {
        path: store.to_owned(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy {
            path: store.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(StoreError::Io {
            doing: "lock",
            path: path.to_owned(),
            source,
        }),
    }
}
