//! `backlot wait`: until a backlot serves requests.
//!
//! It takes a place in a waiting room, looks, and waits to be called before it looks again. There is one exception: an
//! address that is not this machine's own, or that somebody else answers for it (a port forward, a container's port). What
//! becomes ready there knows nothing of rooms here, so it is asked once a second.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::exit::{Exit, Stop};
use super::remote::Target;
use super::waiting_room::Room;
use super::{notice, print};
use crate::config::written::Pause;
use backlot_base::clock::Clock;

/// The pause between two looks at an address elsewhere.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// Waits until a backlot serves requests.
#[derive(Debug, Args)]
pub(super) struct Wait {
    #[command(flatten)]
    target: Target,

    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = pause)]
    timeout: Pause,
}

impl Wait {
    pub(super) async fn run(self) -> Result<Exit, Stop> {
        let clock = Clock::real();
        let found = clock.within(self.timeout.0, self.until_ready(&clock)).await;
        let address = match found {
            Ok(found) => found?,
            // The last look, which also says what is missing.
            Err(_elapsed) => self.look().await?,
        };
        print(&format!("backlot is ready at http://{address}\n"))?;
        Ok(Exit::Passed)
    }

    async fn until_ready(&self, clock: &Clock) -> Result<SocketAddr, Stop> {
        let room = match (&self.target.listen, &self.target.data) {
            (None, Some(folder)) => Room::of_data(folder),
            _ => Room::of_user(),
        };
        let failed = |error: io::Error| {
            Stop::environment(format!("this command cannot wait: {error}")).hint(
                "it needs a folder that you may write to: the data folder, or the one in `TMPDIR`",
            )
        };
        let mut is_told = false;
        loop {
            // First the place, then the look: whoever becomes ready in between calls.
            let mut place = room.enter().map_err(failed)?;
            let missing = match self.look().await {
                Ok(address) => return Ok(address),
                Err(missing) => missing,
            };
            if missing.exit == Exit::Usage {
                return Err(missing);
            }
            if !is_told {
                notice(&format!("waiting for a backlot {}", self.place()));
                is_told = true;
            }
            if self.is_elsewhere().await {
                drop(clock.within(ELSEWHERE, place.called()).await);
            } else {
                place.called().await.map_err(failed)?;
            }
        }
    }

    /// Where it is awaited, for people.
    fn place(&self) -> String {
        match (&self.target.listen, &self.target.data) {
            (None, Some(folder)) => format!("with the data folder `{}`", folder.display()),
            _ => self
                .target
                .find()
                .map_or_else(|_| String::new(), |remote| format!("at {}", remote.address)),
        }
    }

    /// Where it is, if it serves requests.
    async fn look(&self) -> Result<SocketAddr, Stop> {
        let remote = self.target.find()?;
        remote.health().await?;
        Ok(remote.address)
    }

    /// Whether nobody would be called when it becomes ready.
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
