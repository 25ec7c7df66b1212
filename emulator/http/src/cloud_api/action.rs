//! Services of the Cloud API, each a table of actions with their handlers.
//!
//! The table is all that a service says about itself: an action without a handler exists on the platform and is answered
//! by the envelope, which alone knows how "not supported" is said.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;

use super::{ApiCall, ApiError};
use backlot_base::json::Value;

/// What a handler returns: the members of `Response` without `RequestId`, or an error. `null` stands for no members.
pub type ApiResult = Result<Value, ApiError>;

/// The result of an action that may still be under way.
pub type ApiFuture<'a> = Pin<Box<dyn Future<Output = ApiResult> + Send + 'a>>;

/// A function that runs an action on its service.
pub type Handler<S> = for<'a> fn(&'a S, ApiCall) -> ApiFuture<'a>;

/// One action of the service `S`.
#[derive(Clone, Copy, Debug)]
pub struct Action<S> {
    /// As in `X-TC-Action`.
    pub name: &'static str,
    /// Runs the action; `None` if the platform has the action and the emulator has not.
    pub run: Option<Handler<S>>,
}

/// One service of the Cloud API.
pub trait ApiService: fmt::Debug + Send + Sync + Sized + 'static {
    /// `mps`, `scf`, …: the first label of its hosts.
    fn name(&self) -> &'static str;

    /// The version of its actions.
    fn version(&self) -> &'static str;

    /// Every action of that version, supported or not. An action that is not listed is answered with `InvalidAction`.
    fn actions() -> &'static [Action<Self>];
}

/// A service whose type the envelope has forgotten.
pub(super) trait AnyService: fmt::Debug + Send + Sync {
    /// See [`ApiService::name`].
    fn name(&self) -> &'static str;

    /// See [`ApiService::version`].
    fn version(&self) -> &'static str;

    /// Looks an action up by its name; `None` if the service has no such action.
    fn find(&self, action: &str) -> Option<Found<'_>>;
}

/// An action that exists.
pub(super) enum Found<'a> {
    /// It can be run, once, with the call.
    Supported(Box<dyn FnOnce(ApiCall) -> ApiFuture<'a> + Send + 'a>),
    /// The emulator does not have it.
    Unsupported,
}

impl<S> Action<S> {
    /// An action that `run` runs.
    pub const fn supported(name: &'static str, run: Handler<S>) -> Self {
        Self {
            name,
            run: Some(run),
        }
    }

    /// An action that the platform has and the emulator has not.
    pub const fn unsupported(name: &'static str) -> Self {
        Self { name, run: None }
    }
}

/// The result of a handler that awaits nothing.
pub fn at_once<'a>(result: ApiResult) -> ApiFuture<'a> {
    Box::pin(ready(result))
}

impl<S: ApiService> AnyService for S {
    fn name(&self) -> &'static str {
        ApiService::name(self)
    }

    fn version(&self) -> &'static str {
        ApiService::version(self)
    }

    fn find(&self, action: &str) -> Option<Found<'_>> {
        let found = S::actions().iter().find(|known| known.name == action)?;
        Some(match found.run {
            Some(run) => Found::Supported(Box::new(move |call| run(self, call))),
            None => Found::Unsupported,
        })
    }
}
