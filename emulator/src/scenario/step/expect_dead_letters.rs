//! `expect-dead-letters`: a dead-letter queue holds a number of messages.

use serde::Deserialize;

use crate::scenario::failure::{Failure, StepResult};
use crate::scenario::step_context::StepContext;
use backlot_base::words::count;

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
    pub(super) async fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        context.rest().await?;
        let queues = &context.so_far().dead_letters;
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
        let found = count(found, "message", "messages");
        Err(Failure::new(format!(
            "{place} {found}, expected {expected}"
        )))
    }
}
