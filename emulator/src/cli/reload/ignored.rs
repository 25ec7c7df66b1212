//! Names that are no code: what interpreters, package managers, editors and version control write beside it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Folders and files that do not count wherever they are.
const NAMES: [&str; 16] = [
    "node_modules",
    "__pycache__",
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "target",
    ".idea",
    ".vscode",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".DS_Store",
    // `vim` tries with this one whether it may write.
    "4913",
    ".backlot",
];
/// The ends of names of files that are written on the way to another, or beside it.
const ENDS: [&[u8]; 5] = [b".pyc", b"~", b".swp", b".swx", b".tmp"];
/// The beginnings of such names.
const BEGINNINGS: [&[u8]; 3] = [b".#", b".backlot-", b".goutputstream-"];

/// Whether something of this name does not count as code.
pub(super) fn is_ignored(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    NAMES.iter().any(|ignored| name == *ignored)
        || ENDS.iter().any(|end| bytes.ends_with(end))
        || BEGINNINGS.iter().any(|start| bytes.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_does_not_count() {
        for name in [
            "node_modules",
            "__pycache__",
            "index.cpython-311.pyc",
            ".index.py.swp",
            "index.py~",
        ] {
            assert!(is_ignored(OsStr::new(name)), "{name}");
        }
        for name in [
            "index.py",
            "lib",
            "git",
            ".env",
            "bootstrap",
            "package.json",
        ] {
            assert!(!is_ignored(OsStr::new(name)), "{name}");
        }
    }
}
