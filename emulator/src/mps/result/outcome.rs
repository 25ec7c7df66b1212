//! What becomes of a sub-task.

use crate::mps::failure::Failure;
use crate::mps::object::OutputObject;
use backlot_base::json::{Object, Value};

/// `Progress` of a sub-task that is under way.
///
/// Choice: any number from 0 to 100 will do; it is always the same, so that events are repeatable.
const UNDER_WAY: u64 = 43;

/// What a sub-task that succeeds leaves: its `Output`, and objects.
pub(in crate::mps) struct Made {
    pub(super) output: Object,
    pub(super) objects: Vec<OutputObject>,
}

/// How far a sub-task has come.
pub(in crate::mps) enum Outcome {
    /// It has succeeded.
    Done(Made),
    /// It has failed.
    Failed(Failure),
    /// It has not ended.
    Running,
}

impl Outcome {
    /// `Status`. Follows: mps.md section 8.1.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Done(_) => "SUCCESS",
            Self::Failed(_) => "FAIL",
            Self::Running => "PROCESSING",
        }
    }

    /// `Output`: `null` unless it has succeeded.
    pub(super) fn output(&self) -> Value {
        match self {
            Self::Done(made) => made.output.clone().into(),
            Self::Failed(_) | Self::Running => Value::Null,
        }
    }

    /// `Progress`, in percent.
    pub(super) fn progress(&self) -> u64 {
        match self {
            Self::Done(_) => 100,
            Self::Failed(_) => 0,
            Self::Running => UNDER_WAY,
        }
    }

    pub(super) fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Done(_) | Self::Running => None,
        }
    }

    /// The objects that it leaves, once.
    pub(super) fn take_objects(&mut self) -> Vec<OutputObject> {
        match self {
            Self::Done(made) => std::mem::take(&mut made.objects),
            Self::Failed(_) | Self::Running => Vec::new(),
        }
    }

    /// Whether the whole is told of as this one rather than as `other`.
    pub(super) fn is_worse_than(&self, other: &Self) -> bool {
        let rank = |outcome: &Self| match outcome {
            Self::Done(_) => 0,
            Self::Failed(_) => 1,
            Self::Running => 2,
        };
        rank(self) > rank(other)
    }
}

impl From<Result<Made, Failure>> for Outcome {
    fn from(result: Result<Made, Failure>) -> Self {
        match result {
            Ok(made) => Self::Done(made),
            Err(failure) => Self::Failed(failure),
        }
    }
}
