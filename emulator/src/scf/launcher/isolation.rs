//! What an instance has for itself in the file system: a `/tmp` of its own, as on the platform, and with it the platform's
//! folders (`platform_folders`) for code and layers.
//!
//! What its program may need of the machine's `/tmp` is put into the new one: the entries of `/tmp` in which the code, links
//! in its folder, and paths are that an argument or a variable names.
//!
//! A user with the right to mount leaves the file system that others see on a thread of its own, from which the program is
//! started ([`Isolation::by_right`]). Other users need a user namespace and, for that, a process without threads: `entrance`.
//! Where the system grants neither, the machine's `/tmp` is shared.
//!
//! Follows: SCF reference, section 4.3.
//!
//! Deviates: a folder of code that is not `read-only` stays where it is, and can be written to.

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::fs::File;
#[cfg(target_os = "linux")]
use std::io;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::thread::ScopedJoinHandle;

use super::LaunchRequest;
use super::platform_folders::PlatformFolders;

/// What is private.
const TMP: &str = "/tmp";

/// What is to be put in place for one instance.
#[derive(Debug)]
pub(super) struct Isolation {
    /// The folder that becomes `/tmp`.
    pub(super) tmp: PathBuf,
    /// The folder of the code.
    pub(super) dir: PathBuf,
    /// What is kept of the machine's `/tmp`.
    pub(super) kept: Vec<PathBuf>,
    pub(super) folders: PlatformFolders,
}

/// What an instance has of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) has_private_tmp: bool,
    /// The code at `/var/user`, the layers at `/opt`, as far as they were wanted.
    pub(super) has_folders: bool,
}

impl Isolation {
    /// What `program` needs in `dir`; `None` if all of the machine's `/tmp` has to be kept.
    pub(super) fn of(
        program: &Path,
        arguments: &[String],
        dir: &Path,
        start: &LaunchRequest,
    ) -> Option<Self> {
        Some(Self {
            tmp: start.scratch.join("tmp"),
            dir: dir.to_owned(),
            kept: kept(program, arguments, dir, start)?.into_iter().collect(),
            folders: start.folders.clone(),
        })
    }

    /// Calls `spawn` on a thread that has all this in place, and is in the folder of the code; a process that it starts is
    /// there, too. `None` if this process has no right to leave the file system that others see, or can start no thread.
    #[cfg(target_os = "linux")]
    pub(super) fn by_right<T: Send>(&self, spawn: impl FnOnce(Entered) -> T + Send) -> Option<T> {
        if !rustix::process::getuid().is_root() {
            return None;
        }
        let runtime = tokio::runtime::Handle::current();
        let started = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().spawn_scoped(scope, || {
                let _entered = runtime.enter();
                linux::leave().ok()?;
                Some(spawn(linux::isolate(self)))
            });
            thread.ok().map(ScopedJoinHandle::join)
        });
        match started? {
            Ok(started) => started,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// [`Isolation::by_right`], which is possible on Linux only.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn by_right<T: Send>(&self, _spawn: impl FnOnce(Entered) -> T + Send) -> Option<T> {
        None
    }

    /// Puts all this in place for this process, which has no threads, as far as the system lets it, and goes to the folder of
    /// the code.
    pub(super) fn enter(&self) -> Entered {
        #[cfg(target_os = "linux")]
        if linux::leave_as_user().is_ok() {
            return linux::isolate(self);
        }
        Entered::default()
    }
}

/// What is kept of the machine's `/tmp`; `None` if that is all of it.
fn kept(
    program: &Path,
    arguments: &[String],
    dir: &Path,
    start: &LaunchRequest,
) -> Option<BTreeSet<PathBuf>> {
    let variables = start.environment.iter().map(|(_, value)| value.as_str());
    let words = arguments.iter().map(String::as_str).chain(variables);
    let words = words.flat_map(|word| word.split([':', '=', ',']));
    // Each is looked at once, as several variables name the same.
    let named: BTreeSet<&str> = words.filter(|word| word.starts_with('/')).collect();
    let named = named.into_iter().map(PathBuf::from);
    let named = named.chain([program.to_owned(), dir.to_owned()]);
    // A virtual environment or the packages of Node may be links to elsewhere.
    let named = named.chain(entries(dir)).flat_map(|path| {
        let target = path.canonicalize().ok();
        std::iter::once(path).chain(target)
    });
    let scratch = &start.scratch;
    let named = named.chain([scratch.clone()]);
    let below = named.filter(|path| path.starts_with(TMP) && path.exists());
    let mut kept: BTreeSet<PathBuf> = BTreeSet::new();
    // A path comes right before those below it.
    for path in below
        .map(|path| with_its_project(&path, scratch))
        .collect::<BTreeSet<_>>()
    {
        if path == Path::new(TMP) {
            return None;
        }
        if !kept.iter().any(|kept| path.starts_with(kept)) {
            kept.insert(path);
        }
    }
    Some(kept)
}

