//! The envelope of the Cloud API: requests in all their forms become an [`ApiCall`], answers and errors become what the
//! SDKs expect.
//!
//! `request.rs` reads a request, `flatten.rs` and `multipart.rs` its parameters; `endpoint.rs` decides in which order things
//! are checked and which service answers. A service plugs in as a table of actions, [`ApiService`], whose handlers read what
//! they need with [`Parameters`].
//! Follows: MPS reference, sections 14.1, 14.2 and 14.5; SCF reference, section 15.1.

mod action;
mod endpoint;
mod error;
mod flatten;
mod multipart;
mod parameter_error;
mod parameters;
mod request;

pub use action::{Action, ApiFuture, ApiResult, ApiService, Handler, at_once};
pub use endpoint::CloudApi;
pub use error::ApiError;
pub use parameter_error::{ParameterError, Problem};
pub use parameters::{Parameter, Parameters};

use super::auth::Principal;
use backlot_base::clock::Hold;
use backlot_base::json::Value;

/// A call that has been read and whose caller is known.
#[derive(Debug)]
pub struct ApiCall {
    /// `mps`, `scf`, …
    pub service: String,
    /// `ProcessMedia`, …
    pub action: String,
    /// `2019-06-12`, …
    pub version: String,
    /// The region that the client names, else the one of a regional host.
    pub region: Option<String>,
    /// `zh-CN` unless the client wants `en-US`.
    pub language: String,
    /// An object. Parameters of a query or a form are text throughout: read them with [`Parameters`].
    pub parameters: Value,
    /// The caller.
    pub principal: Principal,
    /// The caller's secret id; `None` if the call is not signed and need not be.
    pub secret_id: Option<String>,
    /// The `RequestId` of the answer.
    pub request_id: String,
    /// Holds virtual time while the call is open. For work that goes on after the answer, take another hold from it.
    pub hold: Hold,
}
