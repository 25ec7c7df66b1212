//! Where a data folder keeps the store, and what keeps it from being taken for another one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use super::settings::StoreChoice;
use backlot_base::folder::{FileType, Folder, link_error};
use backlot_cos::store::{self, Kind, Store, StoreError, StoreSettings};

/// The stores that a data folder may hold, and where.
const PLACES: [(Kind, &str); 2] = [(Kind::Sqlite, "cos.sqlite"), (Kind::Fs, "cos")];

/// Opens the store in its folder, or in `temporary` if it has none.
pub(super) fn open_store(choice: &StoreChoice, temporary: &Path) -> Result<Arc<Store>, Error> {
    if let Some(folder) = &choice.folder {
        check_kind(folder, choice.kind)?;
    }
    let folder = choice.folder.as_deref().unwrap_or(temporary);
    let settings = StoreSettings {
        kind: choice.kind,
        path: path_of(folder, choice.kind),
        durability: choice.durability,
    };
    store::open(&settings).map_err(Error::Store)
}

/// A store that was looked at.
#[derive(Debug)]
pub struct Checked {
    /// Its kind.
    pub kind: Kind,
    /// One line for each place that is damaged.
    pub found: Result<Vec<String>, StoreError>,
}

/// Looks for damage in the stores of a data folder that no emulator uses.
pub fn check(folder: &Path) -> Result<Vec<Checked>, Error> {
    let mut kinds = kinds_in(folder)?;
    // A lock that was written to tells of a database, which may be gone.
    let lock = Folder::open(folder).and_then(|folder| folder.read("cos.sqlite-lock")?.metadata());
    if lock.is_ok_and(|lock| lock.len() > 0) && !kinds.contains(&Kind::Sqlite) {
        kinds.push(Kind::Sqlite);
    }
    let checked = kinds.into_iter().map(|kind| {
        let settings = StoreSettings {
            kind,
            path: path_of(folder, kind),
            durability: store::Durability::Full,
        };
        let found = store::check(&settings);
        Checked { kind, found }
    });
    Ok(checked.collect())
}

/// Refuses a folder that holds a store of another kind, and none of this one: its objects would seem to be lost.
fn check_kind(folder: &Path, kind: Kind) -> Result<(), Error> {
    let kinds = kinds_in(folder)?;
    match kinds.first() {
        Some(other) if !kinds.contains(&kind) => Err(Error::OtherStore {
            folder: folder.to_owned(),
            found: *other,
            wanted: kind,
        }),
        _ => Ok(()),
    }
}

/// The kinds of the stores in a folder. None of them may be a link.
fn kinds_in(folder: &Path) -> Result<Vec<Kind>, Error> {
    let failed = |path: PathBuf| move |source| Error::DataFolder { path, source };
    let opened = match Folder::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(failed(folder.to_owned()))?,
    };
    let mut kinds = Vec::new();
    for (kind, name) in PLACES {
        let failed = failed(opened.path_of(name));
        match opened.kind(name) {
            Ok(None) => {}
            Ok(Some(FileType::Symlink)) => return Err(failed(link_error())),
            Ok(Some(_)) => kinds.push(kind),
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(kinds)
}

fn path_of(folder: &Path, kind: Kind) -> PathBuf {
    let place = PLACES.iter().find(|(other, _)| *other == kind);
    place.map_or_else(PathBuf::new, |(_, name)| folder.join(name))
}
