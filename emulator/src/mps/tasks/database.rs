//! The database of the table of tasks: in memory, or a file of a data folder. A folder may come from another party: none of
//! the files may be a link.

use std::io;
use std::path::{Path, PathBuf};

use backlot_base::folder::{FileType, Folder, Writing, describe};
use rusqlite::{Connection, OpenFlags};

/// The file in a data folder.
const FILE: &str = "tasks.sqlite";
/// What SQLite keeps beside it.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// The form of the database, which is kept in it.
const FORMAT: i64 = 1;
/// The tables of that form.
const SCHEMA: &str = include_str!("schema.sql");

/// The table of tasks cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A file cannot be opened.
    #[error("the tasks in `{}` cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is no table of tasks, or is damaged.
    #[error(
        "the tasks in `{}` cannot be read: move the file away to start without them", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
    /// A later version has written the file.
    #[error(
        "`{}` has tasks in format {found}, and this version knows format {FORMAT}: use the version that wrote it", path.display()
    )]
    LaterFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// The database fails.
    #[error("the table of tasks cannot be used")]
    Failed(#[from] rusqlite::Error),
    /// A row is not what was written.
    #[error("the task `{id}` in the table of tasks is damaged: {why}")]
    Row {
        /// The id of the task.
        id: String,
        /// What is wrong.
        why: String,
    },
}

/// An empty database that ends with its connection.
pub(super) fn in_memory() -> Result<Connection, TableError> {
    let db = Connection::open_in_memory()?;
    db.execute_batch(SCHEMA)?;
    Ok(db)
}

/// The database of a data folder, which is created if it is not there. With `is_synced`, what is written survives a loss of
/// power, else only the end of the process.
pub(super) fn open(folder: &Path, is_synced: bool) -> Result<Connection, TableError> {
    let path = folder.join(FILE);
    let real = prepare(folder).map_err(|source| TableError::Io {
        path: path.clone(),
        source,
    })?;
    let damaged = |source| TableError::Damaged {
        path: path.clone(),
        source,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut db = Connection::open_with_flags(real, flags).map_err(damaged)?;
    let synchronous = if is_synced { "FULL" } else { "NORMAL" };
    db.pragma_update(None, "journal_mode", "WAL")
        .map_err(damaged)?;
    db.pragma_update(None, "synchronous", synchronous)
        .map_err(damaged)?;
    match format(&db).map_err(damaged)? {
        0 => create(&mut db).map_err(damaged)?,
        FORMAT => {}
        found => return Err(TableError::LaterFormat { path, found }),
    }
    Ok(db)
}

fn format(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn create(db: &mut Connection) -> rusqlite::Result<()> {
    let change = db.transaction()?;
    change.execute_batch(SCHEMA)?;
    change.pragma_update(None, "user_version", FORMAT)?;
    change.commit()
}

/// Creates the file, for its owner only, unless it is there; returns its path without links.
fn prepare(folder: &Path) -> io::Result<PathBuf> {
    let folder = Folder::create(folder)?;
    for ending in BESIDE {
        let name = format!("{FILE}{ending}");
        match folder.kind(&name)? {
            None | Some(FileType::RegularFile) => {}
            Some(other) => {
                let text = format!("`{name}` is {}", describe(other));
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
        }
    }
    drop(folder.write(FILE, Writing::Keep)?);
    Ok(std::fs::canonicalize(folder.path())?.join(FILE))
}
