//! The instances of one function, seen from its pool: a task behind each slot, opened when the slot is first used.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::instance::FunctionRuntime;
use super::slot::{Assigned, Over, Slot};

/// The slots that were used so far.
#[derive(Debug)]
pub(super) struct Instances {
    runtime: Arc<FunctionRuntime>,
    over: mpsc::UnboundedSender<Over>,
    open: Vec<Open>,
}

/// A slot with its task.
#[derive(Debug)]
struct Open {
    assign: mpsc::UnboundedSender<Assigned>,
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Instances {
    /// No instance yet, and what tells of attempts that are over.
    pub(super) fn new(runtime: Arc<FunctionRuntime>) -> (Self, mpsc::UnboundedReceiver<Over>) {
        let (over, receiver) = mpsc::unbounded_channel();
        let instances = Self {
            runtime,
            over,
            open: Vec::new(),
        };
        (instances, receiver)
    }

    /// Gives an attempt to a slot that has none.
    pub(super) fn assign(&mut self, slot: usize, assigned: Assigned) {
        while self.open.len() <= slot {
            let opened = self.open(self.open.len());
            self.open.push(opened);
        }
        // The task ends only when it is stopped.
        drop(self.open[slot].assign.send(assigned));
    }

    /// Stops one instance after the other, so that the journal does not depend on the machine. Returns when all are gone.
    pub(super) async fn stop(self) {
        for slot in self.open {
            slot.stopping.cancel();
            if let Err(error) = slot.task.await {
                tracing::error!(%error, "an instance of a function ended because of a bug in the emulator");
            }
        }
    }

    fn open(&self, index: usize) -> Open {
        let (assign, assigned) = mpsc::unbounded_channel();
        let stopping = CancellationToken::new();
        let slot = Slot::new(Arc::clone(&self.runtime), index);
        let running = slot.run(assigned, self.over.clone(), stopping.clone());
        Open {
            assign,
            stopping,
            task: tokio::spawn(running.in_current_span()),
        }
    }
}
