//! `backlot up`: an emulator that runs until it is stopped.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::data::{self, DataFolder, Held};
use super::debugging::Debugging;
use super::exit::{CommandError, Exit};
use super::live::{self, Live};
use super::opening::Opening;
use super::place::Place;
use super::ready_signal::ReadySignal;
use super::reload::{Reload, Sources};
use super::signals::{Sent, Signals};
use super::strict::Watch;
use super::{background, notice, print};
use crate::stage::Stage;
use backlot_base::words::count;

/// How long running attempts may take to finish once the emulator is to stop, in real time.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the emulator until SIGINT, SIGTERM or `backlot stop`. Prints one line with `ready` when it serves requests
#[derive(Debug, Args)]
pub(super) struct Up {
    #[command(flatten)]
    place: Place,

    /// Write the port to this file when requests are served; the file is removed on exit
    #[arg(long, value_name = "FILE", env = "BACKLOT_PORT_FILE")]
    port_file: Option<PathBuf>,

    /// Run in the background; returns when requests are served
    #[arg(long, requires = "data")]
    detach: bool,

    /// This is the process in the background
    #[arg(long, hide = true)]
    detached: bool,

    /// Do not put changed code of functions in place while it runs
    #[arg(long, env = "BACKLOT_NO_WATCH", value_parser = FalseyValueParser::new())]
    no_watch: bool,

    #[command(flatten)]
    debugging: Debugging,

    #[command(flatten)]
    opening: Opening,
}

/// The files that tell other programs where the emulator is. They are removed on drop.
struct Notices {
    port_file: Option<PathBuf>,
    held: Option<Held>,
}

impl Up {
    /// Whether this process is the emulator, rather than one that starts it in the background.
    pub(super) fn is_emulator(&self) -> bool {
        !self.detach
    }

