//! What the table of tasks holds of one task.

use jiff::Timestamp;

use crate::mps::profile::{UNSET_TIME, iso};

/// `Status` of a task. Follows: mps.md section 8.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is created; its time has not come, or no place is free.
    Waiting,
    /// Its media are being processed.
    Processing,
    /// It has ended, well or not.
    Finish,
}

/// A task as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1, in the order of creation; never used again.
    pub number: u32,
    /// For example `2600000001-WorkflowTask-…tt7`.
    pub id: String,
    /// `WorkflowTask`, `EditMediaTask`.
    pub kind: String,
    /// How far it has come.
    pub status: Status,
    /// When it was created.
    pub created: Timestamp,
    /// When processing began, if it has begun.
    pub began: Option<Timestamp>,
    /// When it finished, if it has.
    pub finished: Option<Timestamp>,
    /// The kinds of its sub-tasks, in the words of section 11.4.
    pub sub_tasks: Vec<String>,
}

/// All that is known about a task besides its [`Row`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What lists show.
    pub row: Row,
    /// -10 to 10; higher ones come first.
    pub priority: i64,
    /// Empty if the requester gave none.
    pub session_id: String,
    /// Empty if the requester gave none.
    pub session_context: String,
    /// `TaskNotifyConfig` as JSON.
    pub notify: Option<String>,
    /// Whether a sub-task has failed.
    pub has_failed: bool,
    /// What is to be done, as JSON; `None` when it is done.
    pub job: Option<String>,
    /// The member of `DescribeTaskDetail` that has the result, as JSON; `None` until it is done.
    pub detail: Option<String>,
}

/// Which tasks a list has.
#[derive(Clone, Debug)]
pub struct Query {
    /// How far they have come.
    pub status: Status,
    /// Whether sub-tasks have failed; `None` for both.
    pub has_failed: Option<bool>,
    /// Created at this time or later.
    pub since: Timestamp,
    /// Created at this time or earlier.
    pub until: Timestamp,
    /// The place of the first one: a time of creation and a number.
    pub from: Option<(Timestamp, u32)>,
    /// At most so many.
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// By time of creation.
    pub rows: Vec<Row>,
    /// The id of the first task of the next page.
    pub next: Option<String>,
    /// The number of tasks on all pages.
    pub total: u64,
}

impl Status {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Processing => "PROCESSING",
            Self::Finish => "FINISH",
        }
    }

    pub(super) fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Processing => 1,
            Self::Finish => 2,
        }
    }

    pub(super) fn of_number(number: i64) -> Self {
        match number {
            0 => Self::Waiting,
            1 => Self::Processing,
            _ => Self::Finish,
        }
    }
}

/// A time as the API writes it; one that has not come is all zeros.
pub fn written(time: Option<Timestamp>) -> String {
    time.map_or_else(|| UNSET_TIME.to_owned(), iso)
}
