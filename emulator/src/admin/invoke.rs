//! `POST` of an event for a function: at once, with the answer of the function, or into its queue.

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::json;

use super::Inner;
use super::answer::{AdminError, body_up_to, json, with_body};
use crate::scf::{InvokeError, Reply, Status};
use backlot_base::journal::{Lane, ScfRecord, What};
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};
use backlot_http::exchange::full;
use backlot_http::{Query, Request, Response};

/// The number of the invocation.
pub const INVOCATION: HeaderName = HeaderName::from_static("backlot-invocation");
/// The status in SCF's words, such as 200 or 430.
pub const STATUS: HeaderName = HeaderName::from_static("backlot-status");
/// The request id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("backlot-request-id");
/// The number of the first record of the journal that may be about the invocation.
pub const SINCE: HeaderName = HeaderName::from_static("backlot-journal-since");
/// The last 4 KB of the log, as the platform's `Tail` has them, percent-encoded.
pub const LOG: HeaderName = HeaderName::from_static("backlot-log");

/// Bytes that are read of an event: more than SCF accepts, so that it is SCF that refuses a larger one.
const MAX_EVENT: usize = 6 * 1024 * 1024 + 64 * 1024;
/// The source of events that are sent by a call rather than by a trigger. Follows: SCF reference, section 11.
const CALL: &str = "OTHERS";
/// What a header cannot hold, and the sign of the encoding itself.
const UNFIT: &AsciiSet = &CONTROLS.add(b'%');

impl Inner {
    /// Gives a function an event, which is the body of the request.
    pub(super) async fn invoke(
        &self,
        request: Request,
        query: &Query,
    ) -> Result<Response, AdminError> {
        let Some(function) = query.filled("function") else {
            return Err(AdminError::bad("say which function: `?function=NAME`"));
        };
        let is_async = match query.get("type") {
            None | Some("sync") => false,
            Some("async") => true,
            Some(other) => {
                let message = format!("`type` is `{other}`, expected `sync` or `async`");
                return Err(AdminError::bad(message));
            }
        };
        let mut target = FunctionTarget::named(function);
        if let Some(namespace) = query.filled("namespace") {
            target.namespace = namespace.to_owned().into();
        }
        if let Some(qualifier) = query.filled("qualifier") {
            target.qualifier = qualifier.to_owned().into();
        }
        let start = start(query)?;
        let event = body_up_to(request, MAX_EVENT).await?;
        let context = &self.services.context;
        let wanted = InvokeWanted {
            target,
            source: CALL.to_owned(),
            event,
            hold: context.clock.hold("a call of a function by its operator"),
        };
        let since = context.journal.next();
        if is_async {
            return self.queue(wanted, start, since);
        }
        let called = self.services.scf.invoke_sync_on(wanted, start).await;
        let reply = called.reply.map_err(|error| self.refused(&error))?;
        Ok(answered(reply, since))
    }

    fn queue(
        &self,
        wanted: InvokeWanted,
        start: StartWanted,
        since: usize,
    ) -> Result<Response, AdminError> {
        let function = wanted.target.function.clone();
        let queued = self.services.scf.invoke_async_on(wanted, start);
        let number = queued.map_err(|error| self.refused(&error))?;
        let said = json!({
            "function": function,
            "invocation": number,
            "request_id": self.request_id(number, since),
            "since": since,
        });
        Ok(json(StatusCode::ACCEPTED, format!("{said}\n")))
    }

    /// The request id of an event that was just queued.
    pub(super) fn request_id(&self, invocation: u32, since: usize) -> Option<String> {
        let journal = &self.services.context.journal;
        let records = journal.read(since, usize::MAX).records;
        let mut own = records
            .into_iter()
            .filter(|record| record.lane == Lane::Invocation(invocation));
        own.find_map(|record| match record.what {
            What::Scf(ScfRecord::InvocationQueued { request_id, .. }) => Some(request_id),
            _ => None,
        })
    }

    fn refused(&self, error: &InvokeError) -> AdminError {
        let InvokeError {
            status, message, ..
        } = error;
        let code = match *status {
            Status::FUNCTION_NOT_FOUND | Status::QUALIFIER_NOT_FOUND => StatusCode::NOT_FOUND,
            Status::REQUEST_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
            Status::INTERNAL => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        if *status != Status::FUNCTION_NOT_FOUND {
            let message = format!("the event is refused with {}: {message}", status.0);
            return AdminError::new(code, message);
        }
        let known = self.services.scf.functions().into_iter();
        let known: Vec<_> = known.map(|function| format!("`{function}`")).collect();
        let known = match known.as_slice() {
            [] => "the emulator has no functions".to_owned(),
            known => format!("the emulator has {}", known.join(", ")),
        };
        AdminError::new(code, format!("{message}; {known}"))
    }
}

/// Which instance the event is to have: a new one with `cold=true`, a ready one with `cold=false`.
fn start(query: &Query) -> Result<StartWanted, AdminError> {
    let cold = match query.get("cold") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(other) => {
            let message = format!("`cold` is `{other}`, expected `true` or `false`");
            return Err(AdminError::bad(message));
        }
    };
    Ok(cold.into())
}

/// The answer of a function as it is, and beside it what there is to know about the call.
fn answered(reply: Reply, since: usize) -> Response {
    let log = utf8_percent_encode(&reply.log, UNFIT).to_string();
    let mut response = with_body(
        StatusCode::OK,
        "application/octet-stream",
        full(reply.ret_msg),
    );
    let headers = response.headers_mut();
    headers.insert(INVOCATION, reply.number.into());
    headers.insert(STATUS, reply.status.0.into());
    headers.insert(SINCE, since.into());
    for (name, text) in [(REQUEST_ID, reply.request_id), (LOG, log)] {
        let text = HeaderValue::from_str(&text).expect("it is visible ASCII");
        headers.insert(name, text);
    }
    response
}
