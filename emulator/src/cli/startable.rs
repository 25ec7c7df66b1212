//! Whether functions can start: their program, or the interpreter and the file of their handler. What is missing is an error
//! now, rather than a failure of each event.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::exit::{CommandError, chain};
use super::notice;
use crate::config::FunctionConfig;
use crate::scf::package::Package;
use crate::scf::shim::{HandlerRuntime, Language, interpreter};
use backlot_base::clock::Clock;

/// How long an interpreter may take to print its version or to read a file, in real time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks functions, and tells once of each interpreter that has another version than the platform's.
#[derive(Debug, Default)]
pub(super) struct Startable {
    /// The versions of the interpreters that were asked for them, by runtime and program.
    compared: BTreeMap<(&'static str, PathBuf), String>,
    packages: Packages,
}

/// What runs the handler of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Handled {
    /// The file of the handler.
    pub(super) file: PathBuf,
    /// The runtime that is played.
    pub(super) runtime: HandlerRuntime,
    /// The interpreter and its version; `None` if the file is a program.
    pub(super) interpreter: Option<(PathBuf, String)>,
}

/// Zips that were unpacked. As long as this lives, a stage that needs one of them does not unpack it again.
#[derive(Debug, Default)]
pub(super) struct Packages(Vec<Arc<Package>>);

impl Startable {
    /// Checks the function `name`, and returns what runs its handler, if it has one.
    pub(super) async fn check(
        &mut self,
        name: &str,
        function: &FunctionConfig,
    ) -> Result<Option<Handled>, CommandError> {
        let code = self.code(name, function)?;
        match (&function.command, function.to_call()) {
            (None, Some((runtime, handler))) => {
                let found = self.handler(name, &code, runtime, handler).await?;
                Ok(Some(found))
            }
            _ => program(name, function, &code).map(|()| None),
        }
    }

    /// The zips that were unpacked on the way.
    pub(super) fn into_packages(self) -> Packages {
        self.packages
    }

    /// The folder of the code; that of a zip is unpacked for it.
    fn code(&mut self, name: &str, function: &FunctionConfig) -> Result<PathBuf, CommandError> {
        let code = function.code.as_deref().unwrap_or(Path::new("."));
        let code = std::path::absolute(code).unwrap_or_else(|_| code.to_owned());
        let is_zip = code.extension().is_some_and(|ending| ending == "zip");
        let is_missing_zip = is_zip && !code.exists();
        if !code.is_file() && !is_missing_zip {
            return Ok(code);
        }
        let package = Package::open(&code).map_err(|error| {
            let why = format!("`{}`: {}", code.display(), chain(&error));
            CommandError::usage(format!("function `{name}` cannot start: {why}")).hint(format!(
                "`functions.{name}.code` is a folder, or a zip file of one"
            ))
        })?;
        let folder = package.code();
        self.packages.0.push(package);
        Ok(folder)
    }

    async fn handler(
        &mut self,
        name: &str,
        code: &Path,
        runtime: HandlerRuntime,
        handler: &str,
    ) -> Result<Handled, CommandError> {
        let cannot =
            |why: String| CommandError::usage(format!("function `{name}` cannot start: {why}"));
        let file = runtime.entry_file(handler);
        let file = file.map_err(|mistake| cannot(mistake.to_string()))?;
        if !code.join(&file).is_file() {
            let why = format!(
                "there is no `{}` for its handler `{handler}` in `{}`",
                file.display(),
                code.display()
            );
            let syntax = match runtime.language() {
                Language::Go => "the name of the binary",
                Language::Python | Language::Node | Language::Php => "`FILE.FUNCTION`",
            };
            return Err(cannot(why).hint(format!(
                "set `functions.{name}.code` to the folder of the code, and `functions.{name}.handler` to {syntax}"
            )));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = interpreter::find(runtime, code, &path);
        let program = found.map_err(|missing| {
            let hint = missing.hint();
            cannot(missing.to_string()).hint(hint)
        })?;
        let file = code.join(file);
        let Some(program) = program else {
            let interpreter = None;
            return Ok(Handled {
                file,
                runtime,
                interpreter,
            });
        };
        let version = self.version(name, runtime, &program).await?;
        Ok(Handled {
            file,
            runtime,
            interpreter: Some((program, version)),
        })
    }

    /// The version of an interpreter. One that is not the platform's is told of once.
    async fn version(
        &mut self,
        name: &str,
        runtime: HandlerRuntime,
        program: &Path,
    ) -> Result<String, CommandError> {
        let asked = (runtime.name(), program.to_owned());
        if let Some(version) = self.compared.get(&asked) {
            return Ok(version.clone());
        }
        let version = version(program).await.map_err(|why| {
            let shown = program.display();
            let text = format!("function `{name}` cannot start: `{shown}` does not run: {why}");
            CommandError::usage(text).hint(format!("install {} anew", runtime.language()))
        })?;
        self.compared.insert(asked, version.clone());
        if !runtime.is_version(&version) {
            notice(&format!(
                "note: function `{name}` has the runtime {} and runs on {} {version} (`{}`)",
                runtime.name(),
                runtime.language(),
                program.display()
            ));
        }
        Ok(version)
    }
}

fn program(name: &str, function: &FunctionConfig, code: &Path) -> Result<(), CommandError> {
    let cannot = |why: String| {
        let hint = format!(
            "set `functions.{name}.runtime` and `handler`, or `functions.{name}.command`, in backlot.yaml; \
             or give `--function {name}=COMMAND`"
        );
        CommandError::usage(format!("function `{name}` cannot start: {why}")).hint(hint)
    };
    let program = if let Some(command) = &function.command {
        command.0.first().cloned().unwrap_or_default()
    } else {
        code.join("bootstrap").to_string_lossy().into_owned()
    };
    if program.contains('/') {
        return match std::fs::metadata(&program) {
            Ok(found) if found.is_file() => Ok(()),
            Ok(_) => Err(cannot(format!("`{program}` is not a file"))),
            Err(error) => Err(cannot(format!("`{program}`: {error}"))),
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(&program).is_file()) {
        return Ok(());
    }
    Err(cannot(format!("there is no program `{program}` in PATH")))
}

/// Runs an interpreter without input, for at most [`PATIENCE`].
#[expect(clippy::disallowed_methods, reason = "this starts interpreters")]
pub(super) async fn run_interpreter(
    program: &Path,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Output, String> {
    let mut command = tokio::process::Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = Clock::real().within(PATIENCE, command.output()).await;
    output
        .map_err(|elapsed| elapsed.to_string())?
        .map_err(|error| error.to_string())
}

/// What an interpreter says of its version: `3.11.7`.
pub(super) async fn version(program: &Path) -> Result<String, String> {
    let output = run_interpreter(program, ["--version".into()]).await?;
    if !output.status.success() {
        return Err(output.status.to_string());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // `Python 3.11.7`, `v20.20.2`, `PHP 8.2.36 (cli) (built: …`.
    let mut words = text.split_whitespace();
    let version = words.find(|word| word.contains(|letter: char| letter.is_ascii_digit()));
    let version = version.unwrap_or_default().trim_start_matches('v');
    Ok(version.to_owned())
}
