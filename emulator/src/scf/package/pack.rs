//! A folder of code as a zip.

use std::io::{self, Cursor, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

use super::{PackageError, UNZIPPED_LIMIT, entry_name, is_executable, mode_of, zip_name};

/// What programs leave beside code and no package has.
const LEFT_OUT: [&str; 5] = [".git", ".hg", ".venv", "__pycache__", "venv"];
/// A folder with this file holds the emulator's data and keys, which no package may have.
const DATA: &str = "ca-key.pem";

/// The zip of a folder. It depends on the names, contents and execution permissions of the files alone. Reads files: call it
/// where that may block.
pub fn pack(folder: &Path) -> Result<Vec<u8>, PackageError> {
    let mut packing = Packing {
        folder,
        zip: ZipWriter::new(Cursor::new(Vec::new())),
        left: UNZIPPED_LIMIT,
        files: 0,
    };
    packing.folder(Path::new(""))?;
    if packing.files == 0 {
        return Err(PackageError::Empty);
    }
    let finished = packing.zip.finish();
    let finished = finished.map_err(|error| machine(folder, error.into()))?;
    Ok(finished.into_inner())
}

struct Packing<'a> {
    folder: &'a Path,
    zip: ZipWriter<Cursor<Vec<u8>>>,
    left: u64,
    files: usize,
}

impl Packing<'_> {
    fn folder(&mut self, inside: &Path) -> Result<(), PackageError> {
        let path = self.folder.join(inside);
        let failed = |error| machine(&path, error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
                names.push(name);
            }
        }
        names.sort();
        for name in names {
            self.entry(&inside.join(name))?;
        }
        Ok(())
    }

    fn entry(&mut self, inside: &Path) -> Result<(), PackageError> {
        let path = self.folder.join(inside);
        let Some(name) = zip_name(inside) else {
            return Err(refused(inside, "has a name that is not UTF-8"));
        };
        let found = std::fs::symlink_metadata(&path).map_err(|error| machine(&path, error))?;
        if found.is_dir() && path.join(DATA).exists() {
            return Ok(());
        }
        let options = options(is_executable(found.permissions().mode()));
        if found.is_dir() {
            let added = self
                .zip
                .add_directory(name, options.unix_permissions(0o755));
            added.map_err(|error| machine(&path, error.into()))?;
            return self.folder(inside);
        }
        self.files += 1;
        if found.is_symlink() {
            let target = target(&path, inside)?;
            let added = self
                .zip
                .add_symlink(name, target, options.unix_permissions(0o777));
            return added.map_err(|error| machine(&path, error.into()));
        }
        if !found.is_file() {
            return Err(refused(inside, "is neither a file, a folder nor a link"));
        }
        let started = self.zip.start_file(name, options);
        started.map_err(|error| machine(&path, error.into()))?;
        self.content(&path)
    }

    fn content(&mut self, path: &Path) -> Result<(), PackageError> {
        let failed = |error| machine(path, error);
        let mut file = backlot_base::folder::open_regular(path).map_err(failed)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                return Ok(());
            }
            self.left = self
                .left
                .checked_sub(read as u64)
                .ok_or(PackageError::TooLarge)?;
            self.zip.write_all(&buffer[..read]).map_err(failed)?;
        }
    }
}

/// Where a link leads to, if that is in the folder.
fn target(path: &Path, inside: &Path) -> Result<String, PackageError> {
    let target = std::fs::read_link(path).map_err(|error| machine(path, error))?;
    let target = target.into_os_string().into_string();
    let target = target.map_err(|_| refused(inside, "is a link whose target is not UTF-8"))?;
    entry_name::check_target(inside, &target).map_err(|why| refused(inside, why))?;
    Ok(target)
}

/// The same for all files, so that equal folders make equal zips: no time and no other permission.
fn options(is_executable: bool) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .last_modified_time(DateTime::default())
        .unix_permissions(mode_of(is_executable))
}

fn refused(inside: &Path, why: &'static str) -> PackageError {
    let name = inside.display().to_string();
    PackageError::Entry { name, why }
}

fn machine(path: &Path, source: io::Error) -> PackageError {
    let path = PathBuf::from(path);
    PackageError::Machine { path, source }
}
