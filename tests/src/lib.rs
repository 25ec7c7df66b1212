//! The kit of the tests: where things are, and the command as users run it.

pub mod cloud_api;
pub mod command;
pub mod measure;
pub mod paper_host;
pub mod property;

use std::path::{Path, PathBuf};

use backlot::config::Config;
use backlot::config::written::Words;

/// The folder of the whole project.
pub fn project() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::canonicalize(&root).expect("the tests lie in the project")
}

/// The embedded defaults with this program as the function, so that nothing has to be built.
pub fn config_with(handler: &str) -> Config {
    let mut config = Config::embedded();
    let archive = config
        .functions
        .get_mut("archive")
        .expect("the defaults have it");
    archive.cargo = None;
    archive.command = Some(Words(vec![handler.to_owned()]));
    config
}
