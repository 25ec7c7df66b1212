//! Unpacks a zip.

use std::io::{self, Cursor, Read, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::{PackageError, entry_name, is_executable, mode_of};
use backlot_base::folder::{Folder, Writing};

/// A link has a path of at most this many bytes as its target.
const LINK_LIMIT: u64 = 4096;
/// The kind of a file in its Unix permissions, and two of them.
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// How much may be unpacked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Of all files together, in bytes.
    pub(super) unzipped: u64,
    /// Of files, folders and links.
    pub(super) entries: usize,
}

/// Unpacks a zip into an empty folder. Returns the size of all files in bytes, which is what they have, not what the zip
/// says.
pub(super) fn unpack(zip: &[u8], into: &Folder, limits: Limits) -> Result<u64, PackageError> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(PackageError::NotAZip)?;
    if archive.len() > limits.entries {
        return Err(PackageError::TooMany(archive.len()));
    }
    if archive.has_duplicate_names() {
        return Err(PackageError::Twice);
    }
    // What the zip says of itself need not be true, but need not be unpacked either.
    let declared = archive.decompressed_size().unwrap_or_default();
    if declared > u128::from(limits.unzipped) {
        return Err(PackageError::TooLarge);
    }
    let mut unpacking = Unpacking {
        into,
        left: limits.unzipped,
        files: 0,
        links: Vec::new(),
    };
    for index in 0..archive.len() {
        // What is encrypted cannot be opened, but has a name.
        let name = archive
            .by_index_data(index)
            .map_err(PackageError::NotAZip)?;
        let name = String::from_utf8_lossy(name.name_raw()).into_owned();
        let entry = archive.by_index(index);
        let entry = entry.map_err(|source| unreadable(&name, source))?;
        unpacking.entry(&name, entry)?;
    }
    unpacking.finish()?;
    if unpacking.files == 0 {
        return Err(PackageError::Empty);
    }
    Ok(limits.unzipped - unpacking.left)
}

struct Unpacking<'a> {
    into: &'a Folder,
    /// How many bytes may still come.
    left: u64,
    files: usize,
    /// They are made last, so that nothing is written through them.
    links: Vec<(PathBuf, String)>,
}

impl Unpacking<'_> {
    fn entry<R: Read>(
        &mut self,
        name: &str,
        mut entry: ZipFile<'_, R>,
    ) -> Result<(), PackageError> {
        let decoded = entry
            .name()
            .map_err(|source| unreadable(name, source))?
            .into_owned();
        let path = entry_name::path(&decoded).map_err(|why| refused(name, why))?;
        let mode = entry.unix_mode().unwrap_or(REGULAR);
        if entry.is_symlink() {
            let target = target(name, &mut entry)?;
            entry_name::check_target(&path, &target).map_err(|why| refused(name, why))?;
            self.links.push((path, target));
            return Ok(());
        }
        if entry.is_dir() {
            let created = self.into.create_folder(&path);
            return created
                .map(drop)
                .map_err(|error| self.not_written(name, &path, error));
        }
        if !matches!(mode & KIND, 0 | REGULAR | FOLDER) {
            return Err(refused(name, "is neither a file, a folder nor a link"));
        }
        self.files += 1;
        self.file(name, &path, is_executable(mode), &mut entry)
    }

    fn file(
        &mut self,
        name: &str,
        path: &Path,
        is_executable: bool,
        content: &mut impl Read,
    ) -> Result<(), PackageError> {
        let above = path.parent().unwrap_or(Path::new(""));
        let created = self.into.create_folder(above);
        let created = created.and_then(|_| self.into.write(path, Writing::New));
        let mut file = created.map_err(|error| self.not_written(name, path, error))?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = content.read(&mut buffer);
            let read = read.map_err(|source| unreadable(name, source.into()))?;
            if read == 0 {
                break;
            }
            self.left = self
                .left
                .checked_sub(read as u64)
                .ok_or(PackageError::TooLarge)?;
            let written = file.write_all(&buffer[..read]);
            written.map_err(|error| self.not_written(name, path, error))?;
        }
        let mode = Mode::from_raw_mode(mode_of(is_executable));
        let changed = rustix::fs::fchmod(&file, mode);
        changed.map_err(|error| self.not_written(name, path, error.into()))
    }

    fn finish(&mut self) -> Result<(), PackageError> {
        for (path, target) in std::mem::take(&mut self.links) {
            let name = path.to_string_lossy();
            let above = path.parent().unwrap_or(Path::new(""));
            let linked = self.into.create_folder(above).and_then(|folder| {
                let own = path.file_name().unwrap_or_default();
                Ok(rustix::fs::symlinkat(&target, folder.as_fd(), own)?)
            });
            linked.map_err(|error| self.not_written(&name, &path, error))?;
        }
        Ok(())
    }

    /// Some names are the fault of the zip.
    fn not_written(&self, name: &str, path: &Path, source: io::Error) -> PackageError {
        match source.kind() {
            io::ErrorKind::AlreadyExists
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidInput => {
                refused(name, "has the name of another file or folder")
            }
            io::ErrorKind::InvalidFilename => refused(name, "has too long a name"),
            _ => PackageError::Machine {
                path: self.into.path_of(path),
                source,
            },
        }
    }
}

/// Where a link leads to.
fn target<R: Read>(name: &str, entry: &mut ZipFile<'_, R>) -> Result<String, PackageError> {
    let mut target = Vec::new();
    let read = entry.take(LINK_LIMIT + 1).read_to_end(&mut target);
    read.map_err(|source| unreadable(name, source.into()))?;
    if target.len() as u64 > LINK_LIMIT {
        return Err(refused(name, "is a link with too long a target"));
    }
    String::from_utf8(target).map_err(|_| refused(name, "is a link whose target is not UTF-8"))
}

fn refused(name: &str, why: &'static str) -> PackageError {
    let name = name.to_owned();
    PackageError::Entry { name, why }
}

fn unreadable(name: &str, source: ZipError) -> PackageError {
    let name = name.to_owned();
    PackageError::Unreadable { name, source }
}

#[cfg(test)]
mod tests {
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(size: usize) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["a", "b"] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&vec![0; size]).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn unpacked(zip: &[u8], unzipped: u64) -> Result<u64, PackageError> {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let entries = 2;
        unpack(zip, &folder, Limits { unzipped, entries })
    }

    #[test]
    fn the_limit_counts_what_is_unpacked() {
        assert_eq!(unpacked(&zip(100_000), 200_000).unwrap(), 200_000);
        let error = unpacked(&zip(100_000), 199_999).unwrap_err();
        assert!(matches!(error, PackageError::TooLarge), "{error}");
        // The zip says that each file has one byte, in the directory and before the file.
        let mut lies = zip(100_000);
        let size = 100_000_u32.to_le_bytes();
        let places = (0..lies.len() - 4).filter(|at| lies[*at..at + 4] == size);
        let places: Vec<usize> = places.collect();
        assert!(places.len() >= 4, "{places:?}");
        for at in places {
            lies[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
        }
        unpacked(&lies, 199_999).unwrap_err();
    }

    #[test]
    fn entries_are_counted() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let limits = Limits {
            unzipped: 100,
            entries: 1,
        };
        let error = unpack(&zip(1), &folder, limits).unwrap_err();
        assert!(matches!(error, PackageError::TooMany(2)), "{error}");
    }
}
