//! What every service is given: the clock, the seed, the journal to write in, and the plan of faults.

use std::sync::Arc;

use crate::clock::Clock;
use crate::fault::{Call, Faults, NoFaults, Verdict};
use crate::journal::{Journal, Lane, NoticeRecord, What};
use crate::seed::Seed;

/// What every service holds instead of reaching for the world itself.
#[derive(Clone, Debug)]
pub struct Context {
    /// The only source of time.
    pub clock: Clock,
    /// The only source of chance.
    pub seed: Seed,
    /// What keys, tokens and passwords are drawn from: the seed, or a number that no other program can know.
    pub secrets: Seed,
    /// Where what happened is written.
    pub journal: Journal,
    /// What shall go wrong.
    pub faults: Faults,
}

impl Context {
    /// A context with an empty journal in which nothing goes wrong.
    pub fn new(clock: &Clock, seed: Seed) -> Self {
        Self {
            clock: clock.clone(),
            seed,
            secrets: seed,
            journal: Journal::new(clock),
            faults: Arc::new(NoFaults),
        }
    }

    /// Writes what happened.
    pub fn record(&self, lane: Lane, what: impl Into<What>) {
        self.journal.append(lane, what);
    }

    /// Records that a client asked for something that the emulator does not have: `feature` of `service`. `subject` is what
    /// it was asked of, for example a bucket, or empty; `text` says what happens instead.
    pub fn record_unsupported(
        &self,
        lane: Lane,
        service: &str,
        feature: &str,
        subject: &str,
        text: &str,
    ) {
        let unsupported = NoticeRecord::Unsupported {
            service: service.to_owned(),
            feature: feature.to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
        };
        self.record(lane, unsupported);
    }

    /// Asks the plan about a call and writes down a fault that fires.
    pub fn judge(&self, call: &Call<'_>) -> Verdict {
        let (verdict, rule) = self.faults.judge(call);
        if let Some(rule) = rule {
            let fired = NoticeRecord::FaultFired {
                rule,
                call: call.to_string(),
                verdict: verdict.to_string(),
            };
            self.record(call.lane, fired);
        }
        verdict
    }
}
