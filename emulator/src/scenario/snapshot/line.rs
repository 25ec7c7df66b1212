//! One record of the journal as a line of a snapshot.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;

use backlot_base::digest::Digests;
use backlot_base::journal::{Record, What};

/// Tells records in words that do not depend on the machine.
pub(super) struct Teller<'a> {
    /// When the run began.
    pub(super) start: Timestamp,
    /// The events, so that one is shown by its number.
    pub(super) events: Vec<&'a Bytes>,
}

impl Teller<'_> {
    /// One record as a line; `None` for what says nothing about the chain.
    #[expect(clippy::too_many_lines, reason = "a line for each kind of record")]
    pub(super) fn line(&self, record: &Record) -> Option<String> {
        Some(match &record.what {
            What::StageStarted { .. } | What::ObjectCreated { .. } | What::ObjectRemoved { .. } => {
                return None;
            }
            What::StageReset => "everything is put back to the beginning".to_owned(),
            What::StepStarted { step } => format!("step {step}"),
            What::TaskCreated {
                task_id,
                workflow,
                bucket,
                key,
            } => {
                format!("workflow {workflow} makes {task_id} of {bucket}/{key}")
            }
            What::ChainStopped {
                wanted,
                event_name,
                bucket,
                key,
                limit,
            } => {
                format!(
                    "! {event_name} of {bucket}/{key} is kept from {wanted}: {limit} events have followed from one another"
                )
            }
            What::TaskFinished {
                task_id,
                event_type,
                err_code,
            } => {
                format!("{event_type} {task_id} finished with {err_code}")
            }
            What::TriggerMissing { event_type } => {
                format!("no function is bound to {event_type}: nobody is told")
            }
            What::InvocationQueued {
                function,
                source,
                request_id,
                event,
            } => {
                let number = number_of(&self.events, &event.0).unwrap_or_default();
                format!("event {number} from {source} queued for {function} as {request_id}")
            }
            What::InvocationCalled {
                function,
                source,
                request_id,
                ..
            } => {
                format!("{function} called by {source} as {request_id}")
            }
            What::InvocationRefused {
                function,
                source,
                status,
                message,
                event,
            } => {
                let size = event.0.len();
                format!(
                    "event of {size} bytes from {source} refused for {function}: {status} {message}"
                )
            }
            What::InstanceStarted { instance, .. } => format!("instance {instance} starts"),
            What::InstanceReady { instance } => format!("instance {instance} is ready"),
            What::InstanceStopped { instance, reason } => {
                format!("instance {instance} is gone: {reason}")
            }
            What::AttemptStarted { attempt, instance } => {
                format!("attempt {attempt} on {instance}")
            }
            What::LogLine { text, .. } => format!("| {text}"),
            What::Diagnostic { text } => format!("! {text}"),
            What::AttemptFinished {
                attempt,
                status,
                result,
                duration_ms,
            } => {
                let took = if *duration_ms > 0 {
                    format!(" after {duration_ms} ms")
                } else {
                    String::new()
                };
                let result = result
                    .as_text()
                    .map_or_else(|| hash(&result.0), str::to_owned);
                format!("attempt {attempt} ended{took}: {status} {result}")
            }
            What::RetryScheduled { attempt, due } => {
                format!(
                    "attempt {attempt} is planned for {}",
                    since(self.start, *due)
                )
            }
            What::DeadLettered {
                queue,
                reason,
                message,
            } => {
                let message = message.as_text().unwrap_or_default();
                format!("dead-lettered to {queue} ({reason}): {message}")
            }
            What::Dropped { reason } => format!("dropped ({reason})"),
            What::CosRequest {
                operation,
                bucket,
                key,
                status,
                code,
                received,
                ..
            } => {
                let code = code
                    .as_ref()
                    .map(|code| format!(" {code}"))
                    .unwrap_or_default();
                let sent = if *received > 0 {
                    format!(", {received} bytes")
                } else {
                    String::new()
                };
                format!("{operation} {bucket}/{key}{sent}: {status}{code}")
            }
            What::ApiRequest {
                service,
                action,
                version,
                code,
                ..
            } => {
                let code = code.as_deref().unwrap_or("OK");
                format!("{service} {action} ({version}): {code}")
            }
            What::ObjectMoved {
                bucket,
                key,
                from,
                to,
            } => format!("{bucket}/{key} moved from {from} to {to}"),
            What::UploadAborted { bucket, key, .. } => {
                format!("an upload to {bucket}/{key} was given up")
            }
            What::Unsupported {
                service,
                feature,
                subject,
                text,
            } => {
                let subject = if subject.is_empty() {
                    String::new()
                } else {
                    format!(" of {subject}")
                };
                format!("! unsupported: {service} {feature}{subject}: {text}")
            }
            What::RequestRefused {
                host,
                method,
                status,
            } => {
                format!("{method} to {host} refused: {status}")
            }
            What::OutboundCall { .. } => self.outbound(&record.what),
            What::FaultFired {
                rule,
                call,
                verdict,
            } => format!("fault `{rule}`: {call}: {verdict}"),
        })
    }

    /// For example `POST https://api.example.com/items {"a":1}: 200 stubbed by items`, with the stub in backticks.
    fn outbound(&self, what: &What) -> String {
        let What::OutboundCall {
            host,
            method,
            path,
            body,
            outcome,
            stub,
            status,
            why,
            ..
        } = what
        else {
            return String::new();
        };
        let mut line = format!("{method} {host}{path}");
        if let Some(number) = number_of(&self.events, &body.0) {
            let _ = write!(line, ", event {number}");
        } else if !body.0.is_empty() {
            let is_line = |text: &&str| !text.contains(char::is_control);
            let shown = body.as_text().filter(is_line).map(str::to_owned);
            let _ = write!(line, " {}", shown.unwrap_or_else(|| hash(&body.0)));
        }
        match status {
            Some(status) => _ = write!(line, ": {status} {outcome}"),
            None => _ = write!(line, ": {outcome}"),
        }
        if let Some(stub) = stub {
            let _ = write!(line, " by `{stub}`");
        }
        if let Some(why) = why {
            let _ = write!(line, " ({why})");
        }
        line
    }
}

/// The number, from 1, of the event that has these bytes.
pub(super) fn number_of(events: &[&Bytes], body: &Bytes) -> Option<usize> {
    let index = events.iter().position(|event| *event == body)?;
    Some(index + 1)
}

pub(super) fn hash(body: &Bytes) -> String {
    format!(
        "{} bytes, md5 {}",
        body.len(),
        hex::encode(Digests::of(body).md5)
    )
}

/// Time since the start, to the millisecond if need be: `+0s`, `+60s`, `+1.25s`.
pub(super) fn since(start: Timestamp, at: Timestamp) -> String {
    let millis = at.duration_since(start).as_millis();
    let mut text = format!("+{}", millis / 1000);
    if millis % 1000 != 0 {
        let fraction = format!(".{:03}", millis % 1000);
        let _ = write!(text, "{}", fraction.trim_end_matches('0'));
    }
    text.push('s');
    text
}
