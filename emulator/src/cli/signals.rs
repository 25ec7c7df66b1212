//! Signals that ask the command to end, or that it passes on.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::Stop;

/// What the command was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// SIGINT: the user interrupts.
    Interrupt,
    /// SIGTERM: the system asks for the end.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

/// Receives signals from the moment of its making on.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    pub(super) fn receive() -> Result<Self, Stop> {
        let on = |kind| {
            signal(kind)
                .map_err(|error| Stop::environment(format!("signals cannot be received: {error}")))
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
