//! The outcome of an attempt: a status and the text that SCF calls `RetMsg`, with the platform's error objects.
//!
//! Follows: SCF reference, sections 3.1, 3.6 and 7.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::status::Status;

/// The end of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AttemptOutcome {
    /// How it ended.
    pub(super) status: Status,
    /// `RetMsg`: the function's answer as it is, or an error object.
    pub(super) result: Bytes,
    /// `errorMessage`; empty on success.
    pub(super) message: String,
    /// `stackTrace`, if the function reported an error.
    pub(super) stack_trace: Option<String>,
    /// `errorCode`; 0 on success.
    pub(super) error_code: i64,
}

/// The members in the order in which SCF writes them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorObject<'a> {
    error_code: i64,
    error_message: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_trace: Option<&'a str>,
    status_code: u16,
}

/// What a process has not done before its time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// The event was fetched, but no result came.
    Result,
    /// The event was answered, but what it had begun did not come to an end.
    End,
    /// The event was not even fetched.
    Fetch,
}

impl AttemptOutcome {
    /// The function answered.
    pub(super) fn answered(result: Bytes) -> Self {
        Self {
            status: Status::SUCCESS,
            result,
            message: String::new(),
            stack_trace: None,
            error_code: 0,
        }
    }

    /// The function posted `body` to `/runtime/invocation/error`.
    ///
    /// Choice: never seen in public, so it has the shape of a native runtime's error, with the body as its stack.
    pub(super) fn reported(request_id: &str, body: &[u8]) -> Self {
        let stack = String::from_utf8_lossy(body).into_owned();
        let message = "user code exception caught".to_owned();
        Self::failed(Status::USER_ERROR, -1, message, request_id, Some(stack))
    }

    /// A call of the API ended the event.
    ///
    /// Choice: the text has never been seen in public.
    pub(super) fn canceled(request_id: &str) -> Self {
        let message = "Request canceled";
        Self::plain(Status::CANCELED, -1, message, request_id)
    }

    /// The function's answer has more than 6 MB.
    pub(super) fn answer_too_large(request_id: &str) -> Self {
        let message = "The size of response exceeds the upper limit (6MB)";
        Self::plain(Status::RESPONSE_TOO_LARGE, -1, message, request_id)
    }

    /// The function did not answer within its time limit.
    pub(super) fn timed_out(request_id: &str, limit: Duration, missed: Missed) -> Self {
        let seconds = limit.as_secs();
        let message = match missed {
            Missed::Result => format!("Invoking task timed out after {seconds} seconds"),
            Missed::End => format!("Async invoking task timed out after {seconds} seconds"),
            Missed::Fetch => format!("Wait event timed out after {seconds} seconds"),
        };
        Self::failed(Status::TIME_LIMIT, -1, message, request_id, None)
    }

    /// The process ended before it was ready; `how` says in which way.
    ///
    /// Choice: the documents call this an initialization timeout as well; the status is that, but the text says what
    /// happened, as the time is not waited for.
    pub(super) fn ended_early(request_id: &str, how: &str) -> Self {
        let message = format!("Initialization failed: the process {how} before it was ready");
        Self::failed(Status::INIT_TIMEOUT, -1, message, request_id, None)
    }

    /// The process was not ready in time.
    pub(super) fn not_ready(request_id: &str, limit: Duration) -> Self {
        let message = format!("Initialization timed out after {} seconds", limit.as_secs());
        Self::failed(Status::INIT_TIMEOUT, -1, message, request_id, None)
    }

    /// The process ended while it had an event.
    ///
    /// Choice: the object as observed in 2022, whose `errorCode` is 1.
    pub(super) fn exited(request_id: &str) -> Self {
        let message = "Process exited before completing request";
        Self::plain(Status::PROCESS_EXIT, 1, message, request_id)
    }

    /// The function was deleted while the event waited.
    pub(super) fn deleted(request_id: &str, function: &str) -> Self {
        let message = format!("the function `{function}` was deleted");
        Self::failed(Status::FUNCTION_NOT_FOUND, -1, message, request_id, None)
    }

    /// There is no `bootstrap`.
    pub(super) fn bootstrap_missing(request_id: &str) -> Self {
        let message = "ReloadFail: Bootstrap not found\n";
        Self::plain(Status::CODE_ERROR, 1, message, request_id)
    }

