//! `--debug FUNCTION`: a function waits for people.

use std::io::IsTerminal as _;

use clap::Args;

use super::exit::CommandError;
use super::{notice, replacement};
use crate::config::Config;

/// Which function is debugged.
#[derive(Debug, Args)]
pub(super) struct Debugging {
    /// Debug this function: its time limits are lifted, one instance takes all events and is kept, and it reads from this
    /// terminal
    #[arg(long = "debug", value_name = "FUNCTION")]
    debugged: Option<String>,
}

impl Debugging {
    /// The function, if there is one.
    pub(super) fn function(&self) -> Option<&str> {
        self.debugged.as_deref()
    }

    /// Prepares the function in a configuration that must have it.
    pub(super) fn apply(&self, config: &mut Config) -> Result<(), CommandError> {
        let Some(name) = &self.debugged else {
            return Ok(());
        };
        if !config.functions.contains_key(name) {
            return Err(replacement::no_such_function(config, name));
        }
        if !std::io::stdin().is_terminal() {
            tracing::info!("function `{name}` is debugged, and its stdin is not a terminal");
        }
        notice(&format!(
            "debugging function `{name}`: no time limits, one instance, stdin of this terminal"
        ));
        self.prepare(config);
        Ok(())
    }

    /// Prepares the function in a configuration, if it has it.
    pub(super) fn prepare(&self, config: &mut Config) {
        let function = self.debugged.as_ref();
        if let Some(function) = function.and_then(|name| config.functions.get_mut(name)) {
            function.debug = Some(true);
        }
    }
}
