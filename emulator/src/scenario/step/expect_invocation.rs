//! `expect-invocation`: an invocation went as described.

use serde::Deserialize;

use crate::config::written::Pause;
use crate::scenario::delivery::{Deliveries, Delivery};
use crate::scenario::failure::{ClaimResult, Failure, StepResult};
use crate::scenario::step_context::StepContext;

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
    /// Whether an instance was started for the first attempt.
    #[serde(default)]
    pub cold: Option<bool>,
}

impl ExpectInvocation {
    pub(super) async fn check(&self, context: &mut StepContext<'_>) -> ClaimResult {
        context.rest().await?;
        let delivery = match delivery(&context.so_far().deliveries, self.number) {
            Ok(delivery) => delivery,
            Err(missing) => return Ok(vec![missing]),
        };
        let parts = [
            self.check_statuses(delivery),
            self.check_times(delivery),
            self.check_answer(delivery),
            self.check_start(delivery),
        ];
        Ok(parts.into_iter().filter_map(Result::err).collect())
    }

    fn check_statuses(&self, delivery: &Delivery) -> StepResult {
        let found: Vec<u16> = delivery
            .attempts
            .iter()
            .map(|(status, _)| *status)
            .collect();
        match &self.statuses {
            Some(expected) if *expected != found => Err(Failure::new(format!(
                "attempts of invocation {} ended with {found:?}, expected {expected:?}",
                self.number
            ))),
            _ => Ok(()),
        }
    }

    fn check_times(&self, delivery: &Delivery) -> StepResult {
        let Some(expected) = &self.after else {
            return Ok(());
        };
        let begun = delivery.begun.iter();
        let found = begun.map(|at| at.duration_since(delivery.begun[0]).unsigned_abs());
        let found: Vec<_> = found.collect();
        let expected: Vec<_> = expected.iter().map(|pause| pause.0).collect();
        if found == expected {
            return Ok(());
        }
        Err(Failure::new(format!(
            "attempts of invocation {} began after {found:?}, expected {expected:?}",
            self.number
        )))
    }

    fn check_answer(&self, delivery: &Delivery) -> StepResult {
        let Some(part) = &self.answer else {
            return Ok(());
        };
        let last = delivery.attempts.last().map(|(_, answer)| answer);
        let answer = last.map_or_else(Default::default, |answer| String::from_utf8_lossy(answer));
        if answer.contains(part.as_str()) {
            return Ok(());
        }
        let title = format!("the answer to invocation {} lacks `{part}`", self.number);
        Err(Failure::new(title).hint(format!("it is `{answer}`")))
    }

    fn check_start(&self, delivery: &Delivery) -> StepResult {
        let word = |is_cold| if is_cold { "cold" } else { "warm" };
        match (self.cold, delivery.is_cold) {
            (Some(expected), Some(found)) if expected != found => Err(Failure::new(format!(
                "invocation {} started {}, expected {}",
                self.number,
                word(found),
                word(expected)
            ))),
            _ => Ok(()),
        }
    }
}

/// The delivery with this number, or the failure that says how many there are.
pub(super) fn delivery(deliveries: &Deliveries, invocation: u32) -> Result<&Delivery, Failure> {
    deliveries.get(invocation).ok_or_else(|| {
        let hint = match deliveries.len() {
            0 => "none so far".to_owned(),
            count => format!("only {count} so far"),
        };
        Failure::new(format!("there is no invocation {invocation} yet")).hint(hint)
    })
}
