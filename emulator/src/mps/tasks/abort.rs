//! The end of a task that a client aborts while it waits. Follows: mps.md sections 10.1 and 11.1.

use super::row::{Entry, Status};
use crate::mps::lifecycle::Task;
use crate::mps::service::{Error, Mps};
use backlot_base::clock::Hold;
use backlot_base::journal::{Lane, MpsRecord};
use backlot_base::signal::StartWanted;

/// Why a task was not aborted.
#[derive(Debug, thiserror::Error)]
pub enum AbortRefused {
    /// There is no such task.
    #[error("the task `{0}` does not exist")]
    Unknown(String),
    /// Only a task that waits can be aborted.
    #[error("the task `{id}` is not waiting any more: its status is `{status}`", status = status.as_str())]
    NotWaiting {
        /// Its id.
        id: String,
        /// How far it has come.
        status: Status,
    },
    /// It is aborted, and something failed on the way.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Mps {
    /// Aborts a task that waits; returns when it has been told as failed.
    pub async fn abort(&self, id: &str, hold: &Hold) -> Result<(), AbortRefused> {
        let inner = &self.inner;
        let found = inner.table().find(id).map_err(Error::from)?;
        let Some(Entry { row, .. }) = found else {
            return Err(AbortRefused::Unknown(id.to_owned()));
        };
        let waiting = {
            let mut books = inner.books();
            match books.open.remove(&row.number) {
                Some(Task::Waiting(planned)) => {
                    books.slots.leave(row.number);
                    Ok(planned)
                }
                Some(processing) => {
                    books.open.insert(row.number, processing);
                    Err(Status::Processing)
                }
                None => Err(Status::Finish),
            }
        };
        let planned = waiting.map_err(|status| AbortRefused::NotWaiting {
            id: id.to_owned(),
            status,
        })?;
        let aborted = MpsRecord::TaskAborted {
            task_id: id.to_owned(),
        };
        let lane = Lane::Task(row.number);
        inner.context.record(lane, aborted);
        let planned = planned.aborted(inner.context.clock.now());
        let start = StartWanted::Any;
        inner.end(row.number, &planned, None, start, hold).await?;
        Ok(())
    }
}
