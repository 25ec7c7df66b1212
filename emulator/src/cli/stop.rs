//! `backlot stop`: stops the running emulator.

use std::time::Duration;

use clap::Args;
use http_body_util::BodyExt as _;

use super::data::DataFolder;
use super::exit::{CommandError, Exit};
use super::print;
use super::remote::Target;
use backlot_base::clock::Clock;
use backlot_http::exchange::empty;

/// How long an emulator may take to stop, in real time: longer than attempts and requests under way may take.
const STOPPING: Duration = Duration::from_secs(60);

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
        let clock = Clock::real();
        let stopping = async {
            // The response ends when everything has stopped. A lost connection means that too.
            let ended = response.into_body().collect().await;
            if let Err(broken) = ended {
                tracing::info!(%broken, "the connection ended");
            }
            if let Some(folder) = health["data"].as_str() {
                until_free(DataFolder::at(folder.as_ref())).await;
            }
        };
        if clock.within(STOPPING, stopping).await.is_err() {
            let message = format!(
                "the emulator at {} was asked to stop and still runs after {STOPPING:?} (process {})",
                remote.address, health["pid"]
            );
            return Err(CommandError::environment(message)
                .hint("its log may say why; `kill -KILL PID` ends it at once"));
        }
        print(&format!("stopped {}\n", remote.address))?;
        Ok(Exit::Passed)
    }
}

/// Waits until the process that uses the folder has exited.
async fn until_free(folder: DataFolder) {
    let (tell, told) = tokio::sync::oneshot::channel();
    // A thread of its own: waiting for a lock cannot be given up, and this command does not wait for the thread.
    std::thread::spawn(move || tell.send(folder.wait_until_free()));
    match told.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "cannot wait for the process to exit"),
        Err(_gone) => tracing::warn!("cannot wait for the process to exit"),
    }
}
