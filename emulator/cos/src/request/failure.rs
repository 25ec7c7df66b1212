//! Failed requests: the answer to the client, and the record for the user of the emulator.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use super::access_record::AccessRecord;
use crate::Inner;
use crate::request::error::Error;
use crate::request::identity::Identity;
use crate::request::reply::Reply;
use crate::store::StoreError;
use backlot_base::journal::{Lane, NoticeRecord};
use backlot_http::exchange::full;

impl Inner {
    /// Records that something was refused which the real service supports, or may support.
    pub(crate) fn record_gap(&self, record: &AccessRecord, error: &Error) {
        let is_gap = error.status == StatusCode::NOT_IMPLEMENTED || error.gap.is_some();
        if record.is_planned || !is_gap {
            return;
        }
        let (bucket, key) = (record.target.bucket(), record.target.key());
        let subject = match (bucket, key) {
            (bucket, "") => bucket.to_owned(),
            (bucket, key) => format!("{bucket}/{key}"),
        };
        let feature = match &error.gap {
            Some(gap) => &gap.feature,
            None => record.operation_name(),
        };
        self.context
            .record_unsupported(record.lane, "cos", feature, &subject, &error.message);
    }

    /// Logs and records a failure of the store, which is not the client's mistake.
    pub(crate) fn report(&self, lane: Lane, error: &Error) {
        if let Some(store) = &error.store {
            self.report_store(lane, &**store);
        }
    }

    /// Records a failure of the store; logs the first one of each kind, because a full disk fails every request.
    pub(crate) fn report_store(&self, lane: Lane, error: &(dyn std::error::Error + 'static)) {
        let (mut text, mut innermost) = (error.to_string(), error.to_string());
        let mut source = error.source();
        while let Some(error) = source {
            innermost = error.to_string();
            text = format!("{text}: {innermost}");
            source = error.source();
        }
        let store = error.downcast_ref::<StoreError>();
        if store.is_some_and(StoreError::is_full) {
            text.push_str(
                "; free space on the disk of the data folder, for example by removing objects",
            );
        }
        if self.reported.is_first(innermost) {
            tracing::error!(
                error = text,
                "a request was answered with 500, as the object store failed; repetitions are only in the journal"
            );
        }
        let text = format!("the store of COS failed: {text}");
        self.context.record(lane, NoticeRecord::Diagnostic { text });
    }
}

/// Kinds of failures that are told apart.
const KINDS: usize = 64;

/// What has been logged.
#[derive(Debug, Default)]
pub(crate) struct Reported(Mutex<HashSet<String>>);

impl Reported {
    fn is_first(&self, kind: String) -> bool {
        let mut reported = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reported.len() < KINDS && reported.insert(kind)
    }
}

/// The answer of an error. Follows: COS reference, sections 4.1 and 4.2.
pub(crate) fn failed(
    error: &Error,
    head: &Parts,
    host: &str,
    request_id: &str,
    identity: Identity,
) -> Reply {
    let mut reply = Reply::empty(error.status);
    let xml = HeaderValue::from_static("application/xml");
    reply.headers.insert(header::CONTENT_TYPE, xml);
    reply.headers.extend(error.headers.clone());
    if head.method == http::Method::HEAD {
        return reply;
    }
    let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let path = if path == "/" { "" } else { &path };
    let body = error.to_xml(&format!("{host}{path}"), request_id, &identity.trace_id());
    reply
        .headers
        .insert(header::CONTENT_LENGTH, body.len().into());
    reply.body = full(body);
    reply
}
