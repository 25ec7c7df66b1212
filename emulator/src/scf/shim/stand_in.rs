//! Version managers put scripts into `PATH` that look up which interpreter to run, and then run it. Such a script takes longer
//! than the interpreter's own start, and leaves variables behind that are not on the platform. So it is asked once.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::{HandlerRuntime, Language};

/// The latest answer: the script, and the program that it runs.
#[derive(Debug, Default)]
pub(in crate::scf) struct StandIn {
    known: Mutex<Option<(PathBuf, PathBuf)>>,
}

impl StandIn {
    /// The program that `found` runs for code in the folder `code`, on which the choice may depend: `found` itself if it is
    /// no script, or one that does not say.
    pub(in crate::scf) fn program(
        &self,
        found: PathBuf,
        runtime: HandlerRuntime,
        code: &Path,
    ) -> PathBuf {
        if !is_script(&found) {
            return found;
        }
        let mut known = self.known.lock().expect("no code panics while it asks");
        match &*known {
            Some((script, program)) if *script == found => program.clone(),
            _ => {
                let program = ask(&found, runtime.language(), code);
                let program = program.unwrap_or_else(|| found.clone());
                *known = Some((found, program.clone()));
                program
            }
        }
    }
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
        Language::Python => ["-c", "import sys; print(sys.executable)"],
        Language::Node => ["-p", "process.execPath"],
        Language::Php => ["-r", "echo PHP_BINARY;"],
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
        let stand_in = StandIn::default();
        let program = |found: &Path| stand_in.program(found.to_owned(), runtime, folder.path());
        assert_eq!(program(&real), real);
        assert_eq!(program(&script), real);
        assert_eq!(program(&script), real);
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log, "asked\n");
        assert_eq!(program(&silent), silent, "it is run as it is");
    }
}
