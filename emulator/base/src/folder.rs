//! A folder whose content another party may have made: an archive that was unpacked, a checkout, a folder that other users
//! write to. It is opened once, and everything in it is found from there: links in it are never followed, and what is expected
//! to be a file is a regular file.
//!
//! The path of the folder itself is the user's word, and may lead through links.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

pub use rustix::fs::FileType;
use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

/// The permissions of a folder that only its owner uses.
pub const PRIVATE_FOLDER: u32 = 0o700;

/// The permissions of a file that only its owner uses.
pub const PRIVATE_FILE: u32 = 0o600;

/// How a folder is opened to work in it.
const AS_FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// An open folder. Clones share it.
#[derive(Clone, Debug)]
pub struct Folder {
    handle: Arc<OwnedFd>,
    /// For messages, and for programs that want a path.
    path: PathBuf,
}

/// How a file is opened for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// It must not exist.
    New,
    /// What is in it stays, and is written over.
    Keep,
    /// What is in it goes.
    Truncate,
    /// What is in it stays, and is written after.
    Append,
    /// [`Writing::Append`] to a file that exists.
    Extend,
}

/// A symbolic link is where a file or a folder was expected.
#[derive(Debug, thiserror::Error)]
#[error("it is a symbolic link, which is not followed: remove it, or use another folder")]
struct IsLink;

/// Something else is where a file was expected.
#[derive(Debug, thiserror::Error)]
#[error("it is {0}, not a regular file")]
struct NotRegular(&'static str);

/// Whether a file could not be used because it, or a folder on the way to it, is a symbolic link.
pub fn is_link(error: &io::Error) -> bool {
    let inner = error.get_ref();
    inner
        .and_then(|inner| inner.downcast_ref::<IsLink>())
        .is_some()
}

/// Says that something could not be used because it is a symbolic link.
pub fn link_error() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, IsLink)
}

/// Creates a folder, and those above it, if they do not exist; only its owner may use it.
pub fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_FOLDER).create(path)
}

/// Opens a regular file to read it, by the path that the user gave, which may lead through links. Never blocks.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    check_regular(rustix::fs::open(path, flags, Mode::empty())?.into())
}

/// What a file type is called in messages.
pub fn describe(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a regular file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "something unknown",
    }
}

impl Folder {
    /// Opens a folder that exists.
    pub fn open(path: &Path) -> io::Result<Self> {
        let handle = rustix::fs::open(path, AS_FOLDER, Mode::empty())?;
        Ok(Self {
            handle: Arc::new(handle),
            path: path.to_owned(),
        })
    }

    /// Opens a folder, which is created with those above it if it does not exist; only its owner may use a new one.
    pub fn create(path: &Path) -> io::Result<Self> {
        create_private(path)?;
        Self::open(path)
    }

    /// The path by which it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it.
    pub fn path_of(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.path.join(inside)
    }

    /// The folder as a file of its own, to look at its permissions and to change them.
    pub fn open_self(&self) -> io::Result<File> {
        Ok(self.handle.try_clone()?.into())
    }

    /// The folder as a descriptor, for calls that want one.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    /// A folder in it that exists.
    pub fn folder(&self, inside: impl AsRef<Path>) -> io::Result<Self> {
        let inside = inside.as_ref();
        if inside.as_os_str().is_empty() {
            return Ok(self.clone());
        }
        let handle = self.open_at(inside, AS_FOLDER, Mode::empty())?;
        Ok(self.below(inside, handle))
    }

