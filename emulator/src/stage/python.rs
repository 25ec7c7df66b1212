//! A folder for `PYTHONPATH` that makes Python programs trust the stage's certificates, functions among them.
//!
//! Many Python clients take their certificates from the package `certifi`, whatever the variables of the environment say.
//! The folder holds a `sitecustomize.py`, which the interpreter imports at its start: if `BACKLOT_CA_BUNDLE` names a file,
//! `certifi.where()` answers with it; otherwise nothing is changed. A `sitecustomize` of the user's own is run as before.

use std::io;
use std::path::{Path, PathBuf};

const MODULE: &str = include_str!("sitecustomize.py");

/// Writes the module below `folder` and returns what has to come first in `PYTHONPATH`.
pub fn write(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("python");
    std::fs::create_dir_all(&path)?;
    std::fs::write(path.join("sitecustomize.py"), MODULE)?;
    std::path::absolute(path)
}

/// The variables by which functions get it. What is called `PYTHONPATH` adds to theirs.
pub(super) fn variables(path: &Path, certificate: &Path) -> [(String, String); 2] {
    [
        ("PYTHONPATH".into(), path.display().to_string()),
        (
            "BACKLOT_CA_BUNDLE".into(),
            certificate.display().to_string(),
        ),
    ]
}

/// The value of `PYTHONPATH` with `path` before what it was, unless it is the first already.
pub fn path_with(path: &Path, before: Option<&std::ffi::OsStr>) -> std::ffi::OsString {
    let mut value = path.as_os_str().to_owned();
    if let Some(before) = before.filter(|before| !before.is_empty()) {
        if std::env::split_paths(before).next().as_deref() == Some(path) {
            return before.to_owned();
        }
        value.push(":");
        value.push(before);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_first_and_only_once() {
        let with = |before: Option<&str>| path_with(Path::new("/ours"), before.map(AsRef::as_ref));
        assert_eq!(with(None), "/ours");
        assert_eq!(with(Some("")), "/ours");
        assert_eq!(with(Some("/theirs")), "/ours:/theirs");
        assert_eq!(with(Some("/ours:/theirs")), "/ours:/theirs");
        assert_eq!(with(Some("/ours-too")), "/ours:/ours-too");
    }
}
