//! `repeat`: several steps, several times. A burst is a repetition without a wait in it.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Step, run_all};
use crate::scenario::failure::StepResult;
use crate::scenario::step_context::StepContext;

/// Steps to be run several times, at the same virtual time unless one of them waits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Repeat {
    /// The number of rounds.
    pub times: u32,
    /// The steps.
    pub steps: Vec<Spanned<Step>>,
}

impl Repeat {
    pub(super) async fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        for _ in 0..self.times {
            run_all(&self.steps, context).await?;
        }
        Ok(())
    }
}
