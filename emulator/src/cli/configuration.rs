//! The project that a verb works in: `backlot.yaml`, and the folder that it is in.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{CommandError, chain};
use super::notice;
use crate::config::import::{self, Surroundings};
use crate::config::{Config, FILE_NAME, Loaded};

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
    /// The files that were imported.
    pub(super) imports: Vec<PathBuf>,
}

impl Project {
    /// The project of a configuration that was read. Tells what there is to tell about files that were imported.
    fn new(folder: PathBuf, file: Option<PathBuf>, loaded: Loaded) -> Self {
        for note in &loaded.notes {
            notice(note);
        }
        Self {
            folder,
            file,
            config: loaded.config,
            imports: loaded.imports,
        }
    }
}

/// `a`, `b`
fn list<T: std::fmt::Display>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("`{item}`")).collect();
    items.join(", ")
}

impl Configuration {
    /// Reads the configuration over the defaults.
    pub(super) fn read(&self) -> Result<Project, CommandError> {
        let Some(file) = self.find()? else {
            return Self::without_file();
        };
        let loaded = Config::load(&file).map_err(|error| {
            let failed = CommandError::usage(chain(&error));
            match &self.file {
                Some(_) => failed.hint("`--config` (`BACKLOT_CONFIG`) names this file"),
                None => failed,
            }
        })?;
        tracing::info!(file = %file.display(), "the configuration was read");
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Project::new(folder, Some(file), loaded))
    }

    /// The project in a folder without `backlot.yaml`: what can be imported, else the defaults.
    fn without_file() -> Result<Project, CommandError> {
        let files = import::find(Path::new(""), &Surroundings::real());
        if files.is_empty() {
            tracing::info!("there is no `backlot.yaml`: embedded defaults are in force");
            return Ok(Project {
                folder: PathBuf::new(),
                file: None,
                config: Config::embedded(),
                imports: Vec::new(),
            });
        }
        let loaded = Config::load_imports(&files);
        let loaded = loaded.map_err(|error| {
            CommandError::usage(chain(&error)).hint(
                "the file is imported because there is no `backlot.yaml`; one with `import:` and `functions:` can say otherwise",
            )
        })?;
        notice(&format!(
            "no `backlot.yaml`: imported {} with {}",
            list(
                &loaded
                    .imports
                    .iter()
                    .map(|file| file.display())
                    .collect::<Vec<_>>()
            ),
            match &loaded.functions[..] {
                [one] => format!("the function `{one}`"),
                several => format!("the functions {}", list(several)),
            }
        ));
        Ok(Project::new(PathBuf::new(), None, loaded))
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
            if !named.is_dir() {
                return Ok(Some(named.clone()));
            }
            let file = named.join(FILE_NAME);
            let mut others = import::find(named, &Surroundings::real()).into_iter();
            return Ok(Some(match others.next().filter(|_| !file.exists()) {
                Some(other) => other,
                None => file,
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
