//! `backlot doctor`: checks that this machine has what backlot needs, and says what to do if it does not.

mod folder;
mod function;
mod machine;
mod project;
mod round_trip;

use std::fmt;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::configuration::Configuration;
use super::exit::{CommandError, Exit};
use super::place::Place;
use super::print;

/// Checks that this machine has what backlot and the project in this folder need, one line per check. Exits with 3 if a check fails
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    configuration: Configuration,

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    /// Create the data folder, and make its private keys unreadable for others
    #[arg(long)]
    fix: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line for each check
    #[default]
    Text,
    /// A JSON object for each check, one a line: `check`, `result` (`ok`, `warn`, `fail`) and `text`
    Json,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// The check passed.
    Ok,
    /// Some features will not work.
    Warn,
    /// Nothing will work.
    Fail,
}

/// One check.
#[derive(Debug)]
struct Finding {
    mark: Mark,
    about: &'static str,
    text: String,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let mut findings = vec![
            machine::program("python3", &["--version"]).await,
            machine::program("node", &["--version"]).await,
            machine::proxy(|name| std::env::var(name).ok()),
            machine::port(self.place.listen).await,
            machine::clock(),
        ];
        findings.extend(folder::check(self.place.data.as_deref(), self.fix));
        findings.push(round_trip::check().await);
        findings.extend(project::check(&self.configuration).await);
        for finding in &findings {
            print(&match self.output {
                Output::Text => finding.to_string(),
                Output::Json => format!("{}\n", finding.as_json()),
            })?;
        }
        let is_well = findings.iter().all(|finding| finding.mark != Mark::Fail);
        Ok(if is_well {
            Exit::Passed
        } else {
            Exit::Environment
        })
    }
}

impl Finding {
    fn ok(about: &'static str, text: impl Into<String>) -> Self {
        let (mark, text) = (Mark::Ok, text.into());
        Self { mark, about, text }
    }

    fn warn(about: &'static str, text: impl Into<String>) -> Self {
        let (mark, text) = (Mark::Warn, text.into());
        Self { mark, about, text }
    }

    fn as_json(&self) -> serde_json::Value {
        json!({ "check": self.about, "result": self.mark.name(), "text": self.text })
    }

    fn fail(about: &'static str, text: impl Into<String>) -> Self {
        let (mark, text) = (Mark::Fail, text.into());
        Self { mark, about, text }
    }
}

impl Mark {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = self.mark.name();
        writeln!(out, "{mark:<5} {:<10} {}", self.about, self.text)
    }
}
