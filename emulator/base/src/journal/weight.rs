//! What a record costs in memory, near enough to keep a limit by.

use super::{Record, What};

/// What the allocator takes for a text besides its bytes.
const ALLOCATION: usize = 16;

/// Bytes of memory that `record` takes: itself, its texts and its blobs. A blob counts whole, though others may hold it too.
pub fn weight(record: &Record) -> usize {
    size_of::<Record>() + record.what.heap()
}

fn texts<const N: usize>(texts: [&String; N]) -> usize {
    let lengths = texts.map(|text| text.len() + ALLOCATION);
    lengths.iter().sum()
}

fn maybe(text: Option<&String>) -> usize {
    text.map_or(0, |text| texts([text]))
}

impl What {
    /// Bytes behind pointers.
    #[expect(
        clippy::too_many_lines,
        reason = "a table: one row for each kind of record"
    )]
    fn heap(&self) -> usize {
        match self {
            Self::StageReset | Self::RetryScheduled { .. } => 0,
            Self::StageStarted { store: text, .. }
            | Self::StepStarted { step: text }
            | Self::TriggerMissing { event_type: text }
            | Self::InstanceReady { instance: text }
            | Self::AttemptStarted { instance: text, .. }
            | Self::LogLine { text, .. }
            | Self::Diagnostic { text }
            | Self::Dropped { reason: text } => texts([text]),
            Self::TaskFinished {
                task_id,
                event_type,
                ..
            } => texts([task_id, event_type]),
            Self::InstanceStarted { function, instance } => texts([function, instance]),
            Self::InstanceStopped { instance, reason } => texts([instance, reason]),
            Self::ObjectRemoved { bucket, key } => texts([bucket, key]),
            Self::RequestRefused { host, method, .. } => texts([host, method]),
            Self::UploadAborted {
                bucket,
                key,
                upload_id,
            } => texts([bucket, key, upload_id]),
            Self::ObjectCreated {
                bucket, key, etag, ..
            } => texts([bucket, key, etag]),
            Self::FaultFired {
                rule,
                call,
                verdict,
            } => texts([rule, call, verdict]),
            Self::TaskCreated {
                task_id,
                workflow,
                bucket,
                key,
            } => texts([task_id, workflow, bucket, key]),
            Self::ChainStopped {
                wanted,
                event_name,
                bucket,
                key,
                ..
            } => texts([wanted, event_name, bucket, key]),
            Self::ObjectMoved {
                bucket,
                key,
                from,
                to,
            } => texts([bucket, key, from, to]),
            Self::Unsupported {
                service,
                feature,
                subject,
                text,
            } => texts([service, feature, subject, text]),
            Self::InvocationQueued {
                function,
                source,
                request_id,
                event,
            }
            | Self::InvocationCalled {
                function,
                source,
                request_id,
                event,
            } => texts([function, source, request_id]) + event.0.len(),
            Self::InvocationRefused {
                function,
                source,
                message,
                event,
                ..
            } => texts([function, source, message]) + event.0.len(),
            Self::AttemptFinished { result, .. } => result.0.len(),
            Self::DeadLettered {
                queue,
                reason,
                message,
            } => texts([queue, reason]) + message.0.len(),
            Self::CosRequest {
                method,
                bucket,
                key,
                code,
                request_id,
                ..
            } => texts([method, bucket, key, request_id]) + maybe(code.as_ref()),
            Self::ApiRequest {
                service,
                action,
                version,
                code,
                request_id,
            } => texts([service, action, version, request_id]) + maybe(code.as_ref()),
            Self::OutboundCall {
                host,
                method,
                path,
                function,
                body,
                outcome,
                stub,
                why,
                ..
            } => {
                let others = [function, stub, why];
                let others: usize = others.map(|text| maybe(text.as_ref())).iter().sum();
                texts([host, method, path, outcome]) + others + body.0.len()
            }
        }
    }
}
