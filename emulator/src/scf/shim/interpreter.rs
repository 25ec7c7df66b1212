//! Which program runs a handler: one that the project has installed for itself, else one in `PATH`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{HandlerRuntime, Language};

/// What marks the top folder of a project.
const TOPS: [&str; 2] = ["backlot.yaml", ".git"];

/// No program runs the handlers of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{program}` is not in PATH")]
pub struct NoInterpreter {
    /// The language of the handler.
    pub language: Language,
    /// The name of the interpreter.
    program: &'static str,
}

/// The interpreter for code in the folder `code`, `None` if the code is a program; `path` is the value of `PATH`.
///
/// What the project has installed is a virtual environment, or the package `node` of npm. It is looked for beside the code and
/// in the folders above it, up to the top of the project: the folder with `backlot.yaml` or `.git`. Without such a folder it
/// must be beside the code.
pub fn find(
    runtime: HandlerRuntime,
    code: &Path,
    path: &OsStr,
) -> Result<Option<PathBuf>, NoInterpreter> {
    let language = runtime.language();
    let Some(program) = language.program() else {
        return Ok(None);
    };
    let in_path = || {
        let folders = std::env::split_paths(path);
        let mut candidates = folders.map(|folder| code.join(folder).join(program));
        candidates.find(|program| is_program(program))
    };
    of_the_project(code, language)
        .or_else(in_path)
        .map(Some)
        .ok_or(NoInterpreter { language, program })
}

impl NoInterpreter {
    /// What to do.
    pub fn hint(&self) -> String {
        match self.language {
            Language::Python => "install Python 3, add it to PATH, or create a virtual environment `.venv` in the project",
            Language::Node => "install Node.js, or add its `node` to PATH",
            Language::Go => "compile the code",
            Language::Php => "install PHP, which most systems call `php-cli`, or add its `php` to PATH",
        }
        .to_owned()
    }
}

fn of_the_project(code: &Path, language: Language) -> Option<PathBuf> {
    let top = code
        .ancestors()
        .find(|folder| TOPS.iter().any(|name| folder.join(name).exists()));
    let top = top.unwrap_or(code);
    let folders = code
        .ancestors()
        .take_while(|folder| folder.starts_with(top));
    let mut candidates =
        folders.flat_map(|folder| language.installed().iter().map(|own| folder.join(own)));
    candidates.find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn found(code: &Path, path: &Path) -> Option<PathBuf> {
        found_for("Python3.10", code, path)
    }

    fn found_for(runtime: &str, code: &Path, path: &Path) -> Option<PathBuf> {
        let runtime = HandlerRuntime::parse(runtime).unwrap().unwrap();
        find(runtime, code, path.as_os_str()).ok()?
    }

    #[test]
    fn an_environment_of_the_project_comes_before_path() {
        let project = tempfile::tempdir().unwrap();
        let (top, bin) = (project.path().join("top"), project.path().join("bin"));
        let code = top.join("functions/notify");
        fs::create_dir_all(&code).unwrap();
        assert_eq!(found(&code, &bin), None);
        program(&bin.join("python3"));
        assert_eq!(found(&code, &bin), Some(bin.join("python3")));
        program(&top.join("venv/bin/python3"));
        assert_eq!(
            found(&code, &bin),
            Some(bin.join("python3")),
            "not a project"
        );
        fs::write(top.join("backlot.yaml"), "").unwrap();
        assert_eq!(found(&code, &bin), Some(top.join("venv/bin/python3")));
        program(&code.join(".venv/bin/python3"));
        assert_eq!(found(&code, &bin), Some(code.join(".venv/bin/python3")));
    }
    #[test]
    fn a_node_that_npm_has_installed_comes_before_path() {
        let project = tempfile::tempdir().unwrap();
        let (top, bin) = (project.path().join("top"), project.path().join("bin"));
        let code = top.join("functions/notify");
        fs::create_dir_all(&code).unwrap();
        fs::write(top.join("backlot.yaml"), "").unwrap();
        program(&bin.join("node"));
        program(&top.join(".venv/bin/python3"));
        let node = |code: &Path| found_for("Nodejs18.15", code, &bin);
        assert_eq!(node(&code), Some(bin.join("node")));
        let own = top.join("node_modules/.bin/node");
        program(&own);
        assert_eq!(node(&code), Some(own));
    }

    #[test]
    fn a_missing_interpreter_is_named_with_what_to_install() {
        let nothing = tempfile::tempdir().unwrap();
        for (runtime, program, install) in [
            ("Python3.10", "python3", "install Python 3"),
            ("Nodejs18.15", "node", "install Node.js"),
            (
                "Php8.0",
                "php",
                "install PHP, which most systems call `php-cli`",
            ),
        ] {
            let runtime = HandlerRuntime::parse(runtime).unwrap().unwrap();
            let missing = find(runtime, nothing.path(), nothing.path().as_os_str()).unwrap_err();
            assert_eq!(missing.to_string(), format!("`{program}` is not in PATH"));
            assert!(missing.hint().starts_with(install), "{}", missing.hint());
        }
    }
}
