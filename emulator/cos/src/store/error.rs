//! What can go wrong with the machine under a store. None of it is the client's doing.

use std::io;
use std::path::{Path, PathBuf};

use backlot_base::folder::is_link;

/// The store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error(
        "the store `{}` is in use by another process; stop that one, or choose another folder for the data",
        path.display()
    )]
    Busy {
        /// The database file or the folder.
        path: PathBuf,
    },
    /// It was written by another version of this program, or it is something else altogether.
    #[error(
        "the store `{}` has the format `{found}`, this program knows `{known}`; \
         use the program that wrote it, or choose another folder for the data",
        path.display()
    )]
    UnknownFormat {
        /// The file that tells the format.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What it should say.
        known: String,
    },
    /// The database was there once.
    #[error(
        "the store was created before, but its database `{}` is gone or empty; put it back from a copy, \
         or remove `{}` to start with an empty store",
        path.display(),
        remains.display()
    )]
    Gone {
        /// The database file.
        path: PathBuf,
        /// What tells that there was a store.
        remains: PathBuf,
    },
    /// Nothing can be written there.
    #[error(
        "the store `{}` cannot be written; make the folder writable, or choose another one for the data",
        path.display()
    )]
    NotWritable {
        /// What was tried.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The disk failed, is full, or another program changed it.
    #[error("could not {doing} `{}`", path.display())]
    Io {
        /// A verb phrase.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The database failed.
    #[error("could not {doing} in the database")]
    Sqlite {
        /// A verb phrase.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: rusqlite::Error,
    },
    /// What is stored does not fit together.
    #[error("`{what}` is damaged: {why}")]
    Damaged {
        /// A file, a row, an object.
        what: String,
        /// One sentence.
        why: String,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether there is no space left on the disk.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } | Self::NotWritable { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            Self::Sqlite { source, .. } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            _ => false,
        }
    }

    /// Wraps what the system said about a path.
    pub(crate) fn io<'a>(
        doing: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    /// Wraps why the store at `store` cannot be opened: something at `path` is unusable.
    pub(crate) fn unusable<'a>(
        store: &'a Path,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| {
            if is_link(&source) {
                return Self::Damaged {
                    what: path.display().to_string(),
                    why: source.to_string(),
                };
            }
            Self::NotWritable {
                path: store.to_owned(),
                source,
            }
        }
    }

    /// Wraps what the database said.
    pub(crate) fn sqlite(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { doing, source }
    }
}
