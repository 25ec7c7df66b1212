//! What is in the files of a function.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::ignored::is_ignored;
use super::source::Scope;
use super::watch::Watch;
use backlot_base::clock::Clock;
use backlot_base::folder::open_regular;

/// Files and folders of one function at most. More are hardly the code of a function.
const MOST: usize = 20_000;
/// A file that changed less than this long ago may change again without a new time.
const FRESH: SignedDuration = SignedDuration::from_millis(200);

/// The files in a scope, by their path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    files: BTreeMap<PathBuf, Entry>,
}

/// What is known of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// SHA-256 of what counts: kind, permission to execute, content.
    digest: [u8; 32],
    /// What tells that the content is still the one of the digest; `None` if nothing does.
    stamp: Option<Stamp>,
}

/// What the system knows of a file and changes with its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    mode: u32,
    size: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Tree {
    /// Reads what is in `scope` now, and has its folders watched for `owner`. Files that are as they were in `before` are not
    /// read again. Reads files: call it where that may block.
    pub(super) fn read(
        scope: &Scope,
        before: &Self,
        watch: &Watch,
        owner: usize,
    ) -> io::Result<Self> {
        let mut reading = Reading {
            before,
            watch,
            owner,
            scope,
            now: Clock::real().now(),
            tree: Self::default(),
            found: 0,
        };
        if let Some(name) = &scope.only {
            watch.add(&scope.folder, owner, Some(name))?;
            reading.entry(scope.folder.join(name))?;
            return Ok(reading.tree);
        }
        // The folder itself may be removed and made anew.
        if let (Some(above), Some(name)) = (scope.folder.parent(), scope.folder.file_name())
            && let Err(error) = watch.add(above, owner, Some(name))
        {
            tracing::debug!(%error, "a folder that is made anew is not noticed");
        }
        reading.folder(&scope.folder)?;
        Ok(reading.tree)
    }

    /// The files that are new, gone or different, in the order of their paths.
    pub(super) fn changed_since<'a>(&'a self, before: &'a Self) -> Vec<&'a Path> {
        let digest = |entry: &Entry| entry.digest;
        let own = self
            .files
            .iter()
            .filter(|(path, entry)| before.files.get(*path).map(digest) != Some(entry.digest));
        let gone = before
            .files
            .keys()
            .filter(|path| !self.files.contains_key(*path));
        let mut changed: Vec<_> = own
            .map(|(path, _)| path.as_path())
            .chain(gone.map(PathBuf::as_path))
            .collect();
        changed.sort_unstable();
        changed
    }
}

struct Reading<'a> {
    before: &'a Tree,
    watch: &'a Watch,
    owner: usize,
    scope: &'a Scope,
    now: Timestamp,
    tree: Tree,
    found: usize,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        // First: what changes while it is read must be noticed.
        self.watch.add(folder, self.owner, None)?;
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if is_ignored(&entry.file_name()) || self.scope.except.contains(&path) {
                continue;
            }
            self.found += 1;
            if self.found > MOST {
                let folder = self.scope.folder.display();
                return Err(io::Error::other(format!(
                    "there are more than {MOST} files in `{folder}`"
                )));
            }
            if entry.file_type()?.is_dir() {
                match self.folder(&path) {
                    Err(error) if is_gone(&error) => {}
                    read => read?,
                }
            } else {
                self.entry(path)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: PathBuf) -> io::Result<()> {
        let found = match std::fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        let stamp = Stamp::of(&found);
        let before = self.before.files.get(&path);
        if let Some(before) = before.filter(|before| before.stamp == Some(stamp)) {
            self.tree.files.insert(path, before.clone());
            return Ok(());
        }
        let digest = match digest(&path, &found) {
            Ok(digest) => digest,
            Err(error) if is_gone(&error) => return Ok(()),
            // It counts that it cannot be read.
            Err(_unreadable) => [0; 32],
        };
        // What a link leads to has times of its own.
        let stamp = (found.is_file() && !stamp.is_fresh(self.now)).then_some(stamp);
        self.tree.files.insert(path, Entry { digest, stamp });
        Ok(())
    }
}

impl Stamp {
    fn of(found: &std::fs::Metadata) -> Self {
        Self {
            inode: found.ino(),
            mode: found.mode(),
            size: found.size(),
            written: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    /// Whether the file may change again and still have these times, as they are only as fine as the system's ticks.
    fn is_fresh(self, now: Timestamp) -> bool {
        let changed = Timestamp::new(self.changed.0, i32::try_from(self.changed.1).unwrap_or(0));
        changed.is_ok_and(|changed| now.duration_since(changed) < FRESH)
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn digest(path: &Path, found: &std::fs::Metadata) -> io::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    if found.is_symlink() {
        digest.update(b"link");
        digest.update(std::fs::read_link(path)?.as_os_str().as_bytes());
    }
    // A link to a file stands for the file; what is below a link to a folder does not count.
    let is_file = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    if is_file {
        let is_executable = std::fs::metadata(path)?.mode() & 0o111 != 0;
        digest.update([b'f', u8::from(is_executable)]);
        let mut file = open_regular(path)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            digest.update(&buffer[..read]);
        }
    }
    Ok(digest.finalize().into())
}
