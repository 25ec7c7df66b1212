//! What the front door and its neighbors record: calls of the Cloud API, calls to other hosts, and requests that are
//! routed to no service.

use super::Blob;
use super::room::records;

records! {
    /// What the front door and its neighbors record: calls of the Cloud API, calls to other hosts, and requests that are
    /// routed to no service.
    pub enum HttpRecord {
        /// A service of the Cloud API answered a call. The HTTP status is always 200.
        ApiRequest = "api-request" {
            /// `mps`, `scf`, `sts`, …; empty if it could not be told.
            service: String,
            /// For example `ProcessMedia`; empty if the call names none.
            action: String,
            /// For example `2019-06-12`.
            version: String,
            /// The error code, if it is an error.
            #[serde(skip_serializing_if = "Option::is_none")]
            code: Option<String>,
            /// What the service calls the request.
            request_id: String,
        },
        /// A request arrived for a host or a path that no service has.
        RequestRefused = "request-refused" {
            /// The authority.
            host: String,
            /// The HTTP method.
            method: String,
            /// The HTTP status of the answer.
            status: u16,
        },
        /// A browser asked for something that it may not have: an action of the Cloud API, or the operator's API.
        PageRefused = "page-refused" {
            /// The page's origin; `null` if it has none or hides it, `none` if a person opened the address.
            origin: String,
            /// The authority.
            host: String,
            /// The HTTP method.
            method: String,
            /// The path, without the query.
            path: String,
        },
        /// A program called a host that is not emulated.
        OutboundCall = "outbound-call" {
            /// `https://api.example.com`, with the port unless it is the usual one; without the scheme for a tunnel, of which
            /// only the end is known.
            host: String,
            /// The HTTP method, `CONNECT` for a tunnel.
            method: String,
            /// Path and query as sent; empty for a tunnel.
            path: String,
            /// The function that called; `None` if the caller is not a function or did not identify itself.
            #[serde(skip_serializing_if = "Option::is_none")]
            function: Option<String>,
            /// The attempt during which it called, from 1; 0 if none.
            attempt: u32,
            /// The body, if a stub was asked.
            body: Blob,
            /// `stubbed`, `refused` or `passed`.
            outcome: String,
            /// The stub that answered.
            #[serde(skip_serializing_if = "Option::is_none")]
            stub: Option<String>,
            /// The HTTP status of the answer; `None` if there was no answer, or its status is unknown.
            #[serde(skip_serializing_if = "Option::is_none")]
            status: Option<u16>,
            /// Why it was refused, with the stub that came nearest; or how the answer failed.
            #[serde(skip_serializing_if = "Option::is_none")]
            why: Option<String>,
        },
    }
}
