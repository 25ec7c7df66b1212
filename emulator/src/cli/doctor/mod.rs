//! `backlot doctor`: checks that this machine has what backlot needs, and says what to do if it does not.

mod folder;
mod machine;
mod round_trip;

use std::fmt;

use clap::Args;

use super::exit::{CommandError, Exit};
use super::place::Place;
use super::print;

/// Checks that this machine has what backlot needs, one line per check. Exits with 3 if a check fails
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    place: Place,

    /// Create the data folder, and make its private keys unreadable for others
    #[arg(long)]
    fix: bool,
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
        for finding in &findings {
            print(&finding.to_string())?;
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

    fn fail(about: &'static str, text: impl Into<String>) -> Self {
        let (mark, text) = (Mark::Fail, text.into());
        Self { mark, about, text }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.mark {
            Mark::Ok => "ok",
            Mark::Warn => "warn",
            Mark::Fail => "fail",
        };
        writeln!(out, "{mark:<5} {:<10} {}", self.about, self.text)
    }
}
