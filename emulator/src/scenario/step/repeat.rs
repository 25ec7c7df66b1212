//! `repeat`: several steps, several times. A burst is a repetition without a wait in it.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::Step;
use crate::scenario::failure::Played;
use crate::scenario::play::Play;

/// Steps to be played several times, at the same virtual time unless one of them waits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Repeat {
    /// How often.
    pub times: u32,
    /// What.
    pub steps: Vec<Spanned<Step>>,
}

impl Repeat {
    pub(super) async fn play(&self, play: &mut Play<'_>) -> Played {
        for _ in 0..self.times {
            for step in &self.steps {
                step.value.play(play).await?;
            }
        }
        Ok(())
    }
}
