//! `backlot invoke`: gives one function one event and prints its answer.
//!
//! The emulator that runs is asked; if none does, `own` starts one for the call and stops it again, so that a function needs no
//! more than its project.

mod given_event;
mod own;

use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::configuration::Configuration;
use super::debugging::Debugging;
use super::egress::Egress;
use super::exit::{CommandError, Exit};
use super::progress::{Progress, Shown};
use super::remote::{Remote, Target};
use super::replacement::Replacements;
use super::strict::Strict;
use super::terminal::{show, show_bytes};
use super::{notice, tell};
use crate::admin::invoke as admin;
use backlot_cos::store::Kind;
use backlot_http::exchange::full;
use given_event::GivenEvent;

/// Gives a function an event. The answer goes to stdout byte for byte, the log to stderr. The emulator that runs is asked; if
/// none runs, one is started for the call
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
pub(super) struct Invoke {
    /// The function's name
    function: String,

    /// The event: JSON, a file with it, or `-` for stdin
    #[arg(long, short, value_name = "FILE|-|JSON", default_value = "-")]
    event: GivenEvent,

    /// Put the event into the function's queue, and do not wait for what becomes of it
    #[arg(long = "async")]
    is_async: bool,

    /// The whole log instead of its last 4 KB; with `--async`, all that is printed until the event is done with
    #[arg(long)]
    log: bool,

    /// Recycle an instance that is there, so that the event gets a new one
    #[arg(long)]
    cold: bool,

    /// The function's namespace
    #[arg(long, value_name = "NAME", default_value = "default")]
    namespace: String,

    /// A version or an alias of the function
    #[arg(long, value_name = "NAME", default_value = "$DEFAULT")]
    qualifier: String,

    /// Start an emulator for this call, also if one runs
    #[arg(long)]
    new: bool,

    /// The emulator's address, or where an emulator of its own listens
    #[arg(long, value_name = "ADDR", env = "BACKLOT_LISTEN")]
    listen: Option<SocketAddr>,

    /// The data folder of the emulator, or where an emulator of its own keeps objects
    #[arg(long, value_name = "DIR", env = "BACKLOT_DATA")]
    data: Option<PathBuf>,

    /// How an emulator of its own stores objects in the folder: `sqlite` or `fs`
    #[arg(
        long,
        value_name = "KIND",
        env = "BACKLOT_STORE",
        default_value = "sqlite"
    )]
    store: Kind,

    #[command(flatten)]
    functions: Replacements,

    #[command(flatten)]
    configuration: Configuration,

    #[command(flatten)]
    debugging: Debugging,

    #[command(flatten)]
    egress: Egress,

    #[command(flatten)]
    strict: Strict,
}

impl Invoke {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        if self.debugging.function().is_some() && self.event == GivenEvent::Stdin {
            let message = "with `--debug`, stdin is for the function";
            return Err(CommandError::usage(message).hint("give the event with `-e`"));
        }
        if self.new || self.debugging.function().is_some() {
            return self.on_own(self.event.read()?).await;
        }
        if !self.functions.is_empty() {
            notice("an emulator is started for this call, because `--function` replaces code");
            return self.on_own(self.event.read()?).await;
        }
        let Some(remote) = self.running().await? else {
            notice("no emulator runs: one is started for this call");
            return self.on_own(self.event.read()?).await;
        };
        // Before the event is read from a terminal.
        remote.health().await?;
        let event = self.event.read()?;
        self.give(remote, event, false).await
    }

    /// The emulator that runs; `None` if nothing listens there. An emulator that is silent, or another
    /// program at the address, is returned too: the call to it says what is wrong.
    async fn running(&self) -> Result<Option<Remote>, CommandError> {
        let target = Target {
            listen: self.listen,
            data: self.data.clone(),
        };
        match target.find() {
            Ok(remote) if remote.is_free_here().await => Ok(None),
            Ok(remote) => Ok(Some(remote)),
            // Nothing has noted an address in the data folder.
            Err(error) if error.exit == Exit::Environment => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives an emulator the event, and prints what comes of it.
    async fn give(&self, remote: Remote, event: Bytes, is_own: bool) -> Result<Exit, CommandError> {
        if self.is_async {
            return self.queue(remote, event, is_own).await;
        }
        let response = remote.ask("POST", &self.path("sync"), full(event)).await?;
        let header = |name| response.headers().get(name)?.to_str().ok();
        let number = |name| header(name)?.parse::<u64>().ok();
        let (Some(invocation), Some(since), Some(status)) = (
            number(admin::INVOCATION),
            number(admin::SINCE),
            number(admin::STATUS),
        ) else {
            return Err(remote.foreign());
        };
        let tail = header(admin::LOG).unwrap_or_default();
        let tail = percent_decode_str(tail).decode_utf8_lossy().into_owned();
        let answer = remote.whole(response).await?;
        let shown = if self.log {
            Shown::Log
        } else {
            // What is debugged was seen as it was printed.
            if !tail.trim_end().is_empty() && self.debugging.function().is_none() {
                tell(tail.trim_end());
            }
            Shown::Findings
        };
        let mut progress = Progress::of([invocation], shown);
        progress.catch_up(remote, since).await?;
        show_bytes(&answer)?;
        Ok(self.exit(status == 200, &progress))
    }

    /// Puts the event into the queue. Waits until it is done with if that is to be shown, or if the emulator ends with the call.
    async fn queue(
        &self,
        remote: Remote,
        event: Bytes,
        is_own: bool,
    ) -> Result<Exit, CommandError> {
        let queued = remote
            .value("POST", &self.path("async"), full(event))
            .await?;
        let (Some(invocation), Some(since)) =
            (queued["invocation"].as_u64(), queued["since"].as_u64())
        else {
            return Err(remote.foreign());
        };
        let id = queued["request_id"].as_str().unwrap_or_default();
        let function = &self.function;
        show(&format!(
            "`{function}` gets it as invocation {invocation}, request id {id}\n"
        ))?;
        let shown = match (self.log, is_own) {
            (false, false) => return Ok(Exit::Passed),
            // An emulator that ends takes its queue with it.
            (false, true) => Shown::Attempts,
            (true, _) => Shown::All,
        };
        let mut progress = Progress::of([invocation], shown);
        progress.follow(remote, since).await?;
        Ok(self.exit(progress.is_success(), &progress))
    }

    fn exit(&self, is_success: bool, progress: &Progress) -> Exit {
        if !is_success {
            return Exit::Failed;
        }
        if self.strict.is_on() && progress.objections() > 0 {
            return Exit::Unsupported;
        }
        Exit::Passed
    }

    fn path(&self, kind: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        // A name such as `media/notify` begins with its namespace.
        let written = self.function.split_once('/');
        let (namespace, function) = written.unwrap_or((&self.namespace, &self.function));
        let cold = if self.cold { "&cold=true" } else { "" };
        format!(
            "/invoke?type={kind}&function={}&namespace={}&qualifier={}{cold}",
            encoded(function),
            encoded(namespace),
            encoded(&self.qualifier)
        )
    }
}
