//! What every service is given: the clock, the seed, the journal to write in, and the plan of faults.

use crate::clock::Clock;
use crate::fault::{Call, Faults, Verdict};
use crate::journal::{Journal, Lane, What};
use crate::seed::Seed;

/// What every service holds instead of reaching for the world itself.
#[derive(Clone, Debug)]
pub struct Context {
    /// The only source of time.
    pub clock: Clock,
    /// The only source of chance.
    pub seed: Seed,
    /// Where what happened is written.
    pub journal: Journal,
    /// What shall go wrong.
    pub faults: Faults,
}

impl Context {
    /// Writes what happened.
    pub fn record(&self, lane: Lane, what: What) {
        self.journal.append(lane, what);
    }

    /// Asks the plan about a call and writes down a fault that fires.
    pub fn judge(&self, call: &Call<'_>) -> Verdict {
        let (verdict, rule) = self.faults.judge(call);
        if let Some(rule) = rule {
            let fired = What::FaultFired {
                rule,
                call: call.to_string(),
                verdict: verdict.to_string(),
            };
            self.record(call.lane, fired);
        }
        verdict
    }
}
