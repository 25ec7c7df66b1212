//! `backlot stop`: stops the running emulator.

use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::data::DataFolder;
use super::exit::{CommandError, Exit};
use super::remote::Target;
use super::up::lost_events;
use super::{notice, print};
use backlot_base::clock::Clock;
use backlot_base::words::count;
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
            let said = match response.into_body().collect().await {
                Ok(said) => said.to_bytes(),
                Err(broken) => {
                    tracing::info!(%broken, "the connection ended");
                    Bytes::new()
                }
            };
            if let Some(folder) = health["data"].as_str() {
                until_free(DataFolder::at(folder.as_ref())).await;
            }
            said
        };
        let Ok(said) = clock.within(STOPPING, stopping).await else {
            let message = format!(
                "the emulator at {} was asked to stop and still runs after {STOPPING:?} (process {})",
                remote.address, health["pid"]
            );
            return Err(CommandError::environment(message)
                .hint("its log may say why; `kill -KILL PID` ends it at once"));
        };
        let ending = last_line(&said);
        let lost = ending["lost"].as_u64().unwrap_or_default();
        if lost > 0 {
            tracing::warn!("{}", lost_events(lost));
        }
        print(&format!("stopped {}\n", remote.address))?;
        if let Some(kept) = kept(&ending) {
            notice(&kept);
        }
        Ok(Exit::Passed)
    }
}

/// The last thing that the emulator has said; null if its connection broke.
fn last_line(said: &[u8]) -> Value {
    let lines = said.trim_ascii_end().rsplit(|byte| *byte == b'\n');
    let read = |line| serde_json::from_slice(line).unwrap_or_default();
    lines.take(1).map(read).next().unwrap_or_default()
}

/// What the emulator's last line says about events that wait until the next start; `None` if none does.
fn kept(last: &Value) -> Option<String> {
    let kept = &last["kept"];
    let number = |name: &str| kept[name].as_u64().unwrap_or_default();
    let all = number("queued") + number("retries");
    if all == 0 {
        return None;
    }
    let next = kept["next"].as_str();
    let next = next.map(|next| format!("; the next attempt is due at {next}"));
    Some(format!(
        "{} in the data folder until the next start{}",
        count(all, "event waits", "events wait"),
        next.unwrap_or_default()
    ))
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
