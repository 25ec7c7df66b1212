//! One process at a time: a lock file that the system gives up when its holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::StoreError;

/// Locks the file at `path`, which is created if need be, on behalf of `store`.
pub(super) fn acquire(path: &Path, store: &Path) -> Result<File, StoreError> {
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
        Ok(()) => Ok(file),
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