/// The paths of what is in a folder.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).ok().into_iter().flatten();
    entries.flatten().map(|entry| entry.path())
}

/// The entry of `/tmp` that a path is in, as programs look for others around them: a project with its virtual environment.
/// Of the emulator's own folder, which holds those of other instances too, the path alone.
fn with_its_project(path: &Path, scratch: &Path) -> PathBuf {
    let entry = |path: &Path| path.iter().take(3).collect::<PathBuf>();
    if entry(path) == entry(scratch) {
        return path.to_owned();
    }
    entry(path)
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::mount::{MountPropagationFlags, mount_bind_recursive, mount_change};
    use rustix::thread::UnshareFlags;

    use super::super::platform_folders;
    use super::{Entered, File, Isolation, Path, PathBuf, TMP, io};

    /// Leaves the file system that others see, by right. From then on this thread has a working folder of its own, too.
    pub(super) fn leave() -> io::Result<()> {
        leave_with(UnshareFlags::NEWNS)
    }

    /// Leaves it as the user of a namespace of its own. Only a process without threads may.
    pub(super) fn leave_as_user() -> io::Result<()> {
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        leave_with(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
        // The user keeps the number; without the first line the system does not allow the third.
        std::fs::write("/proc/self/setgroups", "deny")?;
        let (user, group) = (user.as_raw(), group.as_raw());
        std::fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        std::fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
    }

    #[expect(
        deprecated,
        reason = "its replacement is unsafe because of file descriptors, which this does not unshare"
    )]
    fn leave_with(flags: UnshareFlags) -> io::Result<()> {
        Ok(rustix::thread::unshare(flags)?)
    }

    /// Puts everything in its place for this thread, which has left, and goes to the folder of the code.
    pub(super) fn isolate(wanted: &Isolation) -> Entered {
        let Isolation {
            tmp,
            dir,
            kept,
            folders,
        } = wanted;
        let mut entered = Entered::default();
        // Before anything is mounted over it.
        let is_there = std::env::set_current_dir(dir);
        if is_there.is_err() || keep_to_itself().is_err() {
            return entered;
        }
        let scratch = tmp.with_file_name("platform");
        let mounted = folders.is_nothing() || platform_folders::mount(folders, &scratch).is_ok();
        entered.has_private_tmp = private_tmp(tmp, kept).is_ok();
        // Still the same folder, but under its path.
        let is_there = match folders.working_folder().filter(|_| mounted) {
            Some(code) => std::env::set_current_dir(code),
            None => std::env::set_current_dir(dir),
        };
        entered.has_folders = mounted && is_there.is_ok();
        entered
    }

    /// Nothing that is mounted from here on is seen by others.
    fn keep_to_itself() -> io::Result<()> {
        let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        Ok(mount_change("/", flags)?)
    }

    /// Puts `tmp` in the place of `/tmp`, with what is kept in it.
    fn private_tmp(tmp: &Path, kept: &[PathBuf]) -> io::Result<()> {
        std::fs::create_dir_all(tmp)?;
        for path in kept {
            let inside = path.strip_prefix(TMP).map_err(io::Error::other)?;
            let place = tmp.join(inside);
            if path.is_dir() {
                std::fs::create_dir_all(&place)?;
            } else {
                std::fs::create_dir_all(place.parent().unwrap_or(tmp))?;
                File::create(&place)?;
            }
            mount_bind_recursive(path, &place)?;
        }
        Ok(mount_bind_recursive(tmp, TMP)?)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_mounted_is_seen_by_the_thread_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (tmp, dir) = (folder.path().join("tmp"), folder.path().join("code"));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("index"), "").unwrap();
        let isolation = Isolation {
            tmp: tmp.clone(),
            dir: dir.clone(),
            kept: vec![dir.clone()],
            folders: PlatformFolders::default(),
        };
        let own = folder.path().file_name().unwrap();
        let own = Path::new(TMP).join(own).with_extension("own");
        let before = std::env::current_dir().unwrap();
        let seen = isolation.by_right(|entered| {
            std::fs::write(&own, "").unwrap();
            let entries = std::fs::read_dir(".").unwrap();
            (entered, std::env::current_dir().unwrap(), entries.count())
        });
        assert_eq!(std::env::current_dir().unwrap(), before);
        let Some((entered, place, entries)) = seen else {
            // This machine does not let its user mount.
            return;
        };
        assert!(entered.has_private_tmp, "{entered:?}");
        assert_eq!((place, entries), (dir.clone(), 1));
        assert!(!own.exists() && tmp.join(own.strip_prefix(TMP).unwrap()).exists());
        let mounted = tmp.join(dir.strip_prefix(TMP).unwrap());
        assert_eq!(std::fs::read_dir(mounted).unwrap().count(), 0);
    }
}
