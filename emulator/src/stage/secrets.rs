//! What the keys, tokens and passwords of a stage are drawn from.
//!
//! Whoever knows the number knows the owner's keys. A run that must be repeatable draws them from its seed. An emulator that
//! runs for longer draws them from a number that is random for each data folder, or for each run without one, so that no
//! other program and no web page can sign requests. The number is in a file that only the user can read, for
//! `backlot env`.

use std::fs::{File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::Error;
use backlot_base::folder::create_private;
use backlot_base::seed::Seed;

/// The file in the data folder.
const FILE: &str = "keys.seed";

/// The largest size of the file in bytes: 16 hexadecimal digits and a line end.
const LENGTH: u64 = 17;

/// What keys, tokens and passwords are drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// The seed: the same keys in every run with it.
    #[default]
    OfSeed,
    /// A random number, which is kept in the data folder.
    Random,
}

/// Reads the number that is kept in a folder, or makes it. Also returns where it is.
pub(super) fn open(folder: &Path) -> Result<(Seed, PathBuf), Error> {
    let path = folder.join(FILE);
    let failed = |source| Error::Secrets {
        path: path.clone(),
        source,
    };
    let no_folder = |source| Error::DataFolder {
        path: folder.to_owned(),
        source,
    };
    let secrets = match read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(no_folder(error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_private(folder).map_err(no_folder)?;
            make(&path).map_err(failed)?
        }
        found => found.map_err(failed)?,
    };
    Ok((secrets, path))
}

/// Reads the number from its file, which must be a file of its own and unreadable for other users.
pub fn read(path: &Path) -> io::Result<Seed> {
    // A link may lead out of the folder, and opening a pipe may wait forever.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mode = found.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(io::Error::other(format!(
            "other users can read it (mode {mode:03o}): make it private with `chmod 600`, or remove it to get new keys"
        )));
    }
    let mut text = String::new();
    file.take(LENGTH + 1).read_to_string(&mut text)?;
    let number = u64::from_str_radix(text.trim_end(), 16);
    number.map(Seed).map_err(|_| {
        io::Error::other("it does not hold 16 hexadecimal digits: remove it to get new keys")
    })
}

fn make(path: &Path) -> io::Result<Seed> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let number = u64::from_le_bytes(bytes);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    writeln!(file, "{number:016x}")?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(Seed(number)),
        // Another process was faster.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_number_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (made, path) = open(folder.path()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(open(folder.path()).unwrap(), (made, path));
        let other = tempfile::tempdir().unwrap();
        assert_ne!(open(other.path()).unwrap().0, made);
    }

    #[test]
    fn a_file_that_is_not_ours_alone_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (_, path) = open(folder.path()).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("chmod 600"));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read(&link).is_err());
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "not a number\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(open(folder.path()).is_err());
    }
}
