//! Queues an event for a function, whether or not SCF accepts it.

use crate::scf::Scf;
use backlot_base::signal::{InvokeWanted, StartWanted};

/// Returns the invocation's number. That SCF refuses an event is part of what happens, and in the journal.
pub fn queue_event(scf: &Scf, wanted: InvokeWanted) -> u32 {
    queue_event_on(scf, wanted, StartWanted::Any)
}

/// Like [`queue_event`]; `start` says which instance the event is to have.
pub fn queue_event_on(scf: &Scf, wanted: InvokeWanted, start: StartWanted) -> u32 {
    let queued = scf.invoke_async_on(wanted, start);
    queued.unwrap_or_else(|refused| {
        tracing::debug!(%refused, "an event was refused");
        refused.number
    })
}
