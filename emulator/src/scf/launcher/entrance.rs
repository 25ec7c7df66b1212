//! A `/tmp` of its own for an instance, as on the platform, and with it the platform's folders (`platform_folders`)
//! for code and layers.
//!
//! Only a process without threads may leave the system's view of the file system, and nothing safe runs between `fork` and
//! `exec`. So the emulator's own program is started first, with [`WORD`]: it takes its leave, and then becomes the program
//! of the function. What that program may need of the machine's `/tmp` is put into the new one: the entries of `/tmp` in
//! which the code, links in its folder, and paths are that an argument or a variable names.
//!
//! This needs user namespaces, or the right to mount. Where the system grants neither, the machine's `/tmp` is shared.
//!
//! Follows: SCF reference, section 4.3.
//!
//! Deviates: a folder of code that is not `read-only` stays where it is, and can be written to.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use super::LaunchRequest;
use super::platform_folders::PlatformFolders;

/// The first argument of the emulator's program when it is to become the program of a function.
pub const WORD: &str = "enter-function";
/// What is private.
const TMP: &str = "/tmp";
/// Stands before the program of the function.
const END: &str = "--";
/// The exit code if that program could not be run; the emulator is told why in another way.
const NOT_RUN: u8 = 126;

/// The program of this process, if it understands [`WORD`]. A property of the program, so it is the same for all stages.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Says that the program of this process understands [`WORD`], so that instances may have a `/tmp` of their own.
pub fn offer() {
    match std::env::current_exe() {
        Ok(program) => drop(PROGRAM.set(program)),
        Err(error) => tracing::debug!(%error, "the program of this process has no path"),
    }
}

/// What is said by a process that has become, or could not become, the program of a function.
#[derive(Debug)]
pub(super) struct Report(UnixStream);

/// How a program is started.
pub(super) struct Start {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    /// What it says and, as its standard error, where it says it; `None` if it is started directly.
    pub(super) report: Option<(Report, OwnedFd)>,
}

/// How to run `program`, with a `/tmp` of its own if that is wanted and there is a way to it.
pub(super) fn command(
    program: &Path,
    arguments: &[String],
    dir: &Path,
    start: &LaunchRequest,
) -> io::Result<Start> {
    let own = arguments.iter().map(OsString::from);
    let entrance = PROGRAM.get().filter(|_| start.has_private_tmp);
    let (Some(entrance), Some(kept)) = (entrance, kept(program, arguments, dir, start)) else {
        return Ok(Start {
            program: program.into(),
            arguments: own.collect(),
            report: None,
        });
    };
    let tmp = start.scratch.join("tmp");
    std::fs::create_dir_all(&tmp)?;
    let (ours, theirs) = UnixStream::pair()?;
    let mut words = vec![OsString::from(WORD), tmp.into(), dir.into()];
    words.extend(start.folders.words());
    words.extend(kept.into_iter().map(PathBuf::into_os_string));
    words.extend([END.into(), program.into()]);
    words.extend(own);
    Ok(Start {
        program: entrance.into(),
        arguments: words,
        report: Some((Report(ours), OwnedFd::from(theirs))),
    })
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
    let named = words
        .flat_map(|word| word.split([':', '=', ',']))
        .map(PathBuf::from);
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

/// What an instance has of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) has_private_tmp: bool,
    /// The code at `/var/user`, the layers at `/opt`, as far as they were wanted.
    pub(super) has_folders: bool,
}

impl Entered {
    fn byte(self) -> u8 {
        u8::from(self.has_private_tmp) | (u8::from(self.has_folders) << 1)
    }

    fn of_byte(byte: u8) -> Self {
        Self {
            has_private_tmp: byte & 1 != 0,
            has_folders: byte & 2 != 0,
        }
    }
}

