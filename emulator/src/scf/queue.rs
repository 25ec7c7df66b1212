//! The rules of the asynchronous queue: who comes first, who gets another try, and who has waited too long.
//!
//! Pure: the caller tells the time and gets the decision. [`super::pool`] does it.
//!
//! Follows: SCF reference, sections 10.1 and 10.2.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::status::{RetryClass, Status};

/// Bytes of an asynchronous event at most.
pub(super) const EVENT_LIMIT: usize = 128 * 1024;
/// Events that wait for one function at most.
pub(super) const CAPACITY: usize = 100_000;
/// The pause between the end of a failed attempt and the next one.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);
/// The longest pause that grows.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// What a queue does about the failures of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RetryRules {
    /// Retries after execution errors.
    pub(super) retry_num: u8,
    /// The age beyond which nothing is tried again.
    pub(super) msg_ttl: Duration,
    /// The pauses before retries that are not counted.
    pub(super) pauses: AsyncRetries,
}

/// How long the pause is before a retry after 432 or 500. After an execution error it is a minute.
///
/// Follows: SCF reference, section 0.1, second row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AsyncRetries {
    /// A minute, as current documents say.
    #[default]
    Current,
    /// 1, 2, 4, 5, 5 … minutes, as documents before 2022 say.
    Legacy,
}

/// The retries that an event has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Retries {
    /// After execution errors: they count against `RetryNum`.
    pub(super) counted: u8,
    /// After 432 and 500.
    pub(super) aged: u32,
}

/// What happens after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The invocation is over.
    Done,
    /// The event is tried again.
    Retry {
        /// When the next attempt starts.
        due: Timestamp,
        /// Execution errors before the coming attempt.
        retries: u8,
    },
    /// The platform gives the event up.
    GiveUp(Reason),
}

/// Why an event is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The last retry failed.
    ExecutionError,
    /// The next retry would come later than `MsgTTL` after the event.
    Expired,
    /// Too many events wait already.
    Backlog,
    /// The function was deleted.
    Deleted,
    /// A call of the API ended it.
    Terminated,
}

impl RetryRules {
    /// What happens after an attempt that ended now with `status`, of an event from `queued`, after these `retries`.
    pub(super) fn after(
        self,
        status: Status,
        now: Timestamp,
        queued: Timestamp,
        retries: Retries,
    ) -> Next {
        let (pause, counted) = match status.retry_class() {
            RetryClass::Done => return Next::Done,
            RetryClass::Aged => (self.pauses.before(retries.aged), 0),
            RetryClass::Counted if retries.counted >= self.retry_num => {
                return Next::GiveUp(Reason::ExecutionError);
            }
            RetryClass::Counted => (RETRY_INTERVAL, 1),
        };
        let due = later(now, pause);
        if self.is_expired(due, queued) {
            return Next::GiveUp(Reason::Expired);
        }
        Next::Retry {
            due,
            retries: retries.counted + counted,
        }
    }

    /// Whether an event from `queued` is too old to be run at `start`.
    pub(super) fn is_expired(self, start: Timestamp, queued: Timestamp) -> bool {
        start.duration_since(queued) > signed(self.msg_ttl)
    }
}

impl AsyncRetries {
    /// The pause before the next retry, after `aged` retries of the kind.
    fn before(self, aged: u32) -> Duration {
        match self {
            Self::Current => RETRY_INTERVAL,
            Self::Legacy => {
                let pause = RETRY_INTERVAL.saturating_mul(2_u32.saturating_pow(aged));
                pause.min(LONGEST_PAUSE)
            }
        }
    }
}

impl Reason {
    /// The word that records use.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ExecutionError => "execution-error",
            Self::Expired => "expired",
            Self::Backlog => "backlog",
            Self::Deleted => "deleted",
            Self::Terminated => "terminated",
        }
    }
}

/// Work that waits, ordered by when it is due and then by the number of its invocation.
#[derive(Debug)]
pub(super) struct Line<T>(BTreeMap<(Timestamp, u32), T>);

impl<T> Line<T> {
    /// Lets `waiting` take its place.
    pub(super) fn join(&mut self, due: Timestamp, number: u32, waiting: T) {
        self.0.insert((due, number), waiting);
    }

    /// Takes the first out.
    pub(super) fn take(&mut self) -> Option<T> {
        self.0.pop_first().map(|(_, first)| first)
    }

