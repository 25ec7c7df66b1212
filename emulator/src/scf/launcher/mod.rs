//! How an instance comes to run: as a process of its own, or as a future in this one. Both talk to the same runtime API
//! over the same kind of socket, so nothing above this folder knows the difference.

mod client;
mod in_process;
mod process;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

pub use client::{RuntimeClient, RuntimeError};
pub use in_process::{Embedded, InProcess};
pub(super) use process::Program;

use super::output::Output;

/// A future in a box, as the traits here return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Starts instances of one function.
pub(super) trait Launcher: fmt::Debug + Send + Sync {
    /// Where the code is: `USER_CODE_ROOT` and the working folder.
    fn root(&self) -> PathBuf;

    /// Starts one; does not wait until it is ready.
    fn launch(&self, start: LaunchRequest) -> Result<Launched, LaunchError>;
}

/// What a new instance is given.
#[derive(Debug)]
pub(super) struct LaunchRequest {
    /// All variables that it shall see; it inherits none.
    pub(super) environment: Vec<(String, String)>,
    /// The runtime API's address.
    pub(super) api: SocketAddr,
}

/// An instance that was just started.
pub(super) struct Launched {
    /// Its end, natural or not.
    pub(super) process: Box<dyn Process>,
    /// What it prints.
    pub(super) output: Arc<Output>,
}

/// Something that runs. Dropping it kills it.
pub(super) trait Process: fmt::Debug + Send {
    /// Waits until its first process has ended and says how: `exited with code 1`. May be dropped and called again.
    fn exited(&mut self) -> BoxFuture<'_, String>;

    /// How it ended, if it has.
    fn ended(&mut self) -> Option<String>;

    /// Kills all that was started, at once. Returns whether there was something left to kill.
    fn kill(&mut self) -> bool;
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    /// There is no such program or folder.
    #[error("there is nothing at `{}`", .path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The program is not executable.
    #[error("`{}` is not executable", .path.display())]
    NotExecutable {
        /// Where it is.
        path: PathBuf,
    },
    /// The system does not run it: no interpreter line, CRLF line ends, another machine's binary.
    #[error("the system does not run `{}`", .path.display())]
    Unrunnable {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The machine is out of something.
    #[error("a pipe could not be made")]
    Machine {
        /// What the system said.
        #[from]
        source: io::Error,
    },
}
