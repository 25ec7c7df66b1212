//! `backlot wait`: until a backlot serves requests.

use std::time::Duration;

use clap::Args;

use super::exit::{Exit, Stop};
use super::print;
use super::remote::Target;
use crate::base::clock::Clock;
use crate::config::written::Pause;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

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
        let found = clock.within(self.timeout.0, self.find(&clock)).await;
        let Ok(address) = found else {
            let because = match self.target.find() {
                Ok(remote) => remote.health().await.err(),
                Err(stop) => Some(stop),
            };
            return Err(
                because.unwrap_or_else(|| Stop::environment("the backlot became ready too late"))
            );
        };
        print(&format!("backlot is ready at http://{address}\n"))?;
        Ok(Exit::Passed)
    }

    /// Tries again and again: a process that does not listen yet cannot be heard in any other way.
    async fn find(&self, clock: &Clock) -> std::net::SocketAddr {
        let mut hold = clock.hold("waiting for a backlot");
        loop {
            if let Ok(remote) = self.target.find()
                && remote.health().await.is_ok()
            {
                return remote.address;
            }
            hold = hold.sleep(PAUSE).await;
        }
    }
}

/// A length of time as a flag.
pub(super) fn pause(text: &str) -> Result<Pause, String> {
    Pause::parse(text)
        .ok_or_else(|| "write a number with a unit, such as `200ms`, `3s` or `2m`".to_owned())
}
