//! Where COS puts changes of objects before there is a bus to carry them: COS is built first, and the bus needs it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::routes::{RouteTable, Routes};
use crate::mps::Turn;
use crate::scf::surroundings::Fired;
use backlot_base::chains::Chains;
use backlot_base::clock::{RestQueue, Wake};
use backlot_base::journal::Lane;
use backlot_base::signal::ObjectChanged;
use backlot_cos::Listener;

/// What waits until everything else at its time is done.
#[derive(Debug)]
pub(super) enum Pending {
    /// An object has changed: triggers and workflows may hear of it.
    Changed(Box<ObjectChanged>),
    /// A task of MPS waits for its turn.
    Turn(oneshot::Sender<Turn>),
    /// A timer has fired.
    Fired(Fired),
}

/// Where work of one lane stands among the work of one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// What the lane has done.
    Done,
    /// What time has done: after what a scenario or a client does at the same time.
    Fired,
}

pub(super) type Queue = Arc<RestQueue<(Lane, Rank), Pending>>;

/// The queue of a bus that does not run yet.
#[derive(Debug)]
pub struct Outbox {
    pub(super) routes: Arc<RouteTable>,
    pub(super) queue: Queue,
    pub(super) wake: Wake,
    pub(super) chains: Chains,
}

impl Outbox {
    /// An empty queue. A chain of more than `chain_limit` events is stopped.
    pub fn new(routes: Routes, chain_limit: u32) -> Self {
        let (queue, wake) = RestQueue::new();
        Self {
            routes: Arc::new(RouteTable::new(routes)),
            queue: Arc::new(queue),
            wake,
            chains: Chains::new(chain_limit),
        }
    }

    /// How many events have led to what is going on.
    pub fn chains(&self) -> &Chains {
        &self.chains
    }

    /// For COS: takes every change that a trigger or a workflow is to hear of.
    pub fn listener(&self) -> Listener {
        let (routes, queue) = (Arc::clone(&self.routes), Arc::clone(&self.queue));
        Listener::new(move |changed, hold| {
            if routes.leads_anywhere(&changed) {
                let hold = hold.another("a change of an object on its way");
                let order = (changed.lane, Rank::Done);
                queue.put(order, Pending::Changed(Box::new(changed)), hold);
            }
        })
    }
}
