//! A hint for functions that use `/tmp` where it is shared with the machine.
//!
//! It is no record: journals are equal on every machine.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

/// The endings of files in which a path may be written.
const ENDINGS: [&str; 7] = ["py", "js", "mjs", "cjs", "ts", "sh", "rb"];
/// Longer files are not looked at.
const LONGEST: u64 = 256 * 1024;

/// The folders that were looked at, each once for the whole process: scenarios share functions.
static SEEN: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// Warns once if the code in a folder names a path below `/tmp`.
pub(super) fn warn(function: &str, code: &Path) {
    let is_new = SEEN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(code.to_owned());
    if is_new && let Some(file) = user_of_tmp(code) {
        tracing::warn!(
            "`{}` of function `{function}` names `/tmp`, which its instances share with this machine here: runs may depend on one another",
            file.display()
        );
    }
}

/// The first file of the code, by name, that names a path below `/tmp`.
fn user_of_tmp(code: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(code).ok()?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_code(path))
        .collect();
    files.sort();
    let found = files.into_iter().find(|path| {
        let text = std::fs::read(path).unwrap_or_default();
        text.windows(5).any(|found| found == b"/tmp/")
    })?;
    found.file_name().map(PathBuf::from)
}

fn is_code(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_named = ending.is_some_and(|ending| ENDINGS.contains(&ending))
        || path.file_name().is_some_and(|name| name == "bootstrap");
    is_named && std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_names_tmp_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.py"), "print(1)").unwrap();
        assert_eq!(user_of_tmp(folder.path()), None);
        std::fs::write(folder.path().join("notes.txt"), "/tmp/x").unwrap();
        std::fs::write(folder.path().join("b.py"), "open('/tmp/x')").unwrap();
        assert_eq!(user_of_tmp(folder.path()), Some("b.py".into()));
    }
}
