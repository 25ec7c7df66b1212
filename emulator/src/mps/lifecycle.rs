//! The life of a task: it waits, is processed, and is finished or aborted.
//!
//! Each transition consumes the state before it. Nothing that media processing would find is made up before the task
//! finishes; so a task that waits takes no more memory than its request.
//!
//! Follows: mps.md section 11.3, `Status` of tasks.

use super::definitions::Templates;
use super::notification::{Notification, Stamp};
use super::settings::Settings;
use super::task::Job;

/// A task in one of the states of its life.
#[derive(Debug)]
pub enum Task {
    /// It is created; its time has not come.
    Waiting(Planned),
    /// Its media are being processed.
    Processing(Planned),
    /// It is done, well or not, and has not been told yet.
    Finished(Notification),
    /// It will never finish and nothing is told.
    Aborted,
}

/// What is known about a task before it is finished.
#[derive(Debug)]
pub struct Planned {
    /// Its id and its times.
    pub stamp: Stamp,
    /// What it is to do.
    pub job: Job,
}

impl Task {
    /// Processing begins, if the task was waiting.
    #[must_use]
    pub fn begin(self) -> Self {
        match self {
            Self::Waiting(planned) => Self::Processing(planned),
            other => other,
        }
    }

    /// Processing ends with a result, if the task was being processed.
    #[must_use]
    pub fn finish(self, settings: &Settings, templates: &Templates) -> Self {
        match self {
            Self::Processing(Planned { stamp, job }) => Self::Finished(job.notification(
                stamp,
                settings.profile,
                &settings.switches,
                templates,
            )),
            other => other,
        }
    }

    /// The task is given up, unless it is finished.
    #[must_use]
    pub fn abort(self) -> Self {
        match self {
            Self::Waiting(_) | Self::Processing(_) => Self::Aborted,
            ended => ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mps::request::WorkflowRequest;
    use crate::mps::timeline::Timeline;

    fn waiting() -> Task {
        let request = WorkflowRequest::default();
        let found = request.source().given();
        Task::Waiting(Planned {
            stamp: Stamp {
                task_id: "1-WorkflowTask-0t0".into(),
                timeline: Timeline::new(jiff::Timestamp::UNIX_EPOCH, 0),
            },
            job: Job::Workflow { request, found },
        })
    }

    #[test]
    fn a_task_is_processed_before_it_is_finished() {
        let settings = Settings::default();
        let early = waiting().finish(&settings, &Templates::default());
        assert!(matches!(early, Task::Waiting(_)), "{early:?}");
        let finished = early.begin().finish(&settings, &Templates::default());
        let Task::Finished(notification) = finished else {
            panic!("{finished:?}");
        };
        assert_eq!(notification.err_code, 0);
    }

    #[test]
    fn an_aborted_task_stays_aborted_and_a_finished_one_finished() {
        let settings = Settings::default();
        for task in [waiting(), waiting().begin()] {
            let aborted = task
                .abort()
                .begin()
                .finish(&settings, &Templates::default());
            assert!(matches!(aborted, Task::Aborted), "{aborted:?}");
        }
        let finished = waiting()
            .begin()
            .finish(&settings, &Templates::default())
            .abort();
        assert!(matches!(finished, Task::Finished(_)), "{finished:?}");
    }
}
