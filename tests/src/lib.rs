//! The kit of the tests: where things are, and the command as users run it.

pub mod command;

use std::path::{Path, PathBuf};

/// The folder of the whole project.
pub fn project() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::canonicalize(&root).expect("the tests lie in the project")
}
