//! Version managers put scripts into `PATH` that look up which interpreter to run, and then run it. Such a script takes longer
//! than the interpreter's own start, and leaves variables behind that are not on the platform. So it is asked once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{HandlerRuntime, Language};

/// Files in which a project says which version it wants.
const CHOICES: [&str; 5] = [
    ".python-version",
    ".node-version",
    ".nvmrc",
    ".tool-versions",
    "mise.toml",
];

/// The answers so far. They are the machine's, so they are the same for all functions and stages, and hold when a function is
/// updated.
static KNOWN: Mutex<BTreeMap<Question, Answer>> = Mutex::new(BTreeMap::new());

/// A script, and the folder of the code that it is to run.
type Question = (PathBuf, PathBuf);

/// The program that a script runs.
struct Answer {
    program: PathBuf,
    /// When the project last chose a version.
    chosen: Option<SystemTime>,
}

/// The program that `found` runs for code in the folder `code`, on which the choice may depend: `found` itself if it is
/// no script, or one that does not say.
pub(in crate::scf) fn program(found: PathBuf, runtime: HandlerRuntime, code: &Path) -> PathBuf {
    if !is_script(&found) {
        return found;
    }
    let chosen = chosen(code);
    let question = (found.clone(), code.to_owned());
    // Whoever wants the same answer waits for it.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(&question) {
        Some(answer) if answer.chosen == chosen && answer.program.is_file() => {
            answer.program.clone()
        }
        _ => {
            let program = ask(&found, runtime.language(), code).unwrap_or(found);
            let answer = Answer {
                program: program.clone(),
                chosen,
            };
            known.insert(question, answer);
            program
        }
    }
}

/// The latest change of a file in which the folder of the code, or one above it, chooses a version.
fn chosen(code: &Path) -> Option<SystemTime> {
    let choices = code
        .ancestors()
        .flat_map(|folder| CHOICES.map(|name| folder.join(name)));
    let changed = choices.filter_map(|file| std::fs::metadata(file).ok()?.modified().ok());
    changed.max()
}

fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"#!"
}

#[expect(
    clippy::disallowed_methods,
    reason = "this asks an interpreter who it is"
)]
fn ask(script: &Path, language: Language, code: &Path) -> Option<PathBuf> {
    let question = match language {
        // Without `site`, which takes most of the start and does not matter here.
        Language::Python => &["-I", "-S", "-c", "import sys; print(sys.executable)"][..],
        Language::Node => &["-p", "process.execPath"],
        Language::Php => &["-r", "echo PHP_BINARY;"],
        Language::Go => return None,
    };
    let mut command = Command::new(script);
    let output = command
        .args(question)
        .current_dir(code)
        .stdin(Stdio::null());
    let output = output
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let program = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    program.is_file().then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_script_is_asked_once_which_program_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let real = write("real", "");
        let says = format!("#!/bin/sh\necho asked >> log\necho '{}'\n", real.display());
        let script = write("python3", &says);
        let silent = write("silent", "#!/bin/sh\nexit 3\n");
        let runtime = HandlerRuntime::parse("Python3.10").unwrap().unwrap();
        let program = |found: &Path| program(found.to_owned(), runtime, folder.path());
        assert_eq!(program(&real), real);
        assert_eq!(program(&script), real);
        assert_eq!(program(&script), real);
        let asked = || fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(asked(), "asked\n");
        fs::write(folder.path().join(".python-version"), "3.12\n").unwrap();
        assert_eq!(program(&script), real);
        assert_eq!(asked(), "asked\nasked\n", "the project has chosen");
        assert_eq!(program(&silent), silent, "it is run as it is");
    }
}
