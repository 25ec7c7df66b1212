//! Space that is kept free for removals. On a full disk the log cannot grow, nor be carried over into the database if that would
//! grow; without some space of its own, not even removing an object could be written down.

use std::io;

use rusqlite::Connection;
use rustix::fs::FallocateFlags;

use super::LOG_SIZE;
use backlot_base::folder::{Folder, Writing};

/// Bytes. The log may be longer than usual when the disk runs full, and all of it may have to be added to the database.
const SIZE: u64 = 2 * LOG_SIZE;

/// A file that takes up space until it is needed.
#[derive(Clone, Debug)]
pub(super) struct Reserve {
    folder: Folder,
    name: String,
}

impl Reserve {
    /// In a file beside the database.
    pub(super) fn beside(folder: &Folder, database: &str) -> Self {
        Self {
            folder: folder.clone(),
            name: format!("{database}-reserve"),
        }
    }

    /// Takes the space, if there is as much.
    pub(super) fn keep(&self) {
        let kept = self.folder.write(&self.name, Writing::Keep);
        let kept = kept.and_then(|file| {
            let flags = FallocateFlags::empty();
            Ok(rustix::fs::fallocate(&file, flags, 0, SIZE)?)
        });
        if let Err(error) = kept {
            tracing::debug!(%error, "no space is kept for removals on a full disk");
            self.give_up();
        }
    }

    /// Gives the space back.
    pub(super) fn give_up(&self) {
        match self.folder.remove_file(&self.name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "`{}` cannot be removed", self.folder.path_of(&self.name).display());
            }
            _ => {}
        }
    }

    /// Does `work` with the space given back; carries the log over into the database, so that the next removal needs no space,
    /// and takes again what there is.
    pub(super) fn lend<T>(
        &self,
        db: &mut Connection,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.give_up();
        let done = work(db);
        let carried = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = carried {
            tracing::debug!(%error, "the log of the object store could not be carried over");
        }
        self.keep();
        done
    }
}