impl Report {
    /// Waits until the process runs its program, and says what it has of its own; or why it does not run.
    pub(super) fn wait(mut self) -> io::Result<Entered> {
        let mut said = Vec::new();
        self.0.read_to_end(&mut said)?;
        match said.split_first() {
            Some((entered, [])) => Ok(Entered::of_byte(*entered)),
            Some((_, code)) => {
                let code = code.try_into().map(i32::from_le_bytes);
                Err(code.map_or_else(io::Error::other, io::Error::from_raw_os_error))
            }
            None => Err(io::Error::other("it ended before it ran")),
        }
    }
}

/// Becomes the program of a function; `arguments` are those after [`WORD`]. Returns only if that fails.
pub fn enter(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let (Some(tmp), Some(dir)) = (arguments.next(), arguments.next()) else {
        return ExitCode::from(NOT_RUN);
    };
    let Some(folders) = PlatformFolders::of_words(&mut arguments) else {
        return ExitCode::from(NOT_RUN);
    };
    let kept: Vec<PathBuf> = arguments
        .by_ref()
        .take_while(|word| word != OsStr::new(END))
        .map(PathBuf::from)
        .collect();
    let Some(program) = arguments.next() else {
        return ExitCode::from(NOT_RUN);
    };
    // The program must not have it: it is closed when the program begins to run.
    let Ok(report) = rustix::io::fcntl_dupfd_cloexec(std::io::stderr().as_fd(), 3) else {
        return ExitCode::from(NOT_RUN);
    };
    let Ok(printing) = std::io::stdout().as_fd().try_clone_to_owned() else {
        return ExitCode::from(NOT_RUN);
    };
    let mut report = UnixStream::from(report);
    let entered = isolate(Path::new(&tmp), Path::new(&dir), &kept, &folders);
    let program = if entered.has_folders {
        folders.inside(&program)
    } else {
        program
    };
    #[expect(clippy::disallowed_methods, reason = "this is the launcher")]
    let mut command = Command::new(program);
    command.args(arguments);
    // Both streams are one pipe.
    command.stderr(printing);
    if entered.has_folders {
        folders.rename_in(&mut command);
    }
    if report.write_all(&[entered.byte()]).is_err() {
        // Whoever started this is gone.
        return ExitCode::from(NOT_RUN);
    }
    let error = command.exec();
    let code = error.raw_os_error().unwrap_or_default();
    // There is nowhere else to say it.
    drop(report.write_all(&code.to_le_bytes()));
    ExitCode::from(NOT_RUN)
}

/// Puts the wanted folders in their places for this process, as far as the system lets it, and goes to the code.
#[cfg(target_os = "linux")]
fn isolate(tmp: &Path, dir: &Path, kept: &[PathBuf], folders: &PlatformFolders) -> Entered {
    use super::platform_folders;

    let mut entered = Entered::default();
    if leave_the_others().is_err() {
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

/// Nothing that this process mounts from here on is seen by others.
#[cfg(target_os = "linux")]
fn leave_the_others() -> io::Result<()> {
    use rustix::mount::{MountPropagationFlags, mount_change};

    take_leave()?;
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    Ok(mount_change("/", flags)?)
}

/// Puts `tmp` in the place of `/tmp` for this process, with what is kept in it.
#[cfg(target_os = "linux")]
fn private_tmp(tmp: &Path, kept: &[PathBuf]) -> io::Result<()> {
    use rustix::mount::mount_bind_recursive;

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

/// Leaves the file system that other processes see: by right, or as the user of a namespace of its own.
#[cfg(target_os = "linux")]
#[expect(
    deprecated,
    reason = "its replacement is unsafe because of file descriptors, which this does not unshare"
)]
fn take_leave() -> io::Result<()> {
    use rustix::thread::{UnshareFlags, unshare};

    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    if user.is_root() && unshare(UnshareFlags::NEWNS).is_ok() {
        return Ok(());
    }
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
    // The user keeps the number; without the first line the system does not allow the third.
    std::fs::write("/proc/self/setgroups", "deny")?;
    let (user, group) = (user.as_raw(), group.as_raw());
    std::fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

#[cfg(not(target_os = "linux"))]
fn isolate(_tmp: &Path, _dir: &Path, _kept: &[PathBuf], _folders: &PlatformFolders) -> Entered {
    Entered::default()
}
