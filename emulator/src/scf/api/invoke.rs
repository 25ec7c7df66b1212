//! `Invoke` and `InvokeFunction`.
//!
//! Follows: SCF reference, section 9.

use std::time::Duration;

use bytes::Bytes;

use super::super::accepted::{By, InvokeError};
use super::super::function_key::FunctionKey;
use super::super::invocation::Reply;
use super::super::{Scf, Status};
use super::names::{filled, key_in_namespace, no_function, no_qualifier};
use backlot_base::clock::Hold;
use backlot_base::journal::{Lane, StageRecord};
use backlot_base::json::{Number, Object, Value};
use backlot_base::signal::{DEFAULT_ALIAS, FunctionTarget, InvokeWanted, LATEST};
use backlot_http::cloud_api::{
    ApiCall, ApiError, ApiResult, Parameter, ParameterError, Parameters,
};

/// The source of events that are sent by an API call. Follows: SCF reference, section 11.
const SOURCE: &str = "OTHERS";
/// Bytes of a routing key at most.
const ROUTING_KEY_LIMIT: usize = 1024;

/// A call as it was sent.
struct Sent {
    key: FunctionKey,
    qualifier: String,
    event: Bytes,
    is_async: bool,
    wants_log: bool,
    routing_key: Option<Value>,
}

/// `Invoke`: the event is `ClientContext`, and the qualifier is the latest version unless the call says otherwise.
pub(super) async fn invoke(scf: &Scf, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let kinds = [("RequestResponse", false), ("Event", true)];
    let is_async = parameters.optional("InvocationType", |kind| {
        kind.one_of(&kinds)
            .map_err(|error| error.with_code("InvalidParameterValue.InvokeType"))
    })?;
    let sent = Sent {
        is_async: is_async.unwrap_or(false),
        ..Sent::read(scf, &parameters, "ClientContext", LATEST)?
    };
    let cause = call.principal.acting().lane;
    run(scf, sent, cause, call.hold).await
}

/// `InvokeFunction`: the event is `Event`, the call is synchronous, and the qualifier is the default alias unless the call
/// says otherwise.
pub(super) async fn invoke_function(scf: &Scf, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let sent = Sent::read(scf, &parameters, "Event", DEFAULT_ALIAS)?;
    let cause = call.principal.acting().lane;
    run(scf, sent, cause, call.hold).await
}

impl Sent {
    fn read(
        scf: &Scf,
        parameters: &Parameters<'_>,
        event: &str,
        qualifier: &str,
    ) -> Result<Self, ApiError> {
        let key = key_in_namespace(scf, parameters)?;
        let named = filled(parameters, "Qualifier")?.unwrap_or(qualifier);
        let wrong = |error: ParameterError| error.with_code("InvalidParameterValue.ClientContext");
        let event = parameters.optional(event, Parameter::text);
        // SDKs leave it out when there is nothing to send.
        let event = event.map_err(wrong)?.unwrap_or("{}");
        let log = parameters.optional("LogType", |log| {
            log.one_of(&[("None", false), ("Tail", true), ("", false)])
        })?;
        Ok(Self {
            key,
            qualifier: named.to_owned(),
            event: Bytes::copy_from_slice(event.as_bytes()),
            is_async: false,
            wants_log: log.unwrap_or(false),
            routing_key: routing_key(parameters)?,
        })
    }

    fn wanted(&self, hold: Hold) -> InvokeWanted {
        InvokeWanted {
            target: FunctionTarget {
                namespace: self.key.namespace.clone(),
                function: self.key.name.clone(),
                qualifier: self.qualifier.clone().into(),
            },
            source: SOURCE.to_owned(),
            event: self.event.clone(),
            hold,
        }
    }
}

/// `RoutingKey`: an object whose values are text.
fn routing_key(parameters: &Parameters<'_>) -> Result<Option<Value>, ApiError> {
    let code = "InvalidParameterValue.Param";
    let key = parameters.optional("RoutingKey", |key| {
        let text = key.clone().text()?;
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > ROUTING_KEY_LIMIT {
            let rule = format!("must have at most {ROUTING_KEY_LIMIT} bytes");
            return Err(key.invalid(rule).with_code(code));
        }
        let value = Value::parse(text).ok();
        let value = value.filter(|value| {
            let members = value.as_object();
            members.is_some_and(|members| members.iter().all(|(_, value)| value.as_str().is_some()))
        });
        let rule = "must be a JSON object whose values are strings";
        let value = value.ok_or_else(|| key.invalid(rule).with_code(code))?;
        Ok::<_, ApiError>(Some(value))
    })?;
    Ok(key.flatten())
}

