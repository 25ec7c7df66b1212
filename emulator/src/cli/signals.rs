//! Signals that ask the command to stop, or that it passes on.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::CommandError;

/// What the command was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// SIGINT: the user interrupts.
    Interrupt,
    /// SIGTERM: the system asks it to stop.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

/// Receives signals from its creation on.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    pub(super) fn receive() -> Result<Self, CommandError> {
        let on = |kind| {
            signal(kind).map_err(|error| {
                CommandError::environment(format!("signals cannot be received: {error}"))
            })
        };
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> Sent {
        tokio::select! {
            _ = self.interrupt.recv() => Sent::Interrupt,
            _ = self.terminate.recv() => Sent::Terminate,
            _ = self.hang_up.recv() => Sent::HangUp,
        }
    }
}
