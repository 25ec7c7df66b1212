//! `wait`: time passes, until nothing is left to do or for a while.

use serde::Deserialize;

use crate::config::written::Pause;
use crate::scenario::failure::StepResult;
use crate::scenario::step_context::StepContext;

/// `idle`, or a length of time such as `90s`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Wait {
    /// Until the chain has nothing to do and nothing to wait for.
    Idle,
    /// For so long on the scenario's clock.
    For(Pause),
}

impl TryFrom<String> for Wait {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "idle" {
            return Ok(Self::Idle);
        }
        let wanted = "`idle` or a length of time such as `90s`";
        Pause::parse(&text)
            .map(Self::For)
            .ok_or_else(|| format!("found `{text}`, expected {wanted}"))
    }
}

impl Wait {
    pub(super) async fn run(self, context: &mut StepContext<'_>) -> StepResult {
        match self {
            Self::Idle => context.rest().await,
            Self::For(Pause(pause)) => context.pass(pause).await,
        }
    }
}
