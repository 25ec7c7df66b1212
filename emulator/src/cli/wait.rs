//! `backlot wait`: until the emulator serves requests.
//!
//! It creates a pipe, checks the address, and waits for the ready signal before it checks again. An emulator elsewhere does not
//! know of the pipe: an address of another machine, or one that a port forward or a container answers for, is polled once a
//! second.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::exit::{CommandError, Exit};
use super::ready_signal::ReadySignal;
use super::remote::Target;
use super::{notice, print};
use crate::config::written::Pause;
use backlot_base::clock::Clock;

/// The pause between two checks of an address elsewhere.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// Waits until the emulator serves requests
#[derive(Debug, Args)]
pub(super) struct Wait {
    #[command(flatten)]
    target: Target,

    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = pause)]
    timeout: Pause,
}

impl Wait {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let clock = Clock::real();
        let mut missing = None;
        let looking = self.until_ready(&clock, &mut missing);
        let address = match clock.within(self.timeout.0, looking).await {
            Ok(found) => found?,
            // What the last check has said; absent if the first one was not answered either.
            Err(_elapsed) => {
                return Err(missing.unwrap_or_else(|| {
                    let place = self.place();
                    CommandError::environment(format!("the emulator {place} does not answer")).hint(
                        "it may be stopped (Ctrl-Z, SIGSTOP), or another program listens there",
                    )
                }));
            }
        };
        print(&format!("backlot is ready at http://{address}\n"))?;
        Ok(Exit::Passed)
    }

    /// Its address, once it serves requests. `last` is why it did not at the last check.
    async fn until_ready(
        &self,
        clock: &Clock,
        last: &mut Option<CommandError>,
    ) -> Result<SocketAddr, CommandError> {
        let signal = match (&self.target.listen, &self.target.data) {
            (None, Some(folder)) => ReadySignal::of_data(folder),
            _ => ReadySignal::of_user(),
        };
        let failed = |error: io::Error| {
            CommandError::environment(format!("cannot wait: {error}"))
                .hint("make the data folder writable, or set `TMPDIR` to a folder that is")
        };
        let mut is_told = false;
        loop {
            // First the pipe, then the check: an emulator that becomes ready in between writes into the pipe.
            let mut waiting = signal.wait().map_err(failed)?;
            let missing = match self.look().await {
                Ok(address) => return Ok(address),
                Err(missing) => missing,
            };
            if missing.exit == Exit::Usage {
                return Err(missing);
            }
            *last = Some(missing);
            if !is_told {
                notice(&format!("waiting for the emulator {}", self.place()));
                is_told = true;
            }
            if self.is_elsewhere().await {
                drop(clock.within(ELSEWHERE, waiting.ready()).await);
            } else {
                waiting.ready().await.map_err(failed)?;
            }
        }
    }

    /// Which emulator is meant, for people.
    fn place(&self) -> String {
        match (&self.target.listen, &self.target.data) {
            (None, Some(folder)) => format!("with the data folder `{}`", folder.display()),
            _ => self
                .target
                .find()
                .map_or_else(|_| String::new(), |remote| format!("at {}", remote.address)),
        }
    }

    /// Its address, if it serves requests.
    async fn look(&self) -> Result<SocketAddr, CommandError> {
        let remote = self.target.find()?;
        remote.health().await?;
        Ok(remote.address)
    }

    /// Whether the emulator would not know of the pipe.
    async fn is_elsewhere(&self) -> bool {
        let is_by_folder = self.target.listen.is_none() && self.target.data.is_some();
        match self.target.find() {
            Ok(remote) if !is_by_folder => !remote.is_free_here().await,
            _ => false,
        }
    }
}

/// A length of time as a flag.
pub(super) fn pause(text: &str) -> Result<Pause, String> {
    Pause::parse(text)
        .ok_or_else(|| "write a number with a unit, such as `200ms`, `3s` or `2m`".to_owned())
}
