//! The file of a database, and those that SQLite keeps beside it. A folder may come from another party: none of them may be a
//! link, and a database that was there is not replaced by an empty one.

use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use crate::store::StoreError;
use backlot_base::folder::{FileType, Folder, Writing, describe};

/// How the file is opened. It exists already.
pub(super) const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

/// The endings of the names of the files that SQLite makes: the log, its index, and the journal of a change.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Creates the file, for its owner only, unless it is there; returns the path for SQLite, without links. If something
/// `remains` of an earlier store, or there is a log, it has to be there.
pub(super) fn prepare(
    folder: &Folder,
    name: &str,
    remains: Option<&Path>,
) -> Result<PathBuf, StoreError> {
    let shown = folder.path_of(name);
    for file in BESIDE.map(|ending| format!("{name}{ending}")) {
        let path = folder.path_of(&file);
        let kind = folder.kind(&file);
        match kind.map_err(StoreError::io("look at", &path))? {
            None | Some(FileType::RegularFile) => {}
            Some(other) => {
                return Err(StoreError::Damaged {
                    what: path.display().to_string(),
                    why: format!(
                        "it is {}, where the database has a file of its own: remove it, or use another folder",
                        describe(other)
                    ),
                });
            }
        }
    }
    let is_there = folder.kind(name);
    let is_there = is_there
        .map_err(StoreError::io("look at", &shown))?
        .is_some();
    let log = format!("{name}-wal");
    let has_log = folder.kind(&log).is_ok_and(|kind| kind.is_some());
    let log = has_log.then(|| folder.path_of(&log));
    if let Some(remains) = remains.map(Path::to_owned).or(log)
        && !is_there
    {
        return Err(StoreError::Gone {
            path: shown,
            remains,
        });
    }
    let opened = folder.write(name, Writing::Keep);
    drop(opened.map_err(StoreError::unusable(&shown, &shown))?);
    let real = std::fs::canonicalize(folder.path());
    Ok(real
        .map_err(StoreError::io("find", folder.path()))?
        .join(name))
}
