//! One thing that happened. Plain data only, so that every room can write records and none has to be imported to read
//! them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{Blob, Lane};

/// One line of the journal.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Position in the order of appending, from 0. Depends on the machine.
    pub number: usize,
    /// When, by the stage's clock.
    pub at: Timestamp,
    /// How often the clock had come to rest before.
    #[serde(skip)]
    pub phase: u64,
    /// Real time since the journal began; the only part that two equal runs may differ in, besides `number`.
    #[serde(rename = "real_us", serialize_with = "micros")]
    pub real: Duration,
    /// What it belongs to.
    pub lane: Lane,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

fn micros<S: serde::Serializer>(real: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(real.as_micros()).unwrap_or(u64::MAX))
}

impl Record {
    /// The record as JSON without what depends on the machine: two runs of one scenario agree on it.
    pub fn repeatable(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).expect("a record is plain data");
        if let Some(fields) = value.as_object_mut() {
            fields.remove("number");
            fields.remove("real_us");
        }
        value
    }
}

/// Everything that can happen on a stage, grouped by the room that sees it.
///
/// Durations are virtual, in milliseconds. `request_id` is the id that the service gave, not one of ours.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "what",
    rename_all = "kebab-case",
    rename_all_fields = "snake_case"
)]
pub enum What {
    /// The stage is ready.
    StageStarted {
        /// The seed of the run.
        seed: u64,
        /// `fs`, `sqlite` or `memory`.
        store: String,
    },
    /// Everything was put back to the beginning; earlier records are forgotten.
    StageReset,
    /// A step of the scenario begins.
    StepStarted {
        /// Its kind, as written in the scenario.
        step: String,
    },

    /// An upload started a task of MPS.
    TaskCreated {
        /// For example `2600000001-WorkflowTask-…t0`.
        task_id: String,
        /// The name of the workflow.
        workflow: String,
        /// The bucket's full name.
        bucket: String,
        /// The key.
        key: String,
    },
    /// MPS finished a task.
    TaskFinished {
        /// For example `2600000001-WorkflowTask-…t0`.
        task_id: String,
        /// `WorkflowTask` or `EditMediaTask`.
        event_type: String,
        /// 0 when all went well.
        err_code: i64,
    },
    /// A task has finished, but no trigger is bound for its type.
    TriggerMissing {
        /// `WorkflowTask` or `EditMediaTask`.
        event_type: String,
    },

    /// A chain of events was so long that it was taken for endless: what a change should have started was not started.
    ChainStopped {
        /// The function or the workflow.
        wanted: String,
        /// What happened, for example `cos:ObjectCreated:Put`.
        event_name: String,
        /// The bucket's full name.
        bucket: String,
        /// The key.
        key: String,
        /// So many events have followed from one another.
        limit: u32,
    },
    /// An event entered the asynchronous queue of a function.
    InvocationQueued {
        /// The function's name.
        function: String,
        /// Who sent it, for example `MPS_TRIGGER`.
        source: String,
        /// The same for all attempts.
        request_id: String,
        /// The payload, exactly as the function will see it.
        event: Blob,
    },
    /// An event came by a synchronous call: the caller waits for the outcome, and nothing is retried.
    InvocationCalled {
        /// The function's name.
        function: String,
        /// Who calls.
        source: String,
        /// As above.
        request_id: String,
        /// The payload, exactly as the function will see it.
        event: Blob,
    },
    /// An event was refused before it entered a queue; it is lost.
    InvocationRefused {
        /// The function's name.
        function: String,
        /// Who sent it.
        source: String,
        /// The SCF status code, for example 406.
        status: u16,
        /// Why.
        message: String,
        /// The payload.
        event: Blob,
    },
    /// A process was started to take invocations.
    InstanceStarted {
        /// The function's name.
        function: String,
        /// `<function>/<slot>.<generation>`.
        instance: String,
    },
    /// The process has said that it is ready.
    InstanceReady {
        /// As above.
        instance: String,
    },
    /// The process is gone.
    InstanceStopped {
        /// As above.
        instance: String,
        /// Why, for example `stage stopped`, `timed out`, `exited with code 1`.
        reason: String,
    },
    /// One try begins.
    AttemptStarted {
        /// From 1.
        attempt: u32,
        /// The instance that takes it; empty if none gets to.
        instance: String,
    },
    /// A line that the function printed.
    LogLine {
        /// From 1; the attempt to which the platform attaches the line.
        attempt: u32,
        /// The line, without its end.
        text: String,
    },
    /// Something a careful user should know about how the function used the runtime API.
    Diagnostic {
        /// One sentence.
        text: String,
    },
    /// One try ended.
    AttemptFinished {
        /// From 1.
        attempt: u32,
        /// The SCF status code: 200, 430, 433, 439 …
        status: u16,
        /// `RetMsg`: what the function answered, or the platform's error object.
        result: Blob,
        /// Virtual run time.
        duration_ms: u64,
    },
    /// Another try is planned.
    RetryScheduled {
        /// The number of the coming attempt.
        attempt: u32,
        /// When it will begin.
        due: Timestamp,
    },
    /// The platform gave the event up and put it into the dead-letter queue.
    DeadLettered {
        /// The queue's name.
        queue: String,
        /// Why: `execution-error`, `expired` or `backlog`.
        reason: String,
        /// The message as SCF writes it.
        message: Blob,
    },
    /// The platform gave the event up and no dead-letter queue is configured.
    Dropped {
        /// As above.
        reason: String,
    },

