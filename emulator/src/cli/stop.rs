//! `backlot stop`: stops the running emulator.

use clap::Args;

use super::data::DataFolder;
use super::exit::{CommandError, Exit};
use super::print;
use super::remote::Target;
use backlot_http::exchange::empty;

/// Stops the running emulator and returns when it has exited. Running attempts may finish
#[derive(Debug, Args)]
pub(super) struct Stop {
    #[command(flatten)]
    target: Target,
}

impl Stop {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let remote = self.target.find()?;
        let health = remote.health().await?;
        let response = remote.ask("POST", "/stop", empty()).await?;
        // The response ends when everything has stopped. A lost connection means that too.
        if let Err(broken) = remote.whole(response).await {
            tracing::info!("{broken}");
        }
        if let Some(folder) = health["data"].as_str() {
            let folder = DataFolder::at(folder.as_ref());
            let gone = tokio::task::spawn_blocking(move || folder.wait_until_free()).await;
            match gone {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "cannot wait for the process to exit");
                }
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        print(&format!("stopped {}\n", remote.address))?;
        Ok(Exit::Passed)
    }
}
