//! `expect-dead-letters`: a dead-letter queue holds so many messages.

use serde::Deserialize;

use super::{Failure, Played};
use crate::scenario::play::Play;
use backlot_base::journal::{ScfRecord, What};

/// A claim about a dead-letter queue, once the chain is idle.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectDeadLetters {
    /// The queue; all of them if left out.
    #[serde(default)]
    pub queue: Option<String>,
    /// How many messages.
    pub count: usize,
}

impl ExpectDeadLetters {
    pub(super) async fn play(&self, play: &mut Play<'_>) -> Played {
        play.rest().await?;
        let so_far = play.so_far();
        let queues = so_far
            .records
            .iter()
            .filter_map(|record| match &record.what {
                What::Scf(ScfRecord::DeadLettered { queue, .. }) => Some(queue),
                _ => None,
            });
        let wanted = |queue: &&String| self.queue.as_ref().is_none_or(|wanted| wanted == *queue);
        let found = queues.filter(wanted).count();
        if found == self.count {
            return Ok(());
        }
        let place = match &self.queue {
            Some(queue) => format!("dead-letter queue `{queue}` holds"),
            None => "the dead-letter queues hold".to_owned(),
        };
        let expected = self.count;
        Err(Failure::new(format!(
            "{place} {found} messages, expected {expected}"
        )))
    }
}
