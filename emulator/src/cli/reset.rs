//! `backlot reset`: everything as at the start.

use clap::Args;

use super::exit::{Exit, Stop};
use super::print;
use super::remote::Target;
use backlot_http::exchange::empty;

/// Removes all objects, events that wait, dead letters, faults and records of a backlot that runs.
#[derive(Debug, Args)]
pub(super) struct Reset {
    #[command(flatten)]
    target: Target,
}

impl Reset {
    pub(super) async fn run(self) -> Result<Exit, Stop> {
        let remote = self.target.find()?;
        remote.value("POST", "/reset", empty()).await?;
        print(&format!("reset {}\n", remote.address))?;
        Ok(Exit::Passed)
    }
}
