//! What differs from one runtime of the platform to the next: how code becomes a process, and the runtime's own variables.

use std::sync::Arc;

use super::function::{Code, Function};
use super::launcher::{Handler, Launcher, Program};
use super::shim::HandlerRuntime;

/// A runtime of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runtime {
    /// The user's own executable speaks the runtime API.
    Custom,
    /// A bootstrap of the runtime speaks the runtime API and calls the user's handler.
    Handler(HandlerRuntime),
}

impl Runtime {
    /// The runtime for a kind of code.
    pub(super) fn of(code: &Code) -> Self {
        match code {
            Code::Command { .. } | Code::Folder(_) | Code::InProcess(_) => Self::Custom,
            Code::Handler { runtime, .. } => Self::Handler(*runtime),
        }
    }

    /// `SCF_RUNTIME`, and `Runtime` in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Custom => "CustomRuntime",
            Self::Handler(runtime) => runtime.name(),
        }
    }

    /// Whether a bootstrap of the emulator's own speaks the runtime API.
    pub(super) fn has_bootstrap(self) -> bool {
        matches!(self, Self::Handler(_))
    }
}

/// What starts instances of a function that was checked.
pub(super) fn launcher(function: &Function) -> Arc<dyn Launcher> {
    match &function.code {
        Code::Command { command, dir } => Arc::new(Program::command(command, dir)),
        Code::Folder(dir) => Arc::new(Program::bootstrap(dir)),
        Code::Handler { runtime, dir } => Arc::new(Handler::new(
            *runtime,
            &function.handler,
            dir,
            function.library_logs,
        )),
        Code::InProcess(code) => Arc::new(code.clone()),
    }
}
