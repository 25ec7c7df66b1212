//! One event given to one function, its attempts, and the reply that a synchronous caller gets.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::log::{self, Usage};
use super::outcome::AttemptOutcome;
use super::queue::{Next, Reason, Retries, RetryRules};
use super::queue_file::Keeping;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::journal::Lane;
use backlot_base::signal::StartWanted;

/// An event on its way through one function.
#[derive(Debug)]
pub(super) struct Invocation {
    /// Its place among all invocations of the stage, from 1.
    pub(super) number: u32,
    /// The request id, which all attempts share.
    pub(super) request_id: String,
    /// What sent the event, in SCF's words: `MPS_TRIGGER`, `COS`, `OTHERS`.
    pub(super) source: String,
    /// The payload, byte for byte.
    pub(super) event: Bytes,
    /// When the event arrived.
    pub(super) queued: Timestamp,
    /// Which instance its first attempt is to have.
    pub(super) start: StartWanted,
    /// What its queue does about failures, as configured when it arrived.
    pub(super) rules: RetryRules,
    /// Writes down what becomes of it, if its queue is kept.
    pub(super) keeping: Option<Keeping>,
    /// Takes the reply of a synchronous invocation.
    pub(super) caller: Option<oneshot::Sender<(Reply, Hold)>>,
}

/// One try of an invocation.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) invocation: Box<Invocation>,
    /// The number of the attempt, from 1.
    pub(super) number: u32,
    /// Retries so far that count against `RetryNum`.
    pub(super) retries: u8,
    /// Whether a call of the API ends it: nothing follows.
    pub(super) is_terminated: bool,
}

/// An attempt that is over.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) attempt: Attempt,
    pub(super) outcome: AttemptOutcome,
    /// What the function printed.
    pub(super) lines: Vec<String>,
    /// How long the attempt took by the stage's clock.
    pub(super) duration: Duration,
    /// The most memory that the instance has had so far, if that is measured.
    pub(super) memory_bytes: Option<u64>,
    /// What its queue does now, unless a caller waits for the outcome.
    pub(super) next: Next,
}

/// What the caller of a synchronous invocation gets: the members of `Result`.
///
/// Follows: SCF reference, section 9.2.
///
/// Deviates: `MemUsage` is measured on the real clock only, as it differs from run to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The invocation's number on this stage, from 1.
    pub number: u32,
    /// `FunctionRequestId`.
    pub request_id: String,
    /// How it ended.
    pub status: Status,
    /// `RetMsg`: the answer as it is, or an error object.
    pub ret_msg: Bytes,
    /// `ErrMsg`: the error object's `errorMessage`, empty on success.
    pub err_msg: String,
    /// `Log`, if the caller wants its tail: the last 4 KB.
    pub log: String,
    /// `Duration`; `BillDuration` is this in whole milliseconds, rounded up.
    pub duration: Duration,
    /// `InvokeResult`: 0, 1 or -1.
    pub invoke_result: i8,
    /// `MemUsage` in bytes: the most that the instance has had so far; 0 where it is not measured.
    pub memory_bytes: u64,
}

impl Invocation {
    pub(super) fn lane(&self) -> Lane {
        Lane::Invocation(self.number)
    }

    /// Nothing more is done about the event; written down if its queue is kept.
    pub(super) fn end(&self) {
        if let Some(keeping) = &self.keeping {
            keeping.end();
        }
    }
}

impl Attempt {
    /// The first attempt of an invocation.
    pub(super) fn first(invocation: Invocation) -> Self {
        Self {
            invocation: Box::new(invocation),
            number: 1,
            retries: 0,
            is_terminated: false,
        }
    }

    /// Which instance it is to have. A retry takes what is there, as on the platform.
    pub(super) fn start(&self) -> StartWanted {
        if self.number == 1 {
            self.invocation.start
        } else {
            StartWanted::Any
        }
    }

    /// Names the attempt in the list of what keeps the stage from being idle.
    pub(super) fn describe(&self, function: &str) -> String {
        let invocation = self.invocation.number;
        format!(
            "attempt {} of invocation {invocation} of function `{function}`",
            self.number
        )
    }

    /// Gives a synchronous caller its answer, while the attempt goes on. Nobody waits for the outcome any more, but it stays a
    /// synchronous one: nothing is retried.
    ///
    /// Follows: SCF reference, section 6.4: the log is empty, as the run has not ended.
    pub(super) fn answer_early(&mut self, answer: Bytes, duration: Duration, hold: &Hold) {
        let nobody = oneshot::channel().0;
        let Some(caller) = &mut self.invocation.caller else {
            return;
        };
        let caller = std::mem::replace(caller, nobody);
        let reply = Reply {
            number: self.invocation.number,
            request_id: self.invocation.request_id.clone(),
            status: Status::SUCCESS,
            ret_msg: answer,
            err_msg: String::new(),
            log: String::new(),
            duration,
            invoke_result: Status::SUCCESS.invoke_result(),
            memory_bytes: 0,
        };
        // A caller that does not wait any more gives its hold up.
        drop(caller.send((reply, hold.another("a caller that has its answer"))));
    }

    /// What the queue does after the attempt ended now with `status`. It is written down if the queue is kept.
    pub(super) fn decide(&self, status: Status, now: Timestamp) -> Next {
        let invocation = &self.invocation;
        let retries = Retries {
            counted: self.retries,
            aged: (self.number - 1).saturating_sub(u32::from(self.retries)),
        };
        let next = if self.is_terminated && !status.is_success() {
            Next::GiveUp(Reason::Terminated)
        } else {
            invocation
                .rules
                .after(status, now, invocation.queued, retries)
        };
        if let Some(keeping) = &invocation.keeping {
            match next {
                Next::Done => keeping.end(),
                Next::Retry { due, retries } => keeping.retry(self.number + 1, retries, due),
                // It ends once it is in the dead-letter queue.
                Next::GiveUp(_) => {}
            }
        }
        next
    }

    /// The request id as a header.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.invocation.request_id).expect("a UUID is a header value")
    }
}

impl Reply {
    /// The reply to the caller of a function with asynchronous execution: only the request id.
    pub(super) fn accepted(number: u32, request_id: &str) -> Self {
        Self {
            number,
            request_id: request_id.to_owned(),
            status: Status::RUNNING,
            ret_msg: Bytes::new(),
            err_msg: String::new(),
            log: String::new(),
            duration: Duration::ZERO,
            memory_bytes: 0,
            invoke_result: 0,
        }
    }
}

impl Report {
    /// The reply to a synchronous caller.
    pub(super) fn reply(&self, memory_mb: u32) -> Reply {
        let Self {
            attempt, outcome, ..
        } = self;
        let request_id = attempt.invocation.request_id.clone();
        // Observed: what could not even be started has no log.
        let log = if outcome.status == Status::CODE_ERROR {
            String::new()
        } else {
            let usage = Usage {
                duration_ms: u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX),
                memory_mb,
                memory_bytes: self.memory_bytes,
            };
            log::tail(&request_id, &self.lines, &usage)
        };
        Reply {
            number: attempt.invocation.number,
            status: outcome.status,
            ret_msg: outcome.result.clone(),
            err_msg: outcome.message.clone(),
            log,
            duration: self.duration,
            invoke_result: outcome.status.invoke_result(),
            memory_bytes: self.memory_bytes.unwrap_or_default(),
            request_id,
        }
    }
}
