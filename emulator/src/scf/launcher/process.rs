//! Instances that are processes, each with its descendants in a process group of its own.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use super::isolation::{Entered, Isolation};
use super::memory_group::MemoryGroup;
use super::{
    BoxFuture, LaunchError, LaunchRequest, Launched, Launcher, Process, absolute, entrance,
    terminal,
};
use crate::scf::output::Output;
use crate::scf::process_tree::ProcessTree;
use crate::scf::strays::MARK;

/// A program in a folder.
#[derive(Debug)]
pub(in crate::scf) struct Program {
    /// As written: a path relative to `dir`, or a name to be looked up.
    path: PathBuf,
    arguments: Vec<String>,
    dir: PathBuf,
}

impl Program {
    /// `command` in `dir`.
    pub(in crate::scf) fn command(command: &[String], dir: &Path) -> Self {
        let (program, arguments) = command
            .split_first()
            .expect("a function's command was checked");
        Self {
            path: program.into(),
            arguments: arguments.to_vec(),
            dir: absolute(dir),
        }
    }

    /// The program at `path` with these arguments, in the absolute folder `dir`.
    pub(super) fn of(path: PathBuf, arguments: Vec<String>, dir: &Path) -> Self {
        let dir = dir.to_owned();
        Self {
            path,
            arguments,
            dir,
        }
    }

    /// The file `bootstrap` in `dir`, without arguments.
    pub(in crate::scf) fn bootstrap(dir: &Path) -> Self {
        let dir = absolute(dir);
        Self {
            path: "./bootstrap".into(),
            arguments: Vec::new(),
            dir,
        }
    }

    /// Finds the program before it is run: that gives clear reasons, and a full path lets the system start it without
    /// copying this process first.
    fn find(&self, path: &str) -> Result<PathBuf, LaunchError> {
        if self.path.components().count() > 1 {
            // A relative path is relative to the code.
            let program = self.dir.join(&self.path);
            let path = self.path.clone();
            return match is_executable(&program) {
                Some(true) => Ok(program),
                Some(false) => Err(LaunchError::NotExecutable { path }),
                None => Err(LaunchError::Missing { path }),
            };
        }
        path.split(':')
            .map(|folder| self.dir.join(folder).join(&self.path))
            .find(|program| is_executable(program) == Some(true))
            .ok_or_else(|| LaunchError::Missing {
                path: self.path.clone(),
            })
    }
}

impl Launcher for Program {
    fn root(&self) -> PathBuf {
        self.dir.clone()
    }

    fn launch(&self, start: LaunchRequest) -> Result<Launched, LaunchError> {
        let program = self.find(start.variable("PATH").unwrap_or_default())?;
        if !self.dir.is_dir() {
            let path = self.dir.clone();
            return Err(LaunchError::Missing { path });
        }

        let (sender, receiver) = pipe::pipe()?;
        let printing = sender.into_blocking_fd()?;
        let is_debugged = start.is_debugged;
        let wants_folders = !start.folders.is_nothing();
        let (child, entered) = self.start(&program, &start, printing)?;
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let memory = start.memory_mb.and_then(MemoryGroup::limited_to);
        let memory = memory.filter(|limited| is_in(limited, child.id()));
        Ok(Launched {
            process: Box::new(Group {
                child,
                id: group,
                memory,
            }),
            output: Output::of_pipe(receiver, is_debugged),
            shares_tmp: !entered.has_private_tmp,
            misses_folders: wants_folders && !entered.has_folders,
        })
    }
}

impl Program {
    /// Starts `program`, isolated from others as far as that is wanted and possible.
    fn start(
        &self,
        program: &Path,
        start: &LaunchRequest,
        printing: OwnedFd,
    ) -> Result<(Child, Entered), LaunchError> {
        let may_be_isolated = start.has_private_tmp && entrance::is_offered();
        let isolation = may_be_isolated
            .then(|| Isolation::of(program, &self.arguments, &self.dir, start))
            .flatten();
        let by_right = isolation.as_ref().and_then(|isolation| {
            let spawned =
                |entered| self.start_within(program, start, &printing, isolation, entered);
            isolation.by_right(spawned)
        });
        match by_right {
            Some(started) => started,
            None => self.start_through(program, start, printing, isolation.as_ref()),
        }
    }

    /// Starts it on a thread that has everything in place.
    fn start_within(
        &self,
        program: &Path,
        start: &LaunchRequest,
        printing: &OwnedFd,
        isolation: &Isolation,
        entered: Entered,
    ) -> Result<(Child, Entered), LaunchError> {
        let folders = &isolation.folders;
        let inside = if entered.has_folders {
            folders.inside(program.as_os_str())
        } else {
            program.into()
        };
        let mut command = command(&inside, start, printing.try_clone()?)?;
        command.args(&self.arguments).stderr(printing.try_clone()?);
        if entered.has_folders {
            command.envs(folders.renamed(start.environment.iter().cloned()));
        } else {
            // The thread may not have got there, and is still where the emulator is.
            command.current_dir(&self.dir);
        }
        let child = command.spawn().map_err(|source| self.unrunnable(source))?;
        Ok((child, entered))
    }

