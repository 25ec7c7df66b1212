//! The project that a verb works in: `backlot.yaml`, and the folder that it is in.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{CommandError, chain};
use crate::config::{Config, FILE_NAME};

/// Where the configuration is.
#[derive(Debug, Args)]
pub(super) struct Configuration {
    /// The configuration file, or its folder [default: `backlot.yaml` in this folder or the nearest one above]
    #[arg(
        long = "config",
        short = 'C',
        value_name = "FILE",
        env = "BACKLOT_CONFIG"
    )]
    file: Option<PathBuf>,
}

/// A project.
#[derive(Debug)]
pub(super) struct Project {
    /// The folder of `backlot.yaml`, or the current folder without that file. Empty for the current folder.
    pub(super) folder: PathBuf,
    /// The file; `None` if there is none.
    pub(super) file: Option<PathBuf>,
    /// What is in force: the file over the defaults.
    pub(super) config: Config,
}

impl Configuration {
    /// Reads the configuration over the defaults.
    pub(super) fn read(&self) -> Result<Project, CommandError> {
        let file = self.find()?;
        let Some(file) = file else {
            tracing::info!("there is no `backlot.yaml`: embedded defaults are in force");
            return Ok(Project {
                folder: PathBuf::new(),
                file: None,
                config: Config::embedded(),
            });
        };
        let config = Config::load(&file);
        let config = config.map_err(|error| {
            let failed = CommandError::usage(chain(&error));
            match &self.file {
                Some(_) => failed.hint("`--config` (`BACKLOT_CONFIG`) names this file"),
                None => failed,
            }
        })?;
        tracing::info!(file = %file.display(), "the configuration was read");
        Ok(Project {
            folder: file.parent().unwrap_or(Path::new("")).to_owned(),
            file: Some(file),
            config,
        })
    }

    /// The flag and the file, if a file was given.
    pub(super) fn flag(&self) -> Option<(&'static str, &Path)> {
        Some(("--config", self.file.as_deref()?))
    }

    /// The project's folder.
    pub(super) fn folder(&self) -> Result<PathBuf, CommandError> {
        let file = self.find()?;
        let folder = file.as_deref().and_then(Path::parent);
        Ok(folder.unwrap_or(Path::new("")).to_owned())
    }

    fn find(&self) -> Result<Option<PathBuf>, CommandError> {
        if let Some(named) = &self.file {
            let is_folder = named.is_dir();
            return Ok(Some(if is_folder {
                named.join(FILE_NAME)
            } else {
                named.clone()
            }));
        }
        if Path::new(FILE_NAME).exists() {
            return Ok(Some(FILE_NAME.into()));
        }
        let here = std::env::current_dir().map_err(|error| {
            CommandError::environment(format!("this folder cannot be used: {error}"))
        })?;
        let mut above = here
            .ancestors()
            .skip(1)
            .map(|folder| folder.join(FILE_NAME));
        Ok(above.find(|file| file.exists()))
    }
}

/// Where snapshots are.
#[derive(Debug, Args)]
pub(super) struct Snapshots {
    /// The folder of the snapshots [default: `snapshots` in the project's folder]
    #[arg(long = "snapshots", value_name = "DIR", env = "BACKLOT_SNAPSHOTS")]
    given: Option<PathBuf>,
    #[arg(skip)]
    settled: PathBuf,
}

impl Snapshots {
    /// Decides the folder, once the folder of the project is known.
    pub(super) fn settle(&mut self, project: &Path) {
        let given = self.given.clone();
        self.settled = given.unwrap_or_else(|| project.join("snapshots"));
    }

    /// The flag and the folder, if a folder was given.
    pub(super) fn flag(&self) -> Option<(&'static str, &Path)> {
        Some(("--snapshots", self.given.as_deref()?))
    }

    /// The folder, after it was [settled](Self::settle).
    pub(super) fn folder(&self) -> &Path {
        &self.settled
    }
}
