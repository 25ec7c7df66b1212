//! `backlot doctor`: whether this machine gives what backlot needs, and what to do where it does not.

mod folder;
mod machine;
mod round_trip;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::exit::{Exit, Stop};
use super::print;
use super::remote::DEFAULT_LISTEN;

/// Checks the machine, one line a check. Ends with 3 if something is missing.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Where `backlot up` is to listen
    #[arg(
        long,
        value_name = "ADDR",
        env = "BACKLOT_LISTEN",
        default_value = DEFAULT_LISTEN
    )]
    listen: SocketAddr,

    /// The data folder, if there is one
    #[arg(long, value_name = "DIR", env = "BACKLOT_DATA")]
    data: Option<PathBuf>,

    /// Put right what can be put right: make the data folder, and keep its secrets from others
    #[arg(long)]
    fix: bool,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// As it should be.
    Ok,
    /// Some things will not work.
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
    pub(super) async fn run(self) -> Result<Exit, Stop> {
        let mut findings = vec![
            machine::program("python3", &["--version"]).await,
            machine::program("node", &["--version"]).await,
            machine::proxy(|name| std::env::var(name).ok()),
            machine::port(self.listen).await,
            machine::clock(),
        ];
        findings.extend(folder::check(self.data.as_deref(), self.fix));
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