/// Runs the event. `cause` is what the caller was doing.
async fn run(scf: &Scf, sent: Sent, cause: Lane, hold: Hold) -> ApiResult {
    check_chain(scf, &sent, cause)?;
    let refused = |error: InvokeError| refused(&sent, &error);
    let by = By {
        routing_key: sent.routing_key.as_ref(),
        cause: Some(cause),
        ..By::default()
    };
    if sent.is_async {
        let accepted = scf.queue(sent.wanted(hold), by);
        let accepted = accepted.map_err(refused)?;
        return Ok(answer(&queued(&accepted.request_id)));
    }
    // The answer is on its way while the hold lives.
    let called = scf.call(sent.wanted(hold), by).await;
    let reply = called.reply.map_err(refused)?;
    Ok(answer(&result(&reply, sent.wants_log)))
}

/// Stops a chain of events that is too long, as functions make it that call each other.
///
/// Deviates: the platform lets them go on for ever.
fn check_chain(scf: &Scf, sent: &Sent, cause: Lane) -> Result<(), ApiError> {
    let Some(chains) = scf.inner.chains.get() else {
        return Ok(());
    };
    if chains.may_go_on(cause) {
        return Ok(());
    }
    let limit = chains.limit();
    let stopped = StageRecord::ChainStopped {
        wanted: sent.key.to_string(),
        event_name: "scf:Invoke".to_owned(),
        bucket: String::new(),
        key: String::new(),
        limit,
    };
    scf.inner.context.record(cause, stopped);
    let message = format!(
        "`{}` is not started: {limit} events have followed from one another. Raise `chain-limit` if the chain has an end.",
        sent.key
    );
    Err(ApiError::new("FailedOperation.InvokeFunction", message))
}

fn answer(result: &Object) -> Value {
    Object::new().with("Result", result.clone()).into()
}

/// `Result` of an asynchronous call.
fn queued(request_id: &str) -> Object {
    Object::new()
        .with("MemUsage", 0_u32)
        .with("Log", "")
        .with("RetMsg", "")
        .with("BillDuration", 0_u32)
        .with("FunctionRequestId", request_id)
        .with("Duration", 0_u32)
        .with("ErrMsg", "")
        .with("InvokeResult", 0_u32)
}

/// `Result` of a synchronous call.
fn result(reply: &Reply, wants_log: bool) -> Object {
    let log = if wants_log { reply.log.as_str() } else { "" };
    Object::new()
        .with("MemUsage", reply.memory_bytes)
        .with("Log", log)
        .with("RetMsg", &*String::from_utf8_lossy(&reply.ret_msg))
        .with("BillDuration", bill_duration(reply.duration))
        .with("FunctionRequestId", reply.request_id.as_str())
        .with("Duration", milliseconds(reply.duration))
        .with("ErrMsg", reply.err_msg.as_str())
        .with("InvokeResult", i64::from(reply.invoke_result))
}

/// Whole milliseconds, rounded up.
fn bill_duration(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// Milliseconds with their fraction.
fn milliseconds(duration: Duration) -> Number {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    // To the microsecond: what is below it is noise of the arithmetic.
    let rounded = (milliseconds * 1000.0).round() / 1000.0;
    Number::from_f64(rounded).unwrap_or_else(|| 0_u64.into())
}

/// The error of a call that was refused before it was queued.
fn refused(sent: &Sent, error: &InvokeError) -> ApiError {
    let code = match error.status {
        Status::INVALID_EVENT => "InvalidParameterValue.Param",
        Status::REQUEST_TOO_LARGE => "InvalidParameter.RequestTooLarge",
        Status::FUNCTION_NOT_FOUND => return no_function(&sent.key),
        Status::QUALIFIER_NOT_FOUND => return no_qualifier(&sent.key, &sent.qualifier),
        _ => "FailedOperation.InvokeFunction",
    };
    ApiError::new(code, format!("{}.", super::names::capital(&error.message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_milliseconds() {
        let text = |micros| milliseconds(Duration::from_micros(micros)).to_string();
        assert_eq!(text(0), "0");
        assert_eq!(text(826), "0.826");
        assert_eq!(text(2_005_000), "2005");
        assert_eq!(text(2_005_001), "2005.001");
        assert_eq!(bill_duration(Duration::from_micros(826)), 1);
        assert_eq!(bill_duration(Duration::from_micros(2000)), 2);
        assert_eq!(bill_duration(Duration::ZERO), 0);
    }
}
