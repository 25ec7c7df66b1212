//! The function itself: one event in, one receipt or one failure out.

use std::time::Duration;

use bytes::Bytes;

use crate::archive::{Archive, Entry};
use crate::clock::{Clock, Deadline};
use crate::cos::Client;
use crate::credentials::Source;
use crate::digest::Digest;
use crate::event::Event;
use crate::failure::{Failure, Report};
use crate::log::{Line, Sink};
use crate::receipt::Receipt;
use crate::settings::Settings;

/// Archives events.
pub struct Function {
    bucket: String,
    archive: Archive,
    credentials: Source,
    log: Sink,
}

/// One event as the platform handed it over.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The header `request_id`.
    pub request_id: Option<String>,
    /// The header `time_limit_in_ms`: what the function may take from dispatch to result.
    pub time_limit: Option<Duration>,
    /// The event's bytes.
    pub event: Bytes,
}

impl Function {
    /// A function that keeps events where `settings` say.
    pub fn new(settings: &Settings, clock: Clock, credentials: Source, log: Sink) -> Self {
        let client = Client::new(settings.address.clone(), settings.proxy.clone(), clock);
        Self {
            bucket: settings.bucket.clone(),
            archive: Archive::new(client, settings.prefix.clone(), settings.retry),
            credentials,
            log,
        }
    }

    /// Handles one event, received just now, and writes its line to the log.
    pub async fn handle(&self, invocation: &Invocation) -> Result<Receipt, Report> {
        let deadline = invocation
            .time_limit
            .map(|limit| Deadline::after(limit.saturating_sub(margin(limit))));
        let event = Event::classify(&invocation.event);
        let digest = Digest::of(&invocation.event);
        let result = self.archive(invocation, deadline, &event, &digest).await;
        let tries = match &result {
            Ok(receipt) => Some(receipt.tries),
            Err(failure) => failure.tries(),
        };
        let result = result.map_err(|failure| failure.report());
        self.log(invocation, &event, &digest, tries, result.as_ref());
        result
    }

    async fn archive(
        &self,
        invocation: &Invocation,
        deadline: Option<Deadline>,
        event: &Event,
        digest: &Digest,
    ) -> Result<Receipt, Failure> {
        let missing = |header| Failure::IncompleteInvocation { header };
        let request_id = invocation.request_id.as_deref();
        let request_id = request_id.ok_or(missing("request_id"))?;
        let deadline = deadline.ok_or(missing("time_limit_in_ms"))?;
        let credentials = (self.credentials)()?;
        let entry = Entry {
            event,
            body: &invocation.event,
            digest,
            request_id,
        };
        let kept = self.archive.keep(&entry, &credentials, deadline).await?;
        Ok(Receipt::new(&self.bucket, kept, event, digest))
    }

    fn log(
        &self,
        invocation: &Invocation,
        event: &Event,
        digest: &Digest,
        tries: Option<u32>,
        result: Result<&Receipt, &Report>,
    ) {
        let notification = event.notification();
        let (level, outcome) = match result {
            Ok(receipt) if receipt.already => ("info", "already"),
            Ok(_) => ("info", "archived"),
            Err(_) => ("error", "failed"),
        };
        let line = Line {
            level,
            outcome,
            request_id: invocation.request_id.as_deref(),
            event_type: event.kind(),
            task_id: notification.map(|told| told.task_id.as_str()),
            status: notification.and_then(|told| told.status.as_deref()),
            error_code: notification.and_then(|told| told.error_code),
            failures: notification.map_or(&[], |told| &told.failures),
            key: result.ok().map(|receipt| receipt.archived.key.as_str()),
            size: digest.size,
            tries,
            error_type: result.err().map(|report| report.error_type),
            error: result.err().map(|report| report.error_message.as_str()),
        };
        (self.log)(&line.to_json());
    }
}

/// What is kept back of the time limit, so that a failure is reported by us, with its cause, before the platform ends
/// the process for taking too long.
fn margin(time_limit: Duration) -> Duration {
    (time_limit / 10).min(Duration::from_millis(500))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_is_a_tenth_but_not_more_than_half_a_second() {
        assert_eq!(margin(Duration::from_secs(3)), Duration::from_millis(300));
        assert_eq!(margin(Duration::from_mins(15)), Duration::from_millis(500));
        assert_eq!(margin(Duration::ZERO), Duration::ZERO);
    }
}
