//! The way of an instance to a file system of its own (`isolation`) through a user namespace.
//!
//! Only a process without threads may enter one, and nothing safe runs between `fork` and `exec`. So the emulator's own program
//! is started first, with [`WORD`]: it enters, and then becomes the program of the function.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use super::isolation::{Entered, Isolation};
use super::platform_folders::PlatformFolders;

/// The first argument of the emulator's program when it is to become the program of a function.
pub const WORD: &str = "enter-function";
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

/// Whether instances may have a file system of their own.
pub(super) fn is_offered() -> bool {
    PROGRAM.get().is_some()
}

/// How to run `program` with all that is wanted, as far as there is a way to it.
pub(super) fn command(
    program: &Path,
    arguments: &[String],
    isolation: Option<&Isolation>,
) -> io::Result<Start> {
    let own = arguments.iter().map(OsString::from);
    let (Some(entrance), Some(isolation)) = (PROGRAM.get(), isolation) else {
        return Ok(Start {
            program: program.into(),
            arguments: own.collect(),
            report: None,
        });
    };
    let Isolation {
        tmp,
        dir,
        kept,
        folders,
    } = isolation;
    let (ours, theirs) = UnixStream::pair()?;
    let mut words = vec![OsString::from(WORD), tmp.into(), dir.into()];
    words.extend(folders.words());
    words.extend(kept.iter().map(OsString::from));
    words.extend([END.into(), program.into()]);
    words.extend(own);
    Ok(Start {
        program: entrance.into(),
        arguments: words,
        report: Some((Report(ours), OwnedFd::from(theirs))),
    })
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
    let isolation = Isolation {
        tmp: tmp.into(),
        dir: dir.into(),
        kept,
        folders,
    };
    let entered = isolation.enter();
    let folders = &isolation.folders;
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
        let variables = std::env::vars();
        command.envs(folders.renamed(variables));
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
