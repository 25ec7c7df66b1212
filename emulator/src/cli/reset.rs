//! `backlot reset`: the initial state again.

use clap::Args;

use super::exit::{CommandError, Exit};
use super::print;
use super::remote::Target;
use backlot_http::exchange::empty;

/// Resets the running emulator: removes all objects, queued events, dead letters, faults and records
#[derive(Debug, Args)]
pub(super) struct Reset {
    #[command(flatten)]
    target: Target,
}

impl Reset {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let remote = self.target.find()?;
        remote.value("POST", "/reset", empty()).await?;
        print(&format!("reset {}\n", remote.address))?;
        Ok(Exit::Passed)
    }
}
