//! Records of SCF as lines.

use backlot_base::journal::{Blob, ScfRecord};
use backlot_base::signal::FunctionTarget;

use super::super::volatile::Field;
use super::{RecordText, hash, since};

pub(super) fn line(record: &ScfRecord, page: &RecordText<'_>) -> String {
    match record {
        ScfRecord::InvocationQueued {
            function,
            namespace,
            qualifier,
            source,
            request_id,
            event,
            ..
        } => {
            let number = page.events.number_of(&event.0).unwrap_or_default();
            let function = target(namespace, function, qualifier);
            format!("event {number} from {source} queued for {function} as {request_id}")
        }
        ScfRecord::InvocationCalled {
            function,
            namespace,
            qualifier,
            source,
            request_id,
            ..
        } => {
            let function = target(namespace, function, qualifier);
            format!("{function} called by {source} as {request_id}")
        }
        ScfRecord::InvocationRefused {
            function,
            namespace,
            qualifier,
            source,
            status,
            message,
            event,
        } => {
            let size = event.0.len();
            let function = target(namespace, function, qualifier);
            format!(
                "event of {size} bytes from {source} refused for {function}: {status} {message}"
            )
        }
        ScfRecord::CodeReplaced { function, changed } => {
            format!("the code of {function} was replaced: {changed} changed")
        }
        ScfRecord::InstanceStarted { instance, .. } => format!("instance {instance} starts"),
        ScfRecord::InstanceReady { instance } => format!("instance {instance} is ready"),
        ScfRecord::InstanceStopped { instance, reason } => {
            let reason = page.said(Field::Line, reason);
            format!("instance {instance} is gone: {reason}")
        }
        ScfRecord::AttemptStarted {
            attempt, instance, ..
        } => match instance.as_str() {
            "" => format!("attempt {attempt} without an instance"),
            instance => format!("attempt {attempt} on {instance}"),
        },
        ScfRecord::LogLine { text, .. } => format!("| {}", page.said(Field::Line, text)),
        ScfRecord::AttemptFinished {
            attempt,
            status,
            result,
            duration_ms,
            ..
        } => finished(*attempt, *status, result, *duration_ms, page),
        ScfRecord::RetryScheduled { attempt, due } => {
            let due = since(page.start, *due);
            format!("attempt {attempt} is planned for {due}")
        }
        ScfRecord::DeadLettered {
            queue,
            reason,
            message,
        } => {
            let message = page.said(Field::Envelope, message.as_text().unwrap_or_default());
            format!("dead-lettered to {queue} ({reason}): {message}")
        }
        ScfRecord::Dropped { reason } => format!("dropped ({reason})"),
    }
}

fn target(namespace: &str, function: &str, qualifier: &str) -> FunctionTarget {
    FunctionTarget {
        namespace: namespace.to_owned().into(),
        function: function.to_owned(),
        qualifier: qualifier.to_owned().into(),
    }
}

fn finished(
    attempt: u32,
    status: u16,
    result: &Blob,
    duration_ms: u64,
    page: &RecordText<'_>,
) -> String {
    let took = match duration_ms {
        0 => String::new(),
        _ => format!(" after {duration_ms} ms"),
    };
    let text = result.as_text();
    let text = text.map(|text| page.said(Field::Body, text));
    let result = text.unwrap_or_else(|| hash(&result.0));
    format!("attempt {attempt} ended{took}: {status} {result}")
}