    /// Starts it directly or, with an isolation, through the entrance.
    fn start_through(
        &self,
        program: &Path,
        start: &LaunchRequest,
        printing: OwnedFd,
        isolation: Option<&Isolation>,
    ) -> Result<(Child, Entered), LaunchError> {
        let started = entrance::command(program, &self.arguments, isolation)?;
        let (report, stderr) = match started.report {
            Some((report, theirs)) => (Some(report), theirs),
            None => (None, printing.try_clone()?),
        };
        let mut command = command(&started.program, start, printing)?;
        command
            .args(&started.arguments)
            .current_dir(&self.dir)
            .stderr(stderr);
        let child = command.spawn().map_err(|source| self.unrunnable(source))?;
        // The other end of the report is the child's alone.
        drop(command);
        let entered = match report {
            Some(report) => report.wait().map_err(|source| self.unrunnable(source))?,
            None => Entered::default(),
        };
        Ok((child, entered))
    }

    fn unrunnable(&self, source: io::Error) -> LaunchError {
        let path = self.path.clone();
        LaunchError::Unrunnable { path, source }
    }
}

/// What all ways of starting a program have in common.
fn command(program: &OsStr, start: &LaunchRequest, printing: OwnedFd) -> io::Result<Command> {
    let stdin = if start.is_debugged {
        Stdio::from(terminal::lend()?)
    } else {
        Stdio::null()
    };
    #[expect(clippy::disallowed_methods, reason = "this is the launcher")]
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(start.environment.iter().map(|(name, value)| (name, value)))
        .env(MARK, std::process::id().to_string())
        .stdin(stdin)
        .stdout(printing)
        .process_group(0)
        .kill_on_drop(true);
    Ok(command)
}

/// A process and its descendants.
#[derive(Debug)]
struct Group {
    child: Child,
    /// `None` once it was killed: the number may belong to others then.
    id: Option<Pid>,
    /// What limits its memory; dropped after the process.
    memory: Option<MemoryGroup>,
}

impl Process for Group {
    fn exited(&mut self) -> BoxFuture<'_, String> {
        Box::pin(async { describe(self.child.wait().await) })
    }

    fn ended(&mut self) -> Option<String> {
        self.child.try_wait().transpose().map(describe)
    }

    fn kill(&mut self) -> bool {
        let Some(group) = self.id.take() else {
            return false;
        };
        self.signal_all(group, Signal::KILL)
    }

    fn id(&self) -> Option<u32> {
        self.child.id()
    }

    fn peak_memory(&self) -> Option<u64> {
        let limited = self.memory.as_ref().and_then(MemoryGroup::peak);
        limited.or_else(|| ProcessTree::of(self.child.id()?).peak_memory())
    }

    fn is_out_of_memory(&self) -> bool {
        self.memory.as_ref().is_some_and(MemoryGroup::is_exceeded)
    }

    fn freeze(&mut self) {
        if let Some(group) = self.id {
            self.signal_all(group, Signal::STOP);
        }
    }

    fn thaw(&mut self) {
        if let Some(group) = self.id {
            self.signal_all(group, Signal::CONT);
        }
    }
}

impl Group {
    /// Sends a signal to all processes of the group, and to descendants that have left it, which can be found as long as
    /// their parents live. Returns whether there was a group.
    fn signal_all(&self, group: Pid, signal: Signal) -> bool {
        let tree = self.child.id().map(ProcessTree::of);
        let others = tree.map(ProcessTree::ids).unwrap_or_default();
        let is_there = kill_process_group(group, signal).is_ok();
        for id in others {
            let id = i32::try_from(id).ok().and_then(Pid::from_raw);
            if let Some(id) = id.filter(|id| *id != group)
                && let Err(error) = kill_process(id, signal)
            {
                tracing::debug!(%error, ?signal, "a process of an instance was gone with its group");
            }
        }
        is_there
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Puts a process into a group, unless it has ended already.
fn is_in(group: &MemoryGroup, process: Option<u32>) -> bool {
    let Some(process) = process else {
        return false;
    };
    group
        .take(process)
        .inspect_err(|error| {
            tracing::debug!(%error, "the memory of an instance is not limited");
        })
        .is_ok()
}

fn describe(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exited with code {code}"),
            (None, Some(signal)) => format!("killed by signal {signal}"),
            (None, None) => "ended".into(),
        },
        Err(error) => format!("ended ({error})"),
    }
}

/// Whether there is a file, and whether it may be executed.
fn is_executable(path: &Path) -> Option<bool> {
    let metadata = std::fs::metadata(path)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    Some(metadata.permissions().mode() & 0o111 != 0)
}
