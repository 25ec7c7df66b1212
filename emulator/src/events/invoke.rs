//! Queues an event for a function, whether or not SCF accepts it.

use crate::scf::Scf;
use backlot_base::signal::InvokeWanted;

/// Returns the invocation's number. That SCF refuses an event is part of what happens, and in the journal.
pub fn queue_event(scf: &Scf, wanted: InvokeWanted) -> u32 {
    scf.invoke_async(wanted).unwrap_or_else(|refused| {
        tracing::debug!(%refused, "an event was refused");
        refused.number
    })
}
