//! `backlot stop`: the end of a backlot that runs.

use clap::Args;

use super::data::DataFolder;
use super::exit::{Exit, Stop};
use super::print;
use super::remote::Target;
use backlot_http::exchange::empty;

/// Stops a backlot and returns when it is gone. Attempts under way may finish.
#[derive(Debug, Args)]
pub(super) struct StopVerb {
    #[command(flatten)]
    target: Target,
}

impl StopVerb {
    pub(super) async fn run(self) -> Result<Exit, Stop> {
        let remote = self.target.find()?;
        let health = remote.health().await?;
        let response = remote.ask("POST", "/stop", empty()).await?;
        // The answer goes on until everything has stopped. That it breaks off means the same.
        if let Err(broken) = remote.whole(response).await {
            tracing::info!("{broken}");
        }
        if let Some(folder) = health["data"].as_str() {
            let folder = DataFolder::at(folder.as_ref());
            let gone = tokio::task::spawn_blocking(move || folder.wait_until_free()).await;
            match gone {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the end of its process cannot be awaited");
                }
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        print(&format!("stopped {}\n", remote.address))?;
        Ok(Exit::Passed)
    }
}