    /// COS answered a request.
    CosRequest {
        /// The operation, for example `PutObject`.
        operation: &'static str,
        /// The HTTP method.
        method: String,
        /// The bucket's full name, empty for the service itself.
        bucket: String,
        /// The key, empty for the bucket itself.
        key: String,
        /// HTTP status.
        status: u16,
        /// The error code, if it is an error.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// What COS calls the request.
        request_id: String,
        /// Size of the request's body in bytes.
        received: u64,
    },
    /// A service of the Cloud API answered a call. The HTTP status is always 200.
    ApiRequest {
        /// `mps`, `scf`, `sts`, …; empty if it could not be told.
        service: String,
        /// For example `ProcessMedia`; empty if the call names none.
        action: String,
        /// For example `2019-06-12`.
        version: String,
        /// The error code, if it is an error.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// What the service calls the request.
        request_id: String,
    },
    /// An object is new or has new bytes.
    ObjectCreated {
        /// The bucket's full name.
        bucket: String,
        /// The key.
        key: String,
        /// Bytes.
        size: u64,
        /// With quotes.
        etag: String,
    },
    /// An object is gone.
    ObjectRemoved {
        /// The bucket's full name.
        bucket: String,
        /// The key.
        key: String,
    },

    /// The lifecycle of a bucket moved an object to another storage class.
    ObjectMoved {
        /// The bucket's full name.
        bucket: String,
        /// The key.
        key: String,
        /// The class before.
        from: String,
        /// The class now.
        to: String,
    },
    /// The lifecycle of a bucket gave up an unfinished upload.
    UploadAborted {
        /// The bucket's full name.
        bucket: String,
        /// The key.
        key: String,
        /// The upload's id.
        upload_id: String,
    },
    /// Something was accepted that has no effect here, or refused because backlot lacks it.
    Unsupported {
        /// `cos`, `scf`, `mps`, …
        service: String,
        /// For example `replication`, or an operation.
        feature: String,
        /// What it was set on, for example a bucket; empty if nothing in particular.
        subject: String,
        /// What does not happen.
        text: String,
    },

    /// A request came for a host or a path that nobody here plays.
    RequestRefused {
        /// The authority.
        host: String,
        /// The HTTP method.
        method: String,
        /// The HTTP status of the answer.
        status: u16,
    },
    /// Somebody called a host that is not played here.
    OutboundCall {
        /// `https://api.example.com`, with the port unless it is the usual one; without the scheme for a tunnel, of which
        /// only the end is known.
        host: String,
        /// The HTTP method, `CONNECT` for a tunnel.
        method: String,
        /// Path and query as sent; empty for a tunnel.
        path: String,
        /// The function that called; `None` if it was somebody else, or did not say.
        #[serde(skip_serializing_if = "Option::is_none")]
        function: Option<String>,
        /// The attempt during which it called, from 1; 0 if none.
        attempt: u32,
        /// The body, if a stub was asked.
        body: Blob,
        /// `stubbed`, `refused` or `passed`.
        outcome: String,
        /// The stub that answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        stub: Option<String>,
        /// The HTTP status of the answer; `None` if there was none, or nobody here knows it.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// Why it was refused, with the stub that came nearest; or how the answer failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A planned fault happened.
    FaultFired {
        /// The rule's name or position.
        rule: String,
        /// The call that it hit, in words.
        call: String,
        /// What was done, in words.
        verdict: String,
    },
}
