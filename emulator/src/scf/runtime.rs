//! What differs from one runtime of the platform to the next: how code becomes a process, and the runtime's own variables.

use std::sync::Arc;

use super::function::Code;
use super::launcher::{Launcher, Program};

/// A runtime of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runtime {
    /// The user's own executable speaks the runtime API.
    Custom,
}

impl Runtime {
    /// The runtime for a kind of code.
    pub(super) fn of(code: &Code) -> Self {
        match code {
            Code::Command { .. } | Code::Folder(_) | Code::InProcess(_) => Self::Custom,
        }
    }

    /// `SCF_RUNTIME`, and `Runtime` in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Custom => "CustomRuntime",
        }
    }

    /// What starts instances of `code`.
    pub(super) fn launcher(self, code: &Code) -> Arc<dyn Launcher> {
        match (self, code) {
            (Self::Custom, Code::Command { command, dir }) => {
                Arc::new(Program::command(command, dir))
            }
            (Self::Custom, Code::Folder(dir)) => Arc::new(Program::bootstrap(dir)),
            (Self::Custom, Code::InProcess(code)) => Arc::new(code.clone()),
        }
    }
}
