//! Queues outlive the process: events that wait in the data folder get back their place in the queue.

use super::Scf;
use super::intake::arrived;
use super::invocation::{Attempt, Invocation};
use super::pool::Arrival;
use super::queue::RetryRules;
use super::queue_file::{Kept, QueueFile};
use super::registry::Route;
use super::waiting::Waiting;
use backlot_base::journal::ScfRecord;
use backlot_base::signal::StartWanted;

impl Scf {
    /// Keeps queues in this file from now on, and puts the events that wait in it back into their queues. To be called once,
    /// when all functions exist and before events come in.
    ///
    /// An event for a function or a version that does not exist stays in the file.
    pub fn keep_queues_in(&self, file: QueueFile) {
        let waiting = file.waiting();
        let file = self.inner.queue_file.get_or_init(|| file);
        for kept in waiting {
            self.resume(file, kept);
        }
    }

    /// How many events wait in the file of the queues, for an instance or for their next attempt; `None` if queues are not
    /// kept.
    pub fn kept(&self) -> Option<Waiting> {
        Some(self.inner.queue_file.get()?.summary())
    }

    /// Puts an event back into its queue that an earlier process has kept.
    fn resume(&self, file: &QueueFile, kept: Kept) {
        let context = &self.inner.context;
        let keeping = file.keeping(kept.request_id.clone());
        let hold = context
            .clock
            .hold("an event that waits since an earlier start");
        let mut books = self.books();
        let number = books.number();
        let route = Route {
            share: self.inner.share_of(number),
            ..Route::default()
        };
        let chosen = kept.version.as_deref();
        let (version, registered) = match books.find_chosen(&kept.target, chosen, route) {
            Ok(found) => found,
            Err(missing) => {
                tracing::warn!(
                    "an event that waits since an earlier start cannot run, as {missing}; it stays in the data folder until the function is there at a start, or until `backlot reset`"
                );
                return;
            }
        };
        let attempt = Attempt {
            invocation: Box::new(Invocation {
                number,
                request_id: kept.request_id,
                source: kept.source,
                event: kept.event,
                queued: kept.queued,
                rules: RetryRules {
                    retry_num: kept.retry_num,
                    msg_ttl: kept.msg_ttl,
                    ..self.inner.rules(registered)
                },
                keeping: Some(keeping),
                start: StartWanted::Any,
                caller: None,
            }),
            number: kept.attempt,
            retries: kept.retries,
            is_terminated: false,
        };
        let hold = hold.another(attempt.describe(&kept.target.function));
        let invocation = &attempt.invocation;
        let lane = invocation.lane();
        context.record(lane, arrived(kept.target, version, invocation));
        if let Some(due) = kept.due {
            let attempt = attempt.number;
            context.record(lane, ScfRecord::RetryScheduled { attempt, due });
        }
        let arrival = Arrival::Later {
            due: kept.due.unwrap_or(kept.queued),
            attempt,
        };
        registered.take(number, arrival, hold);
    }
}
