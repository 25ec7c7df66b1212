//! Events that are refused before they are queued. A refused invocation has a number of its own.
//!
//! Follows: SCF reference, section 9.2.

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::Scf;
use super::accepted::InvokeError;
use super::queue::EVENT_LIMIT;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::journal::{Lane, NoticeRecord, ScfRecord, finding};
use backlot_base::signal::InvokeWanted;

/// The source of events that are sent by an API call rather than by a trigger. Follows: SCF reference, section 11.
const API_CALL: &str = "OTHERS";

impl Scf {
    /// Refuses an event.
    pub(super) fn refuse(
        &self,
        number: u32,
        wanted: InvokeWanted,
        (status, message): (Status, String),
        is_called: bool,
    ) -> (InvokeError, Hold) {
        let too_large = (status == Status::REQUEST_TOO_LARGE && !is_called)
            .then(|| event_too_large(&wanted.target.function, wanted.event.len()));
        let record = ScfRecord::InvocationRefused {
            function: wanted.target.function,
            namespace: wanted.target.namespace,
            qualifier: wanted.target.qualifier,
            source: wanted.source,
            status: status.0,
            message: message.clone(),
            event: wanted.event.into(),
        };
        let lane = Lane::Invocation(number);
        self.inner.context.record(lane, record);
        if let Some(found) = too_large {
            self.inner.context.record(lane, found);
        }
        let refused = InvokeError {
            number,
            status,
            message,
        };
        (refused, wanted.hold)
    }
}

/// A finding about an asynchronous event that is lost.
fn event_too_large(function: &str, size: usize) -> NoticeRecord {
    let text = format!(
        "an asynchronous event of {size} bytes for `{function}` is lost: SCF accepts at most {EVENT_LIMIT} bytes; write what is \
         large to COS and send its key"
    );
    NoticeRecord::Finding {
        function: function.to_owned(),
        kind: finding::EVENT_TOO_LARGE.to_owned(),
        hosts: String::new(),
        text,
    }
}

/// Why an event is refused.
///
/// Follows: SCF reference, section 9.2. Choice: only calls of the API are checked to be JSON; what a trigger of the platform
/// sends is delivered as it is, so that a function can be held to what it does with bytes that it does not expect.
pub(super) fn fault(source: &str, event: &Bytes, limit: usize) -> Option<(Status, String)> {
    let size = event.len();
    if size > limit {
        let message = format!("the event has {size} bytes, more than {limit}");
        return Some((Status::REQUEST_TOO_LARGE, message));
    }
    if source != API_CALL {
        return None;
    }
    let parsed: Result<IgnoredAny, _> = serde_json::from_slice(event);
    let error = parsed.err()?;
    let message = format!("the event is not JSON: {error}");
    Some((Status::INVALID_EVENT, message))
}
