//! Tasks: their ids, and what is planned before it is told.

use bytes::Bytes;

use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, MpsRecord};
use backlot_base::seed::Seed;
use backlot_base::signal::{OutputObject, TaskFinished};

use super::notification::{EventType, Notification};
use super::profile::Profile;
use super::timeline::Timeline;

/// The number that task ids begin with unless set otherwise; not the COS `AppId`.
pub const DEFAULT_OWNER: u64 = 2_600_000_001;

/// The id of the task of that number, from 1. Follows: mps.md section 3.
pub fn task_id(
    seed: Seed,
    owner: u64,
    number: u32,
    event_type: EventType,
    profile: Profile,
) -> String {
    let kind = match event_type {
        EventType::WorkflowTask => "WorkflowTask",
        EventType::EditMediaTask => profile.edit_kind(),
    };
    let digits = seed.draw(&["mps-task", &number.to_string()]).hex(32);
    format!("{owner}-{kind}-{digits}{}", profile.id_suffix())
}

/// A task whose outcome is known but not yet told: [`Planned::finish`] it at its time.
#[derive(Debug)]
#[must_use = "a task that is planned and not finished is never told"]
pub struct Planned {
    context: Context,
    number: u32,
    notification: Notification,
}

impl Planned {
    pub(super) fn new(context: &Context, number: u32, notification: Notification) -> Self {
        Self {
            context: context.clone(),
            number,
            notification,
        }
    }

    /// The task's number on this stage, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The task's id.
    pub fn task_id(&self) -> &str {
        &self.notification.task_id
    }

    /// When it begins and finishes on the stage's clock; waiting for that is up to the caller.
    pub fn timeline(&self) -> Timeline {
        self.notification.timeline
    }

    /// Objects that the task leaves, to be written before it is told.
    pub fn outputs(&self) -> &[OutputObject] {
        &self.notification.outputs
    }

    /// Records the task as finished and tells it.
    pub fn finish(self, hold: Hold) -> TaskFinished {
        let event: Bytes = self.notification.bytes();
        let Notification {
            event_type,
            task_id,
            err_code,
            outputs,
            ..
        } = self.notification;
        self.context.record(
            Lane::Task(self.number),
            MpsRecord::TaskFinished {
                task_id: task_id.clone(),
                event_type: event_type.to_string(),
                err_code,
            },
        );
        TaskFinished {
            task: self.number,
            event_type: event_type.to_string(),
            task_id,
            err_code,
            event,
            outputs,
            hold,
        }
    }
}
