//! Faults that never struck and stubs that answered no call: a scenario that was to show what happens then has shown nothing.
//!
//! Those of the scenario itself fail it. Those of `backlot.yaml` are there for all scenarios, so one of them has to need them;
//! [`Shared`] says of each whether this one did.

use serde_saphyr::Location;

use super::load::Loaded;
use crate::config::FaultConfig;
use crate::config::yaml::at;
use crate::stage::Stage;
use backlot_base::fault::{FaultPlan as _, Tally};
use backlot_base::source::Diagnostic;
use backlot_base::words::count;

/// The way out, for messages.
const OPTIONAL: &str = "if that is right, say `optional: true`";

/// A fault or a stub of `backlot.yaml`, and whether a scenario met it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shared {
    /// Where it is written: line and column, from 1.
    pub place: (u64, u64),
    /// For messages: fault `busy`, stub `index`.
    pub title: String,
    /// Whether it struck or answered.
    pub is_met: bool,
}

/// What a run says about its faults and stubs.
#[derive(Clone, Debug, Default)]
pub(super) struct Idle {
    /// Those of the scenario that should have struck or answered, and did not.
    pub(super) mistakes: Vec<Diagnostic>,
    /// Those of `backlot.yaml`, unless they are optional.
    pub(super) shared: Vec<Shared>,
}

/// Looks at what faults and stubs did on a stage at the end of a scenario.
pub(super) fn idle(loaded: &Loaded, stage: &Stage) -> Idle {
    let mut idle = Idle::default();
    let own = loaded.scenario.faults.len();
    let tallies = stage.services().faults.tallies();
    for (index, (fault, tally)) in loaded.config.faults.iter().zip(tallies).enumerate() {
        let title = format!("fault `{}`", fault.value.rule(index).name);
        let met = tally.fired > 0;
        if fault.value.optional {
            continue;
        }
        if index >= own {
            idle.share(&fault.referenced, title, met);
        } else if !met {
            let mistake = at(&fault.referenced, format!("{title} never struck"));
            idle.mistakes.push(mistake.hint(why(&fault.value, tally)));
        }
    }
    let own = loaded.scenario.stubs.len();
    let answered = stage.services().outbound.answered();
    for (index, (stub, answered)) in loaded.config.stubs.iter().zip(answered).enumerate() {
        let title = format!("stub `{}`", stub.stub(index).name);
        let met = answered > 0;
        if stub.optional {
            continue;
        }
        if index >= own {
            idle.share(&stub.host.referenced, title, met);
        } else if !met {
            let mistake = at(&stub.host.referenced, format!("{title} answered no call"));
            idle.mistakes.push(mistake.hint(OPTIONAL));
        }
    }
    idle
}

impl Idle {
    fn share(&mut self, location: &Location, title: String, is_met: bool) {
        self.shared.push(Shared {
            place: (location.line(), location.column()),
            title,
            is_met,
        });
    }
}

/// Why a fault did not strike, as far as its counts tell.
fn why(fault: &FaultConfig, tally: Tally) -> String {
    let calls = count(tally.matched, "call", "calls");
    match (tally.matched, fault.nth) {
        (0, _) => format!(
            "no call was as `on:` says, or an earlier fault struck each of them; {OPTIONAL}"
        ),
        (_, Some(nth)) => {
            format!(
                "no invocation made more than {calls} like this, and `nth: {nth}` waits for a later one; {OPTIONAL}"
            )
        }
        (_, None) => format!("`times: 0` lets {calls} pass; {OPTIONAL}"),
    }
}
