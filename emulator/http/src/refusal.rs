//! Refusals that the front door itself sends, before any service sees the request.

use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::exchange::{Response, full};
use super::header_case;

/// A plain text that ends the connection: what follows on it is not to be trusted, or not wanted.
pub(super) fn refusal(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    header_case::apply(&mut response);
    response
}
