//! `expect-dead-letters`: a dead-letter queue holds a number of messages.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::scenario::failure::{ClaimResult, Failure};
use crate::scenario::step_context::StepContext;
use backlot_base::words::count;

/// A claim about a dead-letter queue, once the chain is idle.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectDeadLetters {
    /// The queue; all of them if left out.
    #[serde(default)]
    pub queue: Option<Spanned<String>>,
    /// How many messages.
    pub count: usize,
}

impl ExpectDeadLetters {
    pub(super) async fn check(&self, context: &mut StepContext<'_>) -> ClaimResult {
        context.rest().await?;
        let queues = &context.so_far().dead_letters;
        let found = match &self.queue {
            Some(queue) => queues.get(&queue.value).copied().unwrap_or_default(),
            None => queues.values().sum(),
        };
        if found == self.count {
            return Ok(Vec::new());
        }
        let place = match &self.queue {
            Some(queue) => format!("dead-letter queue `{}` holds", queue.value),
            None => "the dead-letter queues hold".to_owned(),
        };
        let expected = self.count;
        let found = count(found, "message", "messages");
        let title = format!("{place} {found}, expected {expected}");
        Ok(vec![Failure::new(title)])
    }
}
