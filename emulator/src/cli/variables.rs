//! Which variables of the environment `backlot env` and `backlot exec` set.

use std::ffi::{OsStr, OsString};

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::stage::ClientEnv;
use crate::stage::client_env::OPTIONAL;

/// Which variables are set, beside the usual ones.
#[derive(Debug, Args)]
pub(super) struct Variables {
    /// Set this variable too: a few clients need it, and others do not start with it
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(OPTIONAL))]
    with: Vec<String>,

    /// Leave this variable as it is
    #[arg(long, value_name = "NAME", value_parser = a_name)]
    without: Vec<String>,

    /// Do not change `PYTHONPATH`: Python programs that use `certifi` will not trust the certificates
    #[arg(long)]
    no_python: bool,
}

impl Variables {
    /// Names and values; without a value, the variable is to be removed. `python_path` is what `PYTHONPATH` is now.
    pub(super) fn of(
        &self,
        client_env: &ClientEnv,
        python_path: Option<&OsStr>,
    ) -> Vec<(String, Option<OsString>)> {
        let usual = client_env.variables().into_iter();
        let usual = usual.map(|(name, value)| (name, Some(value)));
        let optional = client_env.optional(&self.with);
        let mut variables: Vec<(String, Option<OsString>)> = usual
            .chain(optional)
            .map(|(name, value)| (name, value.map(OsString::from)))
            .collect();
        if let Some(path) = client_env.python_path(python_path)
            && !self.no_python
        {
            variables.push(("PYTHONPATH".to_owned(), Some(path)));
        }
        variables.retain(|(name, _)| !self.without.contains(name));
        variables
    }
}

fn a_name(text: &str) -> Result<String, String> {
    let names = ClientEnv::names();
    if names.iter().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    Err(format!("expected one of {}", names.join(", ")))
}
