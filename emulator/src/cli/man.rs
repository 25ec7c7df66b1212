//! `backlot man`: a manual page for each verb.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use super::exit::{CommandError, Exit};
use super::{Cli, print};

/// Writes manual pages to a folder
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        let folder = &self.folder;
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
        written.map_err(|error| {
            CommandError::environment(format!("`{}` cannot be written: {error}", folder.display()))
        })?;
        print(&format!(
            "try `man {}`\n",
            folder.join("backlot.1").display()
        ))?;
        Ok(Exit::Passed)
    }
}
