//! How an instance comes to run: as a process of its own, or as a future in this one. Both talk to the same runtime API
//! over the same kind of socket, so nothing above this folder knows the difference.

mod bridged;
mod client;
pub mod entrance;
mod handler;
mod in_process;
mod isolation;
mod memory_group;
mod platform_folders;
mod process;
mod terminal;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

pub use client::{RuntimeClient, RuntimeError};
pub(super) use handler::Handler;
pub use in_process::{Embedded, InProcess};
pub(super) use platform_folders::PlatformFolders;
pub(super) use process::Program;

use jiff::Timestamp;

use super::output::Output;
use super::shim::interpreter::NoInterpreter;

/// A future in a box, as the traits here return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Starts instances of one function.
pub(super) trait Launcher: fmt::Debug + Send + Sync {
    /// The folder of the code: `USER_CODE_ROOT` and the working folder.
    fn root(&self) -> PathBuf;

    /// Starts an instance; does not wait until it is ready.
    fn launch(&self, start: LaunchRequest) -> Result<Launched, LaunchError>;
}

/// What a new instance is given.
#[derive(Debug)]
pub(super) struct LaunchRequest {
    /// All variables of the process; it inherits none.
    pub(super) environment: Vec<(String, String)>,
    /// The runtime API's address.
    pub(super) api: SocketAddr,
    /// The instance's private folder.
    pub(super) scratch: PathBuf,
    /// Whether it is to have a `/tmp` of its own.
    pub(super) has_private_tmp: bool,
    /// What is to be at `/var/user` and `/opt`.
    pub(super) folders: PlatformFolders,
    /// Whether it is debugged: it reads this process's standard input, and what it prints is shown at once.
    pub(super) is_debugged: bool,
    /// The time, if it is not that of the machine.
    pub(super) now: Option<Timestamp>,
    /// How much memory it may have, in MB, if the system is to limit it.
    pub(super) memory_mb: Option<u32>,
}

impl LaunchRequest {
    fn variable(&self, name: &str) -> Option<&str> {
        let found = self.environment.iter().rfind(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// An instance that was just started.
pub(super) struct Launched {
    /// The process, to wait for its end or to kill it.
    pub(super) process: Box<dyn Process>,
    /// What the process prints.
    pub(super) output: Arc<Output>,
    /// Whether it shares the machine's `/tmp`.
    pub(super) shares_tmp: bool,
    /// Whether it has no `/var/user` or no `/opt`, although it was to have them.
    pub(super) misses_folders: bool,
}

/// A running instance. Dropping it kills it.
pub(super) trait Process: fmt::Debug + Send {
    /// Waits until its first process has ended and says how: `exited with code 1`. May be dropped and called again.
    fn exited(&mut self) -> BoxFuture<'_, String>;

    /// How its first process ended, if it has.
    fn ended(&mut self) -> Option<String>;

    /// Kills the instance and all that it has started, at once. Returns whether anything was still running.
    fn kill(&mut self) -> bool;

    /// The number of its first process, if it is one that can be stopped and looked at.
    fn id(&self) -> Option<u32> {
        None
    }

    /// The most memory that its processes have had, in bytes, if that can be told.
    fn peak_memory(&self) -> Option<u64> {
        None
    }

    /// Whether the system has ended it because it needed more memory than it may have.
    fn is_out_of_memory(&self) -> bool {
        false
    }

    /// Stops all its processes where they are, until [`Process::thaw`].
    fn freeze(&mut self) {}

    /// Lets its processes go on.
    fn thaw(&mut self) {}
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    /// There is no such program or folder.
    #[error("there is nothing at `{}`", .path.display())]
    Missing {
        /// The path of the program or folder.
        path: PathBuf,
    },
    /// The program is not executable.
    #[error("`{}` is not executable", .path.display())]
    NotExecutable {
        /// The path of the program.
        path: PathBuf,
    },
    /// The system does not run it: no interpreter line, CRLF line ends, another machine's binary.
    #[error("the system does not run `{}`", .path.display())]
    Unrunnable {
        /// The path of the program.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The folder of the code does not have the file that the handler names.
    #[error("there is no `{}` in `{}`", .file.display(), .folder.display())]
    NoEntry {
        /// The file, relative to the folder.
        file: PathBuf,
        /// The folder of the code.
        folder: PathBuf,
    },
    /// No interpreter runs the handler.
    #[error(transparent)]
    NoInterpreter(#[from] NoInterpreter),
    /// The machine has no resources left.
    #[error("a pipe could not be made")]
    Machine {
        /// The error of the system.
        #[from]
        source: io::Error,
    },
}

fn absolute(dir: &Path) -> PathBuf {
    std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned())
}
