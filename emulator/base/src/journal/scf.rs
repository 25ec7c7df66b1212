//! What SCF records: invocations, their attempts, and the instances that take them.

use std::borrow::Cow;

use jiff::Timestamp;

use super::Blob;
use super::room::records;
use crate::function_target::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

records! {
    /// What SCF records: invocations, their attempts, and the instances that take them.
    pub enum ScfRecord {
        /// An event entered the asynchronous queue of a function.
        InvocationQueued = "invocation-queued" {
            /// The function's name.
            function: String,
            /// The function's namespace.
            #[serde(default = "default_namespace", skip_serializing_if = "is_default_namespace")]
            namespace: Cow<'static, str>,
            /// The version or alias that was asked for.
            #[serde(default = "default_alias", skip_serializing_if = "is_default_alias")]
            qualifier: Cow<'static, str>,
            /// The version that runs.
            #[serde(default = "latest", skip_serializing_if = "is_latest")]
            version: Cow<'static, str>,
            /// Who sent it, for example `MPS_TRIGGER`.
            source: String,
            /// The request id, equal in all attempts.
            request_id: String,
            /// The payload, exactly as the function will see it.
            event: Blob,
        },
        /// An event came by a synchronous call: the caller waits for the outcome, and nothing is retried.
        InvocationCalled = "invocation-called" {
            /// The function's name.
            function: String,
            /// The function's namespace.
            #[serde(default = "default_namespace", skip_serializing_if = "is_default_namespace")]
            namespace: Cow<'static, str>,
            /// The version or alias that was asked for.
            #[serde(default = "default_alias", skip_serializing_if = "is_default_alias")]
            qualifier: Cow<'static, str>,
            /// The version that runs.
            #[serde(default = "latest", skip_serializing_if = "is_latest")]
            version: Cow<'static, str>,
            /// Who calls.
            source: String,
            /// As above.
            request_id: String,
            /// The payload, exactly as the function will see it.
            event: Blob,
        },
        /// An event was refused before it entered a queue; it is lost.
        InvocationRefused = "invocation-refused" {
            /// The function's name.
            function: String,
            /// The function's namespace.
            #[serde(default = "default_namespace", skip_serializing_if = "is_default_namespace")]
            namespace: Cow<'static, str>,
            /// The version or alias that was asked for.
            #[serde(default = "default_alias", skip_serializing_if = "is_default_alias")]
            qualifier: Cow<'static, str>,
            /// Who sent it.
            source: String,
            /// The SCF status code, for example 406.
            status: u16,
            /// The reason, for people.
            message: String,
            /// The payload.
            event: Blob,
        },
        /// The code of a function was replaced because its files have changed; the next attempt runs on it.
        CodeReplaced = "code-replaced" {
            /// The function's name.
            function: String,
            /// The files, in words.
            changed: String,
        },
        /// A process was started to take invocations.
        InstanceStarted = "instance-started" {
            /// The function's name.
            function: String,
            /// `<function>/<slot>.<generation>`.
            instance: String,
        },
        /// The process has said that it is ready.
        InstanceReady = "instance-ready" {
            /// As above.
            instance: String,
        },
        /// The process is gone.
        InstanceStopped = "instance-stopped" {
            /// As above.
            instance: String,
            /// Why, for example `stage stopped`, `timed out`, `exited with code 1`.
            reason: String,
        },
        /// One try begins.
        AttemptStarted = "attempt-started" {
            /// From 1.
            attempt: u32,
            /// The instance that takes it; empty if none gets to.
            instance: String,
            /// Whether the instance was started for it.
            #[serde(default, skip_serializing_if = "is_warm")]
            cold: bool,
        },
        /// A line that the function printed.
        LogLine = "log-line" {
            /// From 1; the attempt to which the platform attaches the line.
            attempt: u32,
            /// The line, without its end.
            text: String,
        },
        /// One try ended.
        AttemptFinished = "attempt-finished" {
            /// From 1.
            attempt: u32,
            /// The SCF status code: 200, 430, 433, 439 …
            status: u16,
            /// `RetMsg`: what the function answered, or the platform's error object.
            result: Blob,
            /// Virtual run time.
            duration_ms: u64,
            /// The most memory that the instance has had so far, in bytes; `None` where it is not measured, as on the virtual
            /// clock, where it would differ from run to run.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            memory_bytes: Option<u64>,
        },
        /// Another try is planned.
        RetryScheduled = "retry-scheduled" {
            /// The number of the coming attempt.
            attempt: u32,
            /// When it will begin.
            due: Timestamp,
        },
        /// The platform gave the event up and put it into the dead-letter queue.
        DeadLettered = "dead-lettered" {
            /// The queue's name.
            queue: String,
            /// Why: `execution-error`, `expired`, `backlog` or `deleted`.
            reason: String,
            /// The message as SCF writes it.
            message: Blob,
        },
        /// The platform gave the event up and no dead-letter queue is configured.
        Dropped = "dropped" {
            /// As above.
            reason: String,
        },
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_warm(cold: &bool) -> bool {
    !cold
}

fn default_namespace() -> Cow<'static, str> {
    DEFAULT_NAMESPACE.into()
}

fn is_default_namespace(namespace: &str) -> bool {
    namespace == DEFAULT_NAMESPACE
}

fn default_alias() -> Cow<'static, str> {
    DEFAULT_ALIAS.into()
}

fn is_default_alias(qualifier: &str) -> bool {
    qualifier == DEFAULT_ALIAS
}

fn latest() -> Cow<'static, str> {
    LATEST.into()
}

fn is_latest(version: &str) -> bool {
    version == LATEST
}