    /// Whether this is the process that `--detach` has started.
    pub(super) fn is_in_background(&self) -> bool {
        self.detached
    }

    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        if self.detach {
            let data = self.place.data.as_deref().expect("clap requires it");
            return background::start(&DataFolder::at(data));
        }
        if self.detached {
            background::leave_session()?;
        }
        // From here on a signal stops the stage in order.
        let mut signals = Signals::receive()?;
        let held = self
            .place
            .data
            .as_deref()
            .map(|data| DataFolder::at(data).hold());
        let mut notices = Notices {
            port_file: None,
            held: held.transpose()?,
        };
        if let Some(path) = &self.port_file {
            // The port of an earlier run must not be taken for the current one.
            data::remove(path);
        }
        if self.place.data.is_none() {
            notice("objects are in memory only and lost on exit; use `--data DIR` to keep them");
        }
        let data = self.place.data.as_deref();
        let debugging = Some(&self.debugging);
        let opening = self.opening.open(self.place.listen, data, debugging);
        let (stage, sources) = tokio::select! {
            opened = opening => opened?,
            sent = signals.next() => return Ok(exit_of(sent)),
        };
        // Before anyone knows of the stage: a change that comes right after the first event counts.
        let mut reload = self.reload(sources).await;
        let ready = self.announce(&stage, &mut notices);
        let mut watch = self.opening.strict.watch(stage.journal());
        let mut live =
            live::is_wanted().then(|| Live::of(stage.journal(), self.debugging.function()));
        let ended = match ready {
            Ok(()) => tokio::select! {
                () = stage.admin().stop_wanted() => Ok(Exit::Passed),
                sent = signals.next() => Ok(exit_of(sent)),
                never = warn(watch.as_mut()) => match never {},
                never = follow(live.as_mut()) => match never {},
                never = put_in_place(reload.as_mut(), &stage) => match never {},
            },
            Err(error) => Err(error),
        };
        let exported = tokio::select! {
            exported = self.end(stage) => exported,
            never = follow(live.as_mut()) => match never {},
            sent = signals.next() => {
                notice("stopped at once");
                return Ok(exit_of(sent));
            }
        };
        if let Some(live) = &mut live {
            live.show();
        }
        drop(notices);
        let exit = ended.and_then(|exit| exported.map(|()| exit))?;
        Ok(match watch {
            Some(watch) => watch.settle(exit),
            None => exit,
        })
    }

    /// Begins to watch the code of functions.
    async fn reload(&self, sources: Sources) -> Option<Reload> {
        if self.no_watch {
            return None;
        }
        Reload::start(sources).await
    }

    /// Tells other programs and the user where the emulator is.
    fn announce(&self, stage: &Stage, notices: &mut Notices) -> Result<(), CommandError> {
        let address = stage.address();
        if !address.ip().is_loopback() {
            tracing::warn!(
                "{address} can be reached from other machines, and whoever reaches it has full access"
            );
        }
        if let Some(held) = &notices.held {
            held.note(address)?;
        }
        if let Some(path) = &self.port_file {
            data::write_whole(path, &format!("{}\n", address.port()))?;
            notices.port_file = Some(path.clone());
        }
        if let Some(folder) = &self.place.data {
            ReadySignal::of_data(folder).send();
        }
        ReadySignal::of_user().send();
        print(&format!("backlot is ready at http://{address}\n"))
    }

    /// Lets running attempts finish, and stops everything.
    async fn end(&self, stage: Stage) -> Result<(), CommandError> {
        let running = stage.in_flight().running();
        if running > 0 {
            notice(&format!(
                "stopping when {} under way {} over; once more to stop at once",
                count(running, "attempt", "attempts"),
                if running == 1 { "is" } else { "are" },
            ));
        } else {
            notice("stopping");
        }
        if stage.drain(GRACE).await.is_err() {
            notice(&format!(
                "attempts that still run after {GRACE:?} are aborted"
            ));
        }
        let unfinished = stage.in_flight().all();
        let kept = stage.services().scf.kept();
        let kept = kept.map_or(0, |kept| kept.queued + kept.retries);
        if kept > 0 {
            notice(&format!(
                "{} in the data folder until the next start",
                count(kept, "event waits", "events wait")
            ));
        }
        let lost = unfinished.saturating_sub(kept);
        stage.admin().note_lost(lost);
        if lost > 0 {
            tracing::warn!("{}", lost_events(lost as u64));
        }
        let exported = self.opening.export(&stage).await;
        stage.stop().await;
        exported
    }
}

/// What is said about events that end with the emulator.
pub(super) fn lost_events(lost: u64) -> String {
    format!(
        "{} lost: without `--data` the emulator does not keep its queues, and calls that wait for an answer end",
        count(lost, "unfinished event is", "unfinished events are")
    )
}

impl Drop for Notices {
    fn drop(&mut self) {
        if let Some(path) = &self.port_file {
            data::remove(path);
        }
    }
}

/// Warns about unsupported features that are requested, in strict mode. Never ends.
async fn warn(watch: Option<&mut Watch>) -> Infallible {
    match watch {
        Some(watch) => watch.warn().await,
        None => std::future::pending().await,
    }
}

/// Prints what happens, if that is wanted. Never ends.
async fn follow(live: Option<&mut Live>) -> Infallible {
    match live {
        Some(live) => live.follow().await,
        None => std::future::pending().await,
    }
}

/// Puts changed code of functions in place, if that is wanted. Never ends.
async fn put_in_place(reload: Option<&mut Reload>, stage: &Stage) -> Infallible {
    match reload {
        Some(reload) => reload.follow(stage).await,
        None => std::future::pending().await,
    }
}

/// An interruption has an exit code of its own; for a service manager, stopping in order is a success.
fn exit_of(sent: Sent) -> Exit {
    match sent {
        Sent::Interrupt => Exit::Interrupted,
        Sent::Terminate | Sent::HangUp => Exit::Passed,
    }
}
