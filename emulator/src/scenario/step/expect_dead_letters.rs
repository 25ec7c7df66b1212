//! `expect-dead-letters`: a dead-letter queue holds a number of messages.

use serde::Deserialize;

use crate::scenario::failure::{Failure, Played};
use crate::scenario::play::Play;

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
        let queues = &play.so_far().dead_letters;
        let found = match &self.queue {
            Some(queue) => queues.get(queue).copied().unwrap_or_default(),
            None => queues.values().sum(),
        };
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
