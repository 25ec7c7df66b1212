//! Ordinary handlers: `main_handler(event, context)` in a file, without a loop around it.
//!
//! On the platform a bootstrap of the runtime loads the file and calls the handler. Here a small one does, one for each
//! language: it talks to the runtime API like any custom runtime, so nothing else knows the difference. Two things are its
//! own: code that does not load is reported at `/runtime/init/error`, and the clock's time comes with each event.
//!
//! - [`HandlerRuntime`]: the runtimes by name.
//! - [`interpreter`]: which program runs one.
//! - `stand_in`: the program behind one that only looks up which to run.
//! - `bootstrap.py`, `bootstrap.js`, `bootstrap.php`: the bootstraps.
//! - `go`: the bridge to Go binaries, which have their part of the runtime within them.
//!
//! Follows: SCF reference, sections 5 to 7.
//!
//! Deviates: the frames of the bootstrap are left out of every traceback. On the platform those of a failed load are shown;
//! here they would be the emulator's, and change with it.
//!
//! Deviates: debug lines that installed Python packages log are left out unless the function says `library-logs: true`. On the
//! platform they are printed; an SDK's hold keys, signatures and the machine's time, so no two runs would be equal.

pub(super) mod go;
mod handler_runtime;
pub mod interpreter;
pub(super) mod stand_in;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use handler_runtime::{HandlerRuntime, Language, NotAHandler, UnknownRuntime};

const PYTHON: &str = include_str!("bootstrap.py");
const NODE: &str = include_str!("bootstrap.js");
const PHP: &str = include_str!("bootstrap.php");
/// What is printed is the log, with PHP's own messages in it, whatever the machine's configuration says.
const PHP_SETTINGS: [&str; 4] = [
    "display_errors=1",
    "log_errors=0",
    "html_errors=0",
    "output_buffering=0",
];

/// What a bootstrap is started with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// The time for log lines, if it is not that of the machine.
    pub(super) now: Option<Timestamp>,
    /// Whether debug lines of installed Python packages are printed.
    pub(super) library_logs: bool,
}

/// Writes the bootstrap of a language into an instance's folder, from which it takes itself away once it runs. Returns the
/// arguments with which the interpreter runs it.
pub(super) fn write(language: Language, folder: &Path, start: Start) -> io::Result<Vec<String>> {
    let folder = folder.join(".backlot");
    std::fs::create_dir_all(&folder)?;
    let write = |name: &str, text: &str| -> io::Result<PathBuf> {
        let path = folder.join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    match language {
        Language::Python => {
            let path = write("bootstrap.py", PYTHON)?;
            let code = python_start(&path, start.library_logs);
            Ok(vec!["-u".into(), "-c".into(), code])
        }
        Language::Node => {
            let path = write("bootstrap.js", NODE)?;
            let now = start.now.map(|now| now.as_millisecond().to_string());
            let arguments = [Some(path.to_string_lossy().into_owned()), now];
            Ok(arguments.into_iter().flatten().collect())
        }
        // Its code is a program.
        Language::Go => Ok(Vec::new()),
        Language::Php => {
            let path = write("bootstrap.php", PHP)?;
            let settings = PHP_SETTINGS.map(|setting| ["-d".to_owned(), setting.to_owned()]);
            let path = path.to_string_lossy().into_owned();
            Ok(settings.into_iter().flatten().chain([path]).collect())
        }
    }
}

/// Runs the file under the name that it has on the platform, so that no traceback shows a temporary folder.
fn python_start(path: &Path, library_logs: bool) -> String {
    let path = path.to_string_lossy();
    let path = path.replace('\\', "\\\\").replace('\'', "\\'");
    let library_logs = if library_logs { "True" } else { "False" };
    format!(
        "exec(compile(open('{path}', encoding='utf-8').read(), '/var/runtime/python3/bootstrap.py', 'exec'), \
         {{'__name__': 'bootstrap', 'SCRIPT': '{path}', 'LIBRARY_LOGS': {library_logs}}})"
    )
}
