//! `expect-invocation`: an invocation went as described.

use serde::Deserialize;

use super::{Failure, Played};
use crate::config::written::Pause;
use crate::scenario::outcome::{Delivery, Outcome};
use crate::scenario::play::Play;
use backlot_base::journal::{Lane, ScfRecord, What};

/// A claim about one invocation, once the chain is idle. What is left out is not claimed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectInvocation {
    /// Which one, from 1.
    pub number: u32,
    /// The status of every attempt, in order.
    #[serde(default)]
    pub statuses: Option<Vec<u16>>,
    /// When every attempt began, counted from the first one.
    #[serde(default)]
    pub after: Option<Vec<Pause>>,
    /// A part of the answer to the last attempt.
    #[serde(default)]
    pub answer: Option<String>,
}

impl ExpectInvocation {
    pub(super) async fn play(&self, play: &mut Play<'_>) -> Played {
        play.rest().await?;
        let so_far = play.so_far();
        let deliveries = so_far.deliveries();
        let delivery = deliveries
            .iter()
            .find(|delivery| delivery.invocation == self.number)
            .ok_or_else(|| {
                Failure::new(format!("there is no invocation {}", self.number))
                    .hint(format!("there are {}", deliveries.len()))
            })?;
        self.check_statuses(delivery)?;
        self.check_times(&so_far)?;
        self.check_answer(delivery)
    }

    fn check_statuses(&self, delivery: &Delivery<'_>) -> Played {
        let found: Vec<u16> = delivery
            .attempts
            .iter()
            .map(|&(status, _)| status)
            .collect();
        match &self.statuses {
            Some(expected) if *expected != found => Err(Failure::new(format!(
                "attempts of invocation {} ended with {found:?}, expected {expected:?}",
                self.number
            ))),
            _ => Ok(()),
        }
    }

    fn check_times(&self, so_far: &Outcome) -> Played {
        let Some(expected) = &self.after else {
            return Ok(());
        };
        let mine = so_far
            .records
            .iter()
            .filter(|record| record.lane == Lane::Invocation(self.number));
        let begun: Vec<_> = mine
            .filter(|record| matches!(record.what, What::Scf(ScfRecord::AttemptStarted { .. })))
            .map(|record| record.at)
            .collect();
        let first = begun.first().copied().unwrap_or(so_far.start);
        let found: Vec<_> = begun
            .iter()
            .map(|at| at.duration_since(first).unsigned_abs())
            .collect();
        let expected: Vec<_> = expected.iter().map(|pause| pause.0).collect();
        if found == expected {
            return Ok(());
        }
        Err(Failure::new(format!(
            "attempts of invocation {} began after {found:?}, expected {expected:?}",
            self.number
        )))
    }

    fn check_answer(&self, delivery: &Delivery<'_>) -> Played {
        let Some(part) = &self.answer else {
            return Ok(());
        };
        let last = delivery.attempts.last().map(|&(_, answer)| answer);
        let answer = last.map_or_else(Default::default, |answer| String::from_utf8_lossy(answer));
        if answer.contains(part.as_str()) {
            return Ok(());
        }
        let title = format!("the answer to invocation {} lacks `{part}`", self.number);
        Err(Failure::new(title).hint(format!("it is `{answer}`")))
    }
}
