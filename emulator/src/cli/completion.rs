//! `backlot completion`: a script that completes the command line in a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::exit::{CommandError, Exit};
use super::{Cli, print};

/// Prints a completion script for a shell
#[derive(Debug, Args)]
pub(super) struct Completion {
    /// The shell
    shell: Shell,
}

impl Completion {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "backlot", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Passed)
    }
}
