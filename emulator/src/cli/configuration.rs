//! The configuration that a verb works with.

use std::path::Path;

use super::exit::{CommandError, chain};
use crate::config::Config;

/// Reads `backlot.yaml` of the current folder over the defaults.
pub(super) fn configuration() -> Result<Config, CommandError> {
    Config::load(Path::new("")).map_err(|error| CommandError::usage(chain(&error)))
}
