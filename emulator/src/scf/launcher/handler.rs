//! Instances that are an interpreter with a bootstrap of the emulator's own, which calls the user's handler.

use std::path::{Path, PathBuf};

use super::{LaunchError, LaunchRequest, Launched, Launcher, Program, bridged};
use crate::scf::shim::{self, HandlerRuntime, Language, interpreter, stand_in};

/// A handler in a folder.
#[derive(Debug)]
pub(in crate::scf) struct Handler {
    runtime: HandlerRuntime,
    /// Relative to `dir`.
    file: PathBuf,
    dir: PathBuf,
    library_logs: bool,
}

impl Handler {
    /// `handler` in `dir`, both of a function that was checked.
    pub(in crate::scf) fn new(
        runtime: HandlerRuntime,
        handler: &str,
        dir: &Path,
        library_logs: bool,
    ) -> Self {
        let file = runtime.entry_file(handler);
        Self {
            runtime,
            file: file.expect("a function's handler was checked"),
            dir: super::absolute(dir),
            library_logs,
        }
    }
}

impl Launcher for Handler {
    fn root(&self) -> PathBuf {
        self.dir.clone()
    }

    fn launch(&self, mut start: LaunchRequest) -> Result<Launched, LaunchError> {
        if !self.dir.join(&self.file).is_file() {
            let (file, folder) = (self.file.clone(), self.dir.clone());
            return Err(LaunchError::NoEntry { file, folder });
        }
        let path = start.variable("PATH").unwrap_or_default().to_owned();
        let found = interpreter::find(self.runtime, &self.dir, path.as_ref())?;
        let Some(program) = found else {
            return bridged::launch(&self.file, &self.dir, start);
        };
        let program = stand_in::program(program, self.runtime, &self.dir);
        let name = program.to_string_lossy().into_owned();
        start.environment.push(("_".into(), name));
        let language = self.runtime.language();
        let with = shim::Start {
            now: start.now,
            library_logs: self.library_logs,
        };
        let arguments = shim::write(language, &start.scratch, with)?;
        if language == Language::Python
            && let Some(home) = std::env::home_dir()
        {
            // The private home hides what `pip install --user` has installed. The bootstrap takes the variable away.
            let base = home.join(".local").to_string_lossy().into_owned();
            start.environment.push(("PYTHONUSERBASE".into(), base));
        }
        Program::of(program, arguments, &self.dir).launch(start)
    }
}
