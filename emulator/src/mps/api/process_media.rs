//! `ProcessMedia` and `EditMedia`: they make tasks, which take their time. Follows: mps.md section 11.1.

use crate::mps::host::HostError;
use crate::mps::request::InvalidRequest;
use crate::mps::request::api::{self, Asked};
use crate::mps::{Error, Mps};
use backlot_base::journal::StageRecord;
use backlot_base::json::Object;
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameters};

/// Makes a task that processes a source.
pub(super) async fn process_media(mps: &Mps, call: ApiCall) -> ApiResult {
    let profile = mps.settings().api_profile;
    let asked = api::process_media(&Parameters::new(&call.parameters), profile);
    create(mps, &call, asked).await
}

/// Makes a task that joins files.
pub(super) async fn edit_media(mps: &Mps, call: ApiCall) -> ApiResult {
    let profile = mps.settings().api_profile;
    let asked = api::edit_media(&Parameters::new(&call.parameters), profile);
    create(mps, &call, asked).await
}

async fn create(mps: &Mps, call: &ApiCall, asked: Result<Asked, ApiError>) -> ApiResult {
    let asked = asked.inspect_err(|error| note_unsupported(mps, call, error))?;
    let cause = call.principal.acting().lane;
    check_chain(mps, call)?;
    note_silence(mps, call, &asked);
    let created = mps.create(asked, "", &call.hold).await;
    let created = created.map_err(|error| refused(&error))?;
    mps.host().follow(cause, created.number);
    Ok(Object::new().with("TaskId", created.task_id).into())
}

/// Deviates: the platform lets chains go on for ever.
fn check_chain(mps: &Mps, call: &ApiCall) -> Result<(), ApiError> {
    let cause = call.principal.acting().lane;
    let Err(limit) = mps.host().may_go_on(cause) else {
        return Ok(());
    };
    let stopped = StageRecord::ChainStopped {
        wanted: call.action.clone(),
        event_name: format!("mps:{}", call.action),
        bucket: String::new(),
        key: String::new(),
        limit,
    };
    mps.context().record(cause, stopped);
    let message = format!(
        "No task is made: {limit} events have followed from one another. Raise `chain-limit` if the chain has an end."
    );
    Err(ApiError::new("FailedOperation", message))
}

/// What is refused because backlot lacks it is a matter for `--strict`.
pub(super) fn note_unsupported(mps: &Mps, call: &ApiCall, error: &ApiError) {
    if error.code == "UnsupportedOperation" {
        let lane = call.principal.acting().lane;
        mps.context()
            .record_unsupported(lane, "mps", &call.action, "", &error.message);
    }
}

/// A client that asks to be told by URL or queue is told that it will not be.
fn note_silence(mps: &Mps, call: &ApiCall, asked: &Asked) {
    let Some(notify) = &asked.terms.notify else {
        return;
    };
    let kind = notify.get("NotifyType").and_then(|kind| kind.as_str());
    let kind = kind.filter(|kind| !kind.is_empty()).unwrap_or("TDMQ-CMQ");
    if kind != "SCF" {
        let lane = call.principal.acting().lane;
        let text = "only bound functions hear of tasks: no callback is sent to URLs and queues";
        mps.context()
            .record_unsupported(lane, "mps", "TaskNotifyConfig", kind, text);
    }
}

/// The documented codes. Choice: what fails inside is an `InternalError`.
fn refused(error: &Error) -> ApiError {
    let code = match error {
        Error::Invalid(InvalidRequest::SessionIdTooLong(_)) => {
            "InvalidParameterValue.SessionIdTooLong"
        }
        Error::Invalid(InvalidRequest::SessionContextTooLong(_)) => {
            "InvalidParameterValue.SessionContextTooLong"
        }
        Error::Invalid(_) => "InvalidParameter",
        Error::SessionUsed(_) => "InvalidParameterValue.SessionId",
        Error::Host(_) | Error::Table(_) => "InternalError",
    };
    ApiError::sentence(code, error)
}

/// What a look at COS or at the table of tasks fails with.
pub(super) fn failed(error: &HostError) -> ApiError {
    ApiError::sentence("InternalError", error)
}
