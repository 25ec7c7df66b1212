//! Tasks of an earlier run that had not finished: they are read from the table and go on.
//!
//! Choice: a task that was processed when the earlier process ended is processed from the beginning.

use std::sync::Arc;

use tracing::Instrument as _;

use super::database::TableError;
use super::detail;
use super::row::{Entry, Row};
use super::table::TaskTable;
use crate::mps::lifecycle::{Planned, Task};
use crate::mps::notification::Stamp;
use crate::mps::service::{Inner, Mps};
use crate::mps::task::Job;
use backlot_base::clock::Hold;
use backlot_base::journal::{Lane, MpsRecord, NoticeRecord};

impl Mps {
    /// Keeps tasks in this table from now on, and goes on with those in it that have not finished. Called before there are
    /// tasks, within a runtime.
    pub fn keep_tasks_in(&self, table: TaskTable) -> Result<(), TableError> {
        let inner = &self.inner;
        let unfinished = table.unfinished()?;
        inner.books().last = table.last_number()?;
        inner
            .table
            .set(table)
            .expect("the table is given before there are tasks");
        let hold = inner.context.clock.hold("tasks of an earlier run");
        for entry in unfinished {
            inner.resume(entry, &hold)?;
        }
        Ok(())
    }
}

impl Inner {
    /// Goes on with a task of an earlier run; one that cannot be read any more fails.
    fn resume(self: &Arc<Self>, entry: Entry, hold: &Hold) -> Result<(), TableError> {
        let Row {
            number,
            id,
            created,
            ..
        } = entry.row;
        let now = self.context.clock.now();
        let lane = Lane::Task(number);
        let job = serde_json::from_str::<Job>(entry.job.as_deref().unwrap_or_default());
        let job = match job {
            Ok(job) => job,
            Err(error) => {
                let text = format!(
                    "the task `{id}` of an earlier run has failed, because its request cannot be read: {error}"
                );
                self.context.record(lane, NoticeRecord::Diagnostic { text });
                let lost = detail::lost(&id).to_string();
                return self
                    .table()
                    .finish(number, (entry.row.began, now), true, &lost);
            }
        };
        let timeline = job.timeline(created);
        let planned = Planned {
            stamp: Stamp {
                task_id: id.clone(),
                timeline,
            },
            created,
            priority: entry.priority,
            job,
        };
        let planned = planned.moved_to(now);
        self.context
            .record(lane, MpsRecord::TaskResumed { task_id: id });
        let due = planned.stamp.timeline.begins;
        let round = {
            let mut books = self.books();
            books.open.insert(number, Task::Waiting(planned));
            books.round.clone()
        };
        let hold = hold.another(format!("task {number} of MPS"));
        let living = round.run_until_cancelled_owned(Arc::clone(self).wait(number, due, hold));
        self.running.spawn(living.in_current_span());
        Ok(())
    }
}
