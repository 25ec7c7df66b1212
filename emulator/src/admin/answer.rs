//! Answers in JSON, and errors that say what to do.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use backlot_http::exchange::{BodyError, collect, full};
use backlot_http::{Body, Request, Response};

/// Bytes of a body that is read whole, at most.
const MAX_BODY: usize = 1024 * 1024;

/// Why a request is not carried out.
#[derive(Debug)]
pub(super) struct AdminError {
    status: StatusCode,
    message: String,
}

impl AdminError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// The request has a mistake.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The machine failed; the message names all causes.
    pub(super) fn failed(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    }

    /// Says first what it means.
    pub(super) fn about(self, what: &str) -> Self {
        let message = format!("{what}: {}", self.message);
        Self { message, ..self }
    }

    pub(super) fn not_found(path: &str) -> Self {
        let message =
            format!("there is no `/_backlot{path}`; `/_backlot/openapi.json` lists what there is");
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn into_response(self) -> Response {
        let value = json!({ "error": self.message });
        json(self.status, format!("{value}\n"))
    }
}

/// An answer in JSON.
pub(super) fn value(value: &Value) -> Response {
    json(StatusCode::OK, format!("{value}\n"))
}

/// An answer whose text is JSON already.
pub(super) fn json(status: StatusCode, text: String) -> Response {
    with_body(status, "application/json", full(text))
}

/// Any answer.
pub(super) fn with_body(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The body of a request, whole.
pub(super) async fn body_of(request: Request) -> Result<Bytes, AdminError> {
    body_up_to(request, MAX_BODY).await
}

/// The whole body of a request, which may have at most `limit` bytes.
pub(super) async fn body_up_to(request: Request, limit: usize) -> Result<Bytes, AdminError> {
    collect(request.into_body(), limit)
        .await
        .map_err(|error| match error {
            BodyError::TooLarge { .. } => {
                AdminError::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
            }
            BodyError::Incomplete { .. } => AdminError::bad(error.to_string()),
        })
}