    /// Takes the first out if it is due at `now`.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<T> {
        self.next_due().filter(|due| *due <= now)?;
        self.take()
    }

    /// Takes the first out that is meant, whenever it is due.
    pub(super) fn take_out(&mut self, is_meant: impl Fn(&T) -> bool) -> Option<T> {
        let mut waiting = self.0.iter();
        let key = *waiting.find(|(_, waiting)| is_meant(waiting))?.0;
        self.0.remove(&key)
    }

    /// Takes all out, the first one first.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.0).into_values()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// When the first is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.0.first_key_value().map(|((due, _), _)| *due)
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// `pause` after `start`; the end of time if that is beyond it.
pub(super) fn later(start: Timestamp, pause: Duration) -> Timestamp {
    start
        .saturating_add(signed(pause))
        .unwrap_or(Timestamp::MAX)
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn rules(retry_num: u8, msg_ttl: u64) -> RetryRules {
        let msg_ttl = Duration::from_secs(msg_ttl);
        RetryRules {
            retry_num,
            msg_ttl,
            pauses: AsyncRetries::Current,
        }
    }

    fn counted(counted: u8) -> Retries {
        Retries { counted, aged: 0 }
    }

    #[test]
    fn execution_errors_are_retried_up_to_the_limit() {
        let rules = rules(2, 21_600);
        let first = rules.after(Status::USER_ERROR, at(0), at(0), counted(0));
        let due = at(60);
        assert_eq!(first, Next::Retry { due, retries: 1 });
        let second = rules.after(Status::TIME_LIMIT, at(63), at(0), counted(1));
        let due = at(123);
        assert_eq!(second, Next::Retry { due, retries: 2 });
        let third = rules.after(Status::PROCESS_EXIT, at(123), at(0), counted(2));
        assert_eq!(third, Next::GiveUp(Reason::ExecutionError));
        assert_eq!(
            rules.after(Status::SUCCESS, at(0), at(0), counted(0)),
            Next::Done
        );
    }

    #[test]
    fn without_retries_one_failure_is_the_end() {
        let next = rules(0, 21_600).after(Status::USER_ERROR, at(0), at(0), counted(0));
        assert_eq!(next, Next::GiveUp(Reason::ExecutionError));
    }

    #[test]
    fn overrun_and_internal_errors_age_without_being_counted() {
        let rules = rules(0, 120);
        for status in [Status::OVERRUN, Status::INTERNAL] {
            let due = at(60);
            let next = rules.after(status, at(0), at(0), counted(0));
            assert_eq!(next, Next::Retry { due, retries: 0 });
            let due = at(120);
            let next = rules.after(status, at(60), at(0), counted(0));
            assert_eq!(
                next,
                Next::Retry { due, retries: 0 },
                "120 s is not too old"
            );
            let next = rules.after(status, at(120), at(0), counted(0));
            assert_eq!(next, Next::GiveUp(Reason::Expired));
        }
    }

    #[test]
    fn execution_errors_age_as_well() {
        let next = rules(2, 60).after(Status::USER_ERROR, at(1), at(0), counted(0));
        assert_eq!(next, Next::GiveUp(Reason::Expired));
    }

    #[test]
    fn a_line_is_ordered_by_due_time_and_then_by_number() {
        let mut line = Line::default();
        for (due, number) in [(60, 1), (0, 3), (0, 2)] {
            line.join(at(due), number, number);
        }
        assert_eq!(line.next_due(), Some(at(0)));
        assert_eq!(line.take_due(at(59)), Some(2));
        assert_eq!(line.take_due(at(59)), Some(3));
        assert_eq!(line.take_due(at(59)), None);
        assert_eq!(line.take(), Some(1));
        assert_eq!(line.take(), None);
    }

    #[test]
    fn growing_pauses_are_one_two_four_and_then_five_minutes() {
        let rules = RetryRules {
            pauses: AsyncRetries::Legacy,
            ..rules(2, 21_600)
        };
        let pause = |aged, status| {
            let retries = Retries { counted: 0, aged };
            match rules.after(status, at(0), at(0), retries) {
                Next::Retry { due, .. } => due.as_second() / 60,
                other => panic!("no retry: {other:?}"),
            }
        };
        let minutes: Vec<_> = (0..6).map(|aged| pause(aged, Status::OVERRUN)).collect();
        assert_eq!(minutes, [1, 2, 4, 5, 5, 5]);
        assert_eq!(pause(u32::MAX, Status::INTERNAL), 5);
        assert_eq!(pause(3, Status::USER_ERROR), 1, "an execution error");
    }
}
