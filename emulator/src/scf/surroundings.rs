//! What SCF needs of the services around it, so that a trigger of a function makes them send events.
//!
//! Deviates: on the platform, these are calls of the APIs of COS and MPS with the role `SCF_QcsRole`.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use backlot_base::clock::Hold;
use backlot_base::signal::FunctionTarget;

/// The services around SCF. The emulator's are COS and MPS.
pub trait Surroundings: fmt::Debug + Send + Sync {
    /// Lets events of a source go to a function from now on, unless another function is in the way.
    fn bind(&self, route: &EventRoute<'_>) -> Result<(), BindError>;

    /// Lets them go there no longer. A route that is not bound stays so.
    fn unbind(&self, route: &EventRoute<'_>);

    /// Whether there is a bucket of this full name.
    fn has_bucket<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool, SurroundingsError>>;

    /// Queues an event of SCF's own, in its order among everything that happens at the present time.
    fn deliver(&self, fired: Fired, hold: Hold);
}

/// From where events go to which function.
#[derive(Clone, Copy, Debug)]
pub struct EventRoute<'a> {
    /// Which events.
    pub source: EventSource<'a>,
    /// The function.
    pub target: &'a FunctionTarget,
    /// Whether events are delivered. A source of which there can be one route stays taken if they are not.
    pub is_enabled: bool,
}

/// Events of another service.
#[derive(Clone, Copy, Debug)]
pub enum EventSource<'a> {
    /// Changes of objects.
    Cos(&'a CosRule),
    /// The end of tasks of this type, such as `WorkflowTask`.
    Mps(&'a str),
}

/// Which changes of objects set off a trigger. Follows: SCF reference, section 14.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosRule {
    /// The bucket's full name.
    pub bucket: String,
    /// For example `cos:ObjectCreated:*`; any of them sets it off.
    pub events: Vec<String>,
    /// What keys begin with.
    pub prefix: String,
    /// What keys end with: nothing, or a dot and more.
    pub suffix: String,
}

/// Why a route was not bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// Only one function can have these events.
    #[error("{0}")]
    Taken(String),
    /// One change could concern two triggers.
    #[error("{0}")]
    Overlaps(String),
    /// The source has no such events.
    #[error("{0}")]
    Unknown(String),
}

/// An event of SCF's own: a timer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The function.
    pub target: FunctionTarget,
    /// Who sends it, in SCF's words.
    pub source: &'static str,
    /// The event, byte for byte.
    pub event: Bytes,
}

/// Another service failed. The message is that of the failure.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SurroundingsError(Box<dyn Error + Send + Sync>);

impl SurroundingsError {
    /// Wraps the error of another service.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}