    /// There is a `bootstrap`, but the system cannot run it.
    pub(super) fn bootstrap_not_executable(request_id: &str) -> Self {
        let message = "ReloadFail: Bootstrap not executable\n";
        Self::plain(Status::CODE_ERROR, 1, message, request_id)
    }

    /// The code of a handler did not load; `reason` is a traceback.
    pub(super) fn not_loaded(request_id: &str, reason: &str) -> Self {
        Self::plain(Status::CODE_ERROR, 1, reason, request_id)
    }

    /// The file with the handler does not exist.
    ///
    /// Choice: the text was never seen in public.
    pub(super) fn no_entry_file(request_id: &str, file: &Path) -> Self {
        let message = format!("HandlerNotFound: {} does not exist", file.display());
        Self::plain(Status::HANDLER_NOT_FOUND, -1, &message, request_id)
    }

    /// The function's quota has no room for another instance.
    pub(super) fn overrun(request_id: &str, function: &str, quota_mb: u64) -> Self {
        let message =
            format!("Function [ {function} ] concurrency exceeded reserved quota {quota_mb} MB");
        Self::failed(Status::OVERRUN, -1, message, request_id, None)
    }

    /// The platform could not run the attempt at all.
    pub(super) fn internal(request_id: &str, message: String) -> Self {
        Self::failed(Status::INTERNAL, -1, message, request_id, None)
    }

    /// The instance had more memory than the function may have.
    pub(super) fn out_of_memory(request_id: &str, memory_mb: u32) -> Self {
        let message = format!("Task memory exceeded {memory_mb} MB");
        Self::failed(Status::MEMORY_LIMIT, -1, message, request_id, None)
    }

    /// A planned fault ended the attempt before the function saw the event.
    pub(super) fn planned(request_id: &str, status: Status, code: &str) -> Self {
        Self::plain(status, -1, code, request_id)
    }

    fn plain(status: Status, error_code: i64, message: &str, request_id: &str) -> Self {
        Self::failed(status, error_code, message.to_owned(), request_id, None)
    }

    fn failed(
        status: Status,
        error_code: i64,
        message: String,
        request_id: &str,
        stack_trace: Option<String>,
    ) -> Self {
        let object = ErrorObject {
            error_code,
            error_message: &message,
            request_id,
            stack_trace: stack_trace.as_deref(),
            status_code: status.0,
        };
        let result = serde_json::to_vec(&object).expect("an error object is plain data");
        Self {
            status,
            result: result.into(),
            message,
            stack_trace,
            error_code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a325b967-ef5b-4aa3-a329-c6bb0df72948";

    #[track_caller]
    fn assert_result(outcome: &AttemptOutcome, expected: &str) {
        let expected = expected.replace("ID", ID);
        assert_eq!(std::str::from_utf8(&outcome.result).unwrap(), expected);
    }

    #[test]
    fn error_objects_have_their_members_in_order() {
        assert_result(
            &AttemptOutcome::reported(ID, br#"{"msg":"upload refused"}"#),
            r#"{"errorCode":-1,"errorMessage":"user code exception caught","requestId":"ID","stackTrace":"{\"msg\":\"upload refused\"}","statusCode":430}"#,
        );
        assert_result(
            &AttemptOutcome::timed_out(ID, Duration::from_secs(3), Missed::Result),
            r#"{"errorCode":-1,"errorMessage":"Invoking task timed out after 3 seconds","requestId":"ID","statusCode":433}"#,
        );
        assert_result(
            &AttemptOutcome::bootstrap_not_executable(ID),
            r#"{"errorCode":1,"errorMessage":"ReloadFail: Bootstrap not executable\n","requestId":"ID","statusCode":443}"#,
        );
        assert_result(
            &AttemptOutcome::not_ready(ID, Duration::from_secs(65)),
            r#"{"errorCode":-1,"errorMessage":"Initialization timed out after 65 seconds","requestId":"ID","statusCode":450}"#,
        );
        assert_result(
            &AttemptOutcome::exited(ID),
            r#"{"errorCode":1,"errorMessage":"Process exited before completing request","requestId":"ID","statusCode":439}"#,
        );
    }

    #[test]
    fn an_answer_passes_as_it_is() {
        let answer = AttemptOutcome::answered(Bytes::from_static(b"not \"JSON\""));
        assert_result(&answer, "not \"JSON\"");
    }
}
