//! Which files a function is made of.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::absolute;
use crate::cli::build_command::BuildCommand;
use crate::config::{FILE_NAME, FunctionConfig};

/// The code of a function as it is configured.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Source {
    pub(super) name: String,
    /// The folder of the code, or the zip of it.
    pub(super) code: PathBuf,
    /// What makes the code.
    pub(super) build: Option<BuildCommand>,
    /// Where its files are.
    pub(super) scopes: Vec<Scope>,
}

/// A folder with everything below it, or one file of it.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) folder: PathBuf,
    /// The only file that counts; all if `None`.
    pub(super) only: Option<OsString>,
    /// Files and folders that do not count.
    pub(super) except: Vec<PathBuf>,
}

impl Source {
    pub(super) fn of(
        name: &str,
        function: &FunctionConfig,
        project: &Path,
        data: Option<&Path>,
    ) -> Self {
        let code = absolute(function.code.as_deref().unwrap_or(Path::new(".")));
        let build = BuildCommand::of(function);
        let folder = match &build {
            Some(build) => build.folder().to_owned(),
            None => code.clone(),
        };
        let mut scopes = vec![if folder.is_dir() {
            Scope {
                except: not_code(&folder, &code, project, data),
                folder: folder.clone(),
                only: None,
            }
        } else {
            Scope::file(&code)
        }];
        let program = function.command.as_ref().and_then(|words| words.0.first());
        let program = program
            .filter(|program| program.contains('/'))
            .map(absolute);
        if let Some(program) = program.filter(|program| !program.starts_with(&folder)) {
            scopes.push(Scope::file(&program));
        }
        Self {
            name: name.to_owned(),
            code,
            build,
            scopes,
        }
    }

    /// Whether the code is a zip.
    pub(super) fn is_zip(&self) -> bool {
        self.code.is_file()
    }
}

impl Scope {
    /// One file.
    pub(super) fn file(path: &Path) -> Self {
        Self {
            folder: path.parent().unwrap_or(Path::new("/")).to_owned(),
            only: path.file_name().map(OsString::from),
            except: Vec::new(),
        }
    }
}

/// What is in the folder and is not code: the zip that a build makes of it, the emulator's own data, and the files of the
/// project that no function reads.
fn not_code(folder: &Path, code: &Path, project: &Path, data: Option<&Path>) -> Vec<PathBuf> {
    let project = absolute(if project.as_os_str().is_empty() {
        Path::new(".")
    } else {
        project
    });
    let own = [FILE_NAME, "scenarios", "snapshots"].map(|name| project.join(name));
    let zip = (code != folder).then(|| code.to_owned());
    let data = data.map(absolute);
    own.into_iter().chain(zip).chain(data).collect()
}
