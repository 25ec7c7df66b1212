//! The task that waits for timers, as something to wake and to end.

use std::future::Future;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use backlot_base::clock::Hold;

/// A task in the background. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Alarm {
    wake: UnboundedSender<Hold>,
    _task: AbortOnDropHandle<()>,
}

impl Alarm {
    /// Starts a task, which receives a hold whenever there may be something new to wait for. Must be called within a runtime.
    pub(super) fn start<F>(task: impl FnOnce(UnboundedReceiver<Hold>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (wake, woken) = unbounded_channel();
        let task = tokio::spawn(task(woken).in_current_span());
        Self {
            wake,
            _task: AbortOnDropHandle::new(task),
        }
    }

    /// Tells the task that something has changed. The clock stands still until it knows.
    pub(super) fn wake(&self, hold: Hold) {
        // The task ends with its alarm only.
        drop(self.wake.send(hold));
    }
}
