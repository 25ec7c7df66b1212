//! The life of a task: it waits, is processed, and is finished or aborted.
//!
//! Each transition consumes the state before it. Nothing that media processing would find is made up before the task
//! finishes; so a task that waits takes no more memory than its request.
//!
//! Follows: mps.md section 10.1.

use jiff::Timestamp;

use super::definitions::Templates;
use super::notification::{Notification, Stamp};
use super::settings::Settings;
use super::task::Job;
use super::timeline::Timeline;

/// A task in one of the states of its life.
#[derive(Debug)]
pub enum Task {
    /// It is created; its time has not come, or no place is free.
    Waiting(Planned),
    /// Its media are being processed.
    Processing(Planned),
}

/// What is known about a task before it is finished.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its id and its times.
    pub stamp: Stamp,
    /// When it was created.
    pub created: Timestamp,
    /// -10 to 10; higher ones come first.
    pub priority: i64,
    /// What it is to do.
    pub job: Job,
}

impl Task {
    /// Processing begins at `at`, if the task was waiting.
    #[must_use]
    pub fn begin(self, at: Timestamp) -> Self {
        match self {
            Self::Waiting(planned) => Self::Processing(planned.moved_to(at)),
            processing @ Self::Processing(_) => processing,
        }
    }

    /// What the task is to do, and when.
    pub fn planned(&self) -> &Planned {
        match self {
            Self::Waiting(planned) | Self::Processing(planned) => planned,
        }
    }
}

impl Planned {
    /// The task at another time, if that is later than planned: processing takes as long.
    #[must_use]
    pub fn moved_to(mut self, begins: Timestamp) -> Self {
        if begins > self.stamp.timeline.begins {
            self.stamp.timeline = self.stamp.timeline.moved_to(begins);
        }
        self
    }

    /// The task as it ends when it is aborted at `at`: every part of it fails.
    #[must_use]
    pub fn aborted(mut self, at: Timestamp) -> Self {
        self.stamp.timeline = Timeline {
            begins: at,
            finishes: at,
        };
        self.job = self.job.aborted();
        self
    }

    /// What is told of the finished task.
    pub fn notification(&self, settings: &Settings, templates: &Templates) -> Notification {
        let stamp = self.stamp.clone();
        let Settings {
            profile, switches, ..
        } = settings;
        self.job.notification(stamp, *profile, switches, templates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mps::request::WorkflowRequest;
    use backlot_base::json::Value;

    fn planned() -> Planned {
        let request = WorkflowRequest::default();
        let found = request.source().given();
        let created = Timestamp::UNIX_EPOCH;
        Planned {
            stamp: Stamp {
                task_id: "1-WorkflowTask-0t0".into(),
                timeline: Timeline::new(created, 100_000),
            },
            created,
            priority: 0,
            job: Job::Workflow { request, found },
        }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_task_that_begins_late_takes_as_long() {
        let late = Task::Waiting(planned()).begin(second(60));
        let times = late.planned().stamp.timeline;
        assert_eq!((times.begins, times.finishes), (second(60), second(70)));
        let twice = late.begin(second(90));
        assert_eq!(twice.planned().stamp.timeline, times, "it has begun");
        let early = Task::Waiting(planned()).begin(second(0));
        assert_eq!(early.planned().stamp.timeline.begins, second(1));
    }

    #[test]
    fn every_part_of_an_aborted_task_fails() {
        let told = planned()
            .aborted(second(5))
            .notification(&Settings::default(), &Templates::default());
        let results = told
            .event
            .pointer("/WorkflowTaskEvent/MediaProcessResultSet");
        let results = results.and_then(Value::as_array).unwrap();
        assert!(!results.is_empty());
        for result in results {
            let text = result.to_string();
            assert!(text.contains(r#""Status":"FAIL""#), "{text}");
        }
        assert!(told.outputs.is_empty());
    }
}
