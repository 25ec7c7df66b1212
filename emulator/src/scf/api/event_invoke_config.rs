//! How often and how long asynchronous events are retried: `GetFunctionEventInvokeConfig` and
//! `UpdateFunctionEventInvokeConfig`.
//!
//! Follows: SCF reference, sections 10.1, 10.2 and 15.2. The configuration is that of a function with all its versions.
//! Choices: it holds for events that arrive after the change; those that wait keep what they came with. The second item of
//! `RetryConfig`, which the getter returns as -1, stands for the retries after 432 and 500, which have no limit but
//! `MsgTTL`; a call may send it, and it must be -1.

use super::names::existing;
use crate::scf::Scf;
use crate::scf::registry::EventInvokeChange;
use backlot_base::json::{Object, Value};
use backlot_base::signal::{FunctionTarget, LATEST};
use backlot_http::cloud_api::{
    ApiCall, ApiError, ApiResult, Parameter, ParameterError, Parameters, Problem,
};

/// `RetryNum` at most.
const MOST_RETRIES: i64 = 2;
/// `MsgTTL` in seconds, with both ends.
const TTL: std::ops::RangeInclusive<i64> = 60..=21_600;
/// `RetryNum` of retries that have no limit.
const UNLIMITED: i64 = -1;

/// `GetFunctionEventInvokeConfig`.
pub(super) fn get_function_event_invoke_config(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let target = FunctionTarget {
        namespace: key.namespace,
        function: key.name,
        qualifier: LATEST.into(),
    };
    let function = scf.function(&target).map_err(|missing| {
        let message = missing.to_string();
        ApiError::new("ResourceNotFound.Function", message)
    })?;
    let retries = [i64::from(function.retry_num), UNLIMITED];
    let retries = retries.map(|number| Value::from(Object::new().with("RetryNum", number)));
    let config = Object::new()
        .with("MsgTTL", function.msg_ttl.as_secs())
        .with("RetryConfig", retries.into_iter().collect::<Value>());
    Ok(Object::new().with("AsyncTriggerConfig", config).into())
}

/// `UpdateFunctionEventInvokeConfig`.
pub(super) fn update_function_event_invoke_config(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let config = parameters.required("AsyncTriggerConfig", |config| {
        config.object().map_err(|error| malformed(&error))
    })?;
    let retry_num = config.optional("RetryConfig", retry_num)?;
    let msg_ttl = config.optional("MsgTTL", msg_ttl)?;
    let wanted = EventInvokeChange {
        retry_num: retry_num.flatten(),
        msg_ttl,
    };
    scf.set_event_invoke(&key, wanted)?;
    Ok(Value::Null)
}

/// The first `RetryNum` of the list; `None` if the list is empty.
fn retry_num(list: Parameter<'_>) -> Result<Option<u8>, ApiError> {
    let numbers = list.list(|item| {
        let item = item.object()?;
        item.required("RetryNum", Parameter::integer)
    });
    let numbers = numbers.map_err(|error: ParameterError| malformed(&error))?;
    let (first, rest) = match numbers.split_first() {
        None => return Ok(None),
        Some((first, rest)) => (*first, rest),
    };
    if !(0..=MOST_RETRIES).contains(&first) {
        let message = format!("`RetryNum` must be from 0 to {MOST_RETRIES}, not {first}.");
        return Err(ApiError::new("LimitExceeded.RetryNum", message));
    }
    match rest {
        [] | [UNLIMITED] => Ok(u8::try_from(first).ok()),
        _ => {
            let message = format!(
                "`RetryConfig` must have one `RetryNum`, or two of which the second is {UNLIMITED}."
            );
            Err(ApiError::new(
                "InvalidParameterValue.AsyncTriggerConfig",
                message,
            ))
        }
    }
}

fn msg_ttl(ttl: Parameter<'_>) -> Result<u64, ApiError> {
    let seconds = ttl.integer_in(TTL).map_err(|error| match error.problem {
        Problem::Value(_) => error.with_code("LimitExceeded.MsgTTL"),
        _ => malformed(&error),
    })?;
    Ok(seconds.unsigned_abs())
}

fn malformed(error: &ParameterError) -> ApiError {
    error
        .clone()
        .with_code("InvalidParameterValue.AsyncTriggerConfig")
}
