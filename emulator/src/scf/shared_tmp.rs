//! A finding about functions that use `/tmp` where instances share it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use backlot_base::journal::{NoticeRecord, finding};

/// The endings of files in which a path may be written.
const ENDINGS: [&str; 7] = ["py", "js", "mjs", "cjs", "ts", "sh", "rb"];
/// Longer files are not looked at.
const LONGEST: u64 = 256 * 1024;

/// Warns once that code and layers of a function are not at the places of the platform. It is no record: journals are equal on
/// every machine.
pub(super) fn warn_of_folders(function: &str, code: &Path) {
    static TOLD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    let is_new = TOLD
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(function.to_owned());
    if is_new {
        tracing::warn!(
            "function `{function}` has no `/var/user` and no `/opt`, as this system lets it mount nothing: its code is at \
             `{}` and can be written to, and its layers are where `PYTHONPATH` and `NODE_PATH` say",
            code.display()
        );
    }
}

/// The finding about a function whose instances share `/tmp`, if `file` of its code names it.
pub(super) fn found(function: &str, file: &Path) -> NoticeRecord {
    let text = format!(
        "`{}` of `{function}` names `/tmp`, which its instances share with this machine and with one another here, so that events \
         may depend on one another; use `TMPDIR`, or let `private-tmp` be true where the system allows it",
        file.display()
    );
    NoticeRecord::Finding {
        function: function.to_owned(),
        kind: finding::SHARED_TMP.to_owned(),
        hosts: String::new(),
        text,
    }
}

/// The first file of the code, by name, that names a path below `/tmp`.
pub(super) fn user_of_tmp(code: &Path) -> Option<PathBuf> {
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
