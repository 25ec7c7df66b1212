//! `backlot exec`: a command with an emulator of its own.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use super::exit::{CommandError, Exit};
use super::notice;
use super::opening::Opening;
use super::signals::{Sent, Signals};
use super::variables::Variables;
use crate::stage::Stage;

/// How long running attempts may take to finish after the command has exited, in real time.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a command with an emulator of its own, which stops afterwards. Returns the command's exit code: 128 + n after signal
/// n, 127 if there is no such command, 126 if it cannot be run. With `--strict`, a success becomes 5 if the command requested
/// something unsupported
#[derive(Debug, Args)]
pub(super) struct Exec {
    #[command(flatten)]
    opening: Opening,

    #[command(flatten)]
    variables: Variables,

    /// The command and its arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Exec {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        // From here on a signal is the command's, not ours.
        let mut signals = Signals::receive()?;
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let opening = self.opening.open(listen, None, None);
        // What changes while the command runs is in use only when the next one does.
        let (stage, _sources) = tokio::select! {
            opened = opening => opened?,
            sent = signals.next() => return Ok(Exit::of_signal(number_of(sent).as_raw())),
        };
        let ended = self.command(&stage, &mut signals).await;
        // What the command has started may finish.
        if stage.drain(GRACE).await.is_err() {
            notice(&format!(
                "attempts that still run {GRACE:?} after the command has exited are aborted"
            ));
        }
        let exported = self.opening.export(&stage).await;
        let watch = self.opening.strict.watch(stage.journal());
        stage.stop().await;
        let exit = ended.and_then(|exit| exported.map(|()| exit))?;
        Ok(match watch {
            Some(watch) => watch.settle(exit),
            None => exit,
        })
    }

    async fn command(&self, stage: &Stage, signals: &mut Signals) -> Result<Exit, CommandError> {
        let mut child = match self.spawn(stage) {
            Ok(child) => child,
            Err(error) => {
                let name = self.command[0].to_string_lossy();
                tracing::error!(%error, "`{name}` cannot be run");
                let is_missing = error.kind() == io::ErrorKind::NotFound;
                return Ok(Exit::Command(if is_missing { 127 } else { 126 }));
            }
        };
        loop {
            tokio::select! {
                ended = child.wait() => {
                    let status = ended.map_err(|error| {
                        CommandError::environment(format!("the command cannot be waited for: {error}"))
                    })?;
                    return Ok(exit_of(status));
                }
                sent = signals.next() => pass_on(sent, &child),
            }
        }
    }

    /// The command stays in our process group, so that it can read from the terminal.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the door to the user's command"
    )]
    fn spawn(&self, stage: &Stage) -> io::Result<Child> {
        let client_env = stage.client_env();
        let mut command = tokio::process::Command::new(&self.command[0]);
        let before = std::env::var_os("PYTHONPATH");
        let variables = self.variables.of(&client_env, before.as_deref());
        command.args(&self.command[1..]);
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.kill_on_drop(true).spawn()
    }
}

/// Sends the command what we were sent. A terminal has sent an interrupt to both of us already.
fn pass_on(sent: Sent, child: &Child) {
    if sent == Sent::Interrupt && io::stdin().is_terminal() {
        return;
    }
    let pid = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    // It may have ended meanwhile, which the loop is about to see.
    if let Some(pid) = pid
        && let Err(error) = kill_process(pid, number_of(sent))
    {
        tracing::debug!(%error, "a signal could not be passed on");
    }
}

fn number_of(sent: Sent) -> Signal {
    match sent {
        Sent::Interrupt => Signal::INT,
        Sent::Terminate => Signal::TERM,
        Sent::HangUp => Signal::HUP,
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Command(u8::try_from(code).unwrap_or(u8::MAX)),
        (None, Some(signal)) => Exit::of_signal(signal),
        (None, None) => Exit::Environment,
    }
}