    /// A folder in it, which is created with those above it if it does not exist; only its owner may use a new one.
    pub fn create_folder(&self, inside: impl AsRef<Path>) -> io::Result<Self> {
        let mut folder = self.clone();
        for part in parts(inside.as_ref())? {
            let mode = Mode::from_raw_mode(PRIVATE_FOLDER);
            match rustix::fs::mkdirat(folder.as_fd(), part, mode) {
                Ok(()) | Err(Errno::EXIST) => folder = folder.folder(part)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(folder)
    }

    /// Opens a regular file to read it. Never blocks.
    pub fn read(&self, inside: impl AsRef<Path>) -> io::Result<File> {
        check_regular(self.open_entry(inside)?)
    }

    /// Opens whatever is there to read it, unless it is a link. Never blocks.
    pub fn open_entry(&self, inside: impl AsRef<Path>) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let handle = self.open_at(inside.as_ref(), flags, Mode::empty())?;
        Ok(handle.into())
    }

    /// The bytes of a regular file.
    pub fn read_bytes(&self, inside: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(inside)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The text of a regular file.
    pub fn read_text(&self, inside: impl AsRef<Path>) -> io::Result<String> {
        let mut text = String::new();
        self.read(inside)?.read_to_string(&mut text)?;
        Ok(text)
    }

    /// Opens a regular file to write and to read. Where it is created, it is for its owner only.
    pub fn write(&self, inside: impl AsRef<Path>, how: Writing) -> io::Result<File> {
        // What is truncated has to be known for a regular file first.
        let how_flags = match how {
            Writing::New => OFlags::CREATE | OFlags::EXCL,
            Writing::Keep | Writing::Truncate => OFlags::CREATE,
            Writing::Append => OFlags::CREATE | OFlags::APPEND,
            Writing::Extend => OFlags::APPEND,
        };
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | how_flags;
        let mode = Mode::from_raw_mode(PRIVATE_FILE);
        let file = check_regular(self.open_at(inside.as_ref(), flags, mode)?.into())?;
        if how == Writing::Truncate {
            file.set_len(0)?;
        }
        Ok(file)
    }

    /// Writes a file with these permissions, in place of what is there, so that readers see all of it or nothing.
    pub fn replace(&self, name: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
        let unfinished = self.unfinished(bytes, mode)?;
        let renamed = self.rename(&unfinished, self, name);
        self.or_remove(&unfinished, renamed)
    }

    /// Writes a file with these permissions, unless there is one. Readers see all of it or nothing.
    pub fn place(&self, name: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
        let unfinished = self.unfinished(bytes, mode)?;
        let linked = self.link(&unfinished, name);
        self.remove_file(&unfinished)?;
        linked
    }

    /// Writes a file with a name that no one knows.
    fn unfinished(&self, bytes: &[u8], mode: u32) -> io::Result<String> {
        let (name, mut file) = self.create_unnamed()?;
        let written = file.write_all(bytes).and_then(|()| {
            // The mask of the process may have taken bits away.
            Ok(rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?)
        });
        self.or_remove(&name, written)?;
        Ok(name)
    }

    fn or_remove(&self, name: &str, done: io::Result<()>) -> io::Result<()> {
        done.inspect_err(|_| drop(self.remove_file(name)))
    }

    /// Creates a file with a random name, which is hidden.
    pub fn create_unnamed(&self) -> io::Result<(String, File)> {
        loop {
            let name = format!(
                ".backlot-{:016x}",
                RandomState::new().build_hasher().finish()
            );
            match self.write(&name, Writing::New) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created.map(|file| (name, file)),
            }
        }
    }

    /// Moves a file to a name in a folder, in place of what is there.
    pub fn rename(&self, name: &str, to: &Self, new: impl AsRef<Path>) -> io::Result<()> {
        let (folder, new) = to.parent_of(new.as_ref())?;
        Ok(rustix::fs::renameat(
            self.as_fd(),
            name,
            folder.as_fd(),
            new,
        )?)
    }

    /// Gives a file a second name.
    pub fn link(&self, name: &str, second: &str) -> io::Result<()> {
        let flags = AtFlags::empty();
        Ok(rustix::fs::linkat(
            self.as_fd(),
            name,
            self.as_fd(),
            second,
            flags,
        )?)
    }

    /// Removes a file, or a link, but not what it points at.
    pub fn remove_file(&self, inside: impl AsRef<Path>) -> io::Result<()> {
        let (folder, name) = self.parent_of(inside.as_ref())?;
        Ok(rustix::fs::unlinkat(
            folder.as_fd(),
            name,
            AtFlags::empty(),
        )?)
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, inside: impl AsRef<Path>) -> io::Result<()> {
        let (folder, name) = self.parent_of(inside.as_ref())?;
        Ok(rustix::fs::unlinkat(
            folder.as_fd(),
            name,
            AtFlags::REMOVEDIR,
        )?)
    }

    /// What there is; `None` if there is nothing. A link is a link, whatever it points at.
    pub fn kind(&self, inside: impl AsRef<Path>) -> io::Result<Option<FileType>> {
        let (folder, name) = match self.parent_of(inside.as_ref()) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match rustix::fs::statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of what is in it, in byte order.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(self.as_fd())? {
            let name = entry?.file_name().to_bytes().to_owned();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Sees to it that it belongs to this user, and that no other one can use it.
    pub fn make_own(&self) -> io::Result<()> {
        let found = rustix::fs::fstat(self.as_fd())?;
        if found.st_uid != rustix::process::geteuid().as_raw() {
            let text = format!("`{}` belongs to another user", self.path().display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        let mode = Mode::from_raw_mode(PRIVATE_FOLDER);
        Ok(rustix::fs::fchmod(self.as_fd(), mode)?)
    }

    /// Sees to it that the names in it are on disk.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(self.as_fd())?)
    }

    /// The folder of something in it, and its name there.
    fn parent_of<'a>(&self, inside: &'a Path) -> io::Result<(Self, &'a OsStr)> {
        let name = parts(inside)?.pop().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.folder(inside.parent().unwrap_or(Path::new("")))?, name))
    }

    fn below(&self, inside: &Path, handle: OwnedFd) -> Self {
        Self {
            handle: Arc::new(handle),
            path: self.path.join(inside),
        }
    }

    /// Opens something, without following a link on the way.
    fn open_at(&self, inside: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let parts = parts(inside)?;
        match self.open_at_once(inside, flags, mode) {
            Ok(opened) => Ok(opened),
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {
                self.open_part_by_part(&parts, flags, mode)
            }
            Err(Errno::LOOP) => Err(link_error()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets the system see to it that no link is followed, in one call.
    #[cfg(target_os = "linux")]
    fn open_at_once(&self, inside: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        use rustix::fs::{ResolveFlags, openat2};

        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let mode = if flags.contains(OFlags::CREATE) {
            mode
        } else {
            Mode::empty()
        };
        openat2(self.as_fd(), inside, flags, mode, resolve)
    }

    /// Other systems do not have the call.
    #[cfg(not(target_os = "linux"))]
    fn open_at_once(&self, _: &Path, _: OFlags, _: Mode) -> Result<OwnedFd, Errno> {
        Err(Errno::NOSYS)
    }

    fn open_part_by_part(
        &self,
        parts: &[&OsStr],
        flags: OFlags,
        mode: Mode,
    ) -> io::Result<OwnedFd> {
        let (name, above) = parts.split_last().ok_or(io::ErrorKind::InvalidInput)?;
        let mut folder = Arc::clone(&self.handle);
        for part in above {
            let opened = open_part(folder.as_fd(), part, AS_FOLDER, Mode::empty())?;
            folder = Arc::new(opened);
        }
        open_part(folder.as_fd(), name, flags, mode)
    }
}

/// Opens something right in a folder, unless it is a link.
fn open_part(
    folder: BorrowedFd<'_>,
    name: &OsStr,
    flags: OFlags,
    mode: Mode,
) -> io::Result<OwnedFd> {
    match rustix::fs::openat(folder, name, flags | OFlags::NOFOLLOW, mode) {
        Ok(opened) => Ok(opened),
        Err(error @ (Errno::LOOP | Errno::NOTDIR | Errno::MLINK)) => {
            let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
            let kind = found.map(|found| FileType::from_raw_mode(found.st_mode));
            if kind == Ok(FileType::Symlink) {
                return Err(link_error());
            }
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The parts of a path that leads nowhere but below a folder.
fn parts(inside: &Path) -> io::Result<Vec<&OsStr>> {
    let outside = || {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path leads out of the folder",
        )
    };
    let normal = inside.components().map(|part| match part {
        Component::Normal(name) if !name.as_bytes().is_empty() => Ok(name),
        _ => Err(outside()),
    });
    normal.collect()
}

fn check_regular(file: File) -> io::Result<File> {
    let found = rustix::fs::fstat(&file)?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Ok(file),
        other => {
            let what = NotRegular(describe(other));
            Err(io::Error::new(io::ErrorKind::InvalidInput, what))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// A folder, and beside it another one with a file that must not be reached.
    fn place() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("outside")).unwrap();
        std::fs::write(place.path().join("outside/secret"), "secret").unwrap();
        let folder = Folder::create(&place.path().join("data/inner")).unwrap();
        (place, folder)
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_and_folders_are_private() {
        let (place, folder) = place();
        assert_eq!(mode(&place.path().join("data")), 0o700);
        assert_eq!(mode(folder.path()), 0o700);
        let below = folder.create_folder("a/b").unwrap();
        assert_eq!(mode(below.path()), 0o700);
        let ways = [
            Writing::New,
            Writing::Keep,
            Writing::Append,
            Writing::Extend,
        ];
        for how in ways {
            folder.write("a/b/c", how).unwrap().write_all(b"x").unwrap();
        }
        assert_eq!(mode(&folder.path_of("a/b/c")), 0o600);
        assert_eq!(folder.read_text("a/b/c").unwrap(), "xxx");
        let missing = folder.write("a/b/d", Writing::Extend).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        folder.replace("open", b"y", 0o644).unwrap();
        assert_eq!(mode(&folder.path_of("open")), 0o644);
        let taken = folder.place("open", b"z", 0o600).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(folder.read_bytes("open").unwrap(), b"y");
        assert_eq!(folder.names().unwrap(), ["a", "open"]);
        folder.write("open", Writing::Truncate).unwrap();
        assert_eq!(folder.read_bytes("open").unwrap(), b"");
    }

    /// What refuses a link, in one call or part by part.
    #[test]
    fn links_are_not_followed() {
        let (place, folder) = place();
        symlink(place.path().join("outside"), folder.path_of("link")).unwrap();
        symlink(place.path().join("outside/secret"), folder.path_of("file")).unwrap();
        symlink(place.path().join("nowhere"), folder.path_of("dangling")).unwrap();
        for inside in ["file", "link", "link/secret", "dangling", "link/new"] {
            let parts = parts(Path::new(inside)).unwrap();
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let slow = folder.open_part_by_part(&parts, flags, Mode::empty());
            assert!(is_link(&slow.unwrap_err()), "{inside}");
            assert!(is_link(&folder.read(inside).unwrap_err()), "{inside}");
            for how in [Writing::Keep, Writing::Truncate, Writing::Append] {
                let error = folder.write(inside, how).unwrap_err();
                assert!(is_link(&error), "{inside}: {error}");
            }
            assert!(
                is_link(&folder.create_folder(inside).unwrap_err()),
                "{inside}"
            );
        }
        assert!(is_link(&folder.remove_file("link/secret").unwrap_err()));
        assert!(is_link(&folder.kind("link/secret").unwrap_err()));
        assert_eq!(folder.kind("file").unwrap(), Some(FileType::Symlink));
        assert_eq!(folder.kind("nothing/at/all").unwrap(), None);
        // The link goes, and what it points at stays.
        folder.replace("file", b"own", 0o600).unwrap();
        folder.remove_file("dangling").unwrap();
        let outside = std::fs::read_to_string(place.path().join("outside/secret"));
        assert_eq!(outside.unwrap(), "secret");
        assert!(!place.path().join("nowhere").exists());
    }

    #[test]
    fn paths_do_not_lead_out_and_pipes_do_not_block() {
        let (place, folder) = place();
        for inside in ["../x", "/etc/passwd", "a/../../x", ""] {
            assert!(folder.read(inside).is_err(), "{inside}");
        }
        std::fs::write(place.path().join("data/above"), "x").unwrap();
        assert!(folder.read("../above").is_err());
        let mode = Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(folder.as_fd(), "pipe", mode).unwrap();
        let error = folder.read("pipe").unwrap_err();
        assert!(error.to_string().contains("a named pipe"), "{error}");
        assert!(folder.write("pipe", Writing::Keep).is_err());
        assert!(folder.read("nothing").unwrap_err().kind() == io::ErrorKind::NotFound);
    }
}
