//! The envelope of the Cloud API: requests in all their forms become an [`ApiCall`], answers and errors become what the
//! SDKs expect.
//!
//! `request.rs` reads a request, `flatten.rs` and `multipart.rs` its parameters, `endpoint.rs` decides in which order things are
//! checked and who answers. The services themselves plug in as [`ApiService`]s.
//! Follows: MPS reference, sections 14.1, 14.2 and 14.5; SCF reference, section 15.1.

mod endpoint;
mod error;
mod flatten;
mod multipart;
mod request;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use endpoint::CloudApi;
pub use error::ApiError;

use super::auth::Principal;
use backlot_base::clock::Hold;
use backlot_base::json::Value;

/// One call that has been read and whose caller is known.
#[derive(Debug)]
pub struct ApiCall {
    /// `mps`, `scf`, …
    pub service: String,
    /// `ProcessMedia`, …
    pub action: String,
    /// `2019-06-12`, …
    pub version: String,
    /// What the client names, else the region of a regional host.
    pub region: Option<String>,
    /// `zh-CN` unless the client wants `en-US`.
    pub language: String,
    /// An object. Parameters of a query or a form are text throughout: only the service knows what is a number.
    pub parameters: Value,
    /// Who calls.
    pub principal: Principal,
    /// With which key; `None` if the call is not signed and need not be.
    pub secret_id: Option<String>,
    /// What the answer will carry.
    pub request_id: String,
    /// Keeps the clock while the call is open; take another from it for work that goes on.
    pub hold: Hold,
}

/// One action of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// As in `X-TC-Action`.
    pub name: &'static str,
    /// Whether it is played here; otherwise it is only known to exist.
    pub is_here: bool,
}

/// An answer under way: an object without `RequestId`, or an error.
pub type Answered<'a> = Pin<Box<dyn Future<Output = Result<Value, ApiError>> + Send + 'a>>;

/// One service of the Cloud API.
pub trait ApiService: fmt::Debug + Send + Sync {
    /// `mps`, `scf`, …: the first label of its hosts.
    fn name(&self) -> &'static str;

    /// The version of its actions.
    fn version(&self) -> &'static str;

    /// All actions of that version that are known.
    fn actions(&self) -> &'static [Action];

    /// Does what is asked. Called only for actions that are here, with a caller that is known.
    fn call(&self, call: ApiCall) -> Answered<'_>;
}

impl Action {
    /// An action that is played here.
    pub const fn here(name: &'static str) -> Self {
        Self {
            name,
            is_here: true,
        }
    }

    /// An action that the real service has and this one has not.
    pub const fn elsewhere(name: &'static str) -> Self {
        Self {
            name,
            is_here: false,
        }
    }
}
