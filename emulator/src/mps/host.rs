//! What MPS needs of the outside: sources to read, a place for outputs, a way to deliver notifications, and the order in
//! which the tasks of one time finish.

use std::error::Error;
use std::fmt;

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::object::{OutputObject, SourceObject};
use super::request::Source;
use backlot_base::clock::Hold;
use backlot_base::journal::Lane;
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};

/// The outside of MPS. The emulator's is COS and SCF; a test's is a list or two.
pub trait Host: fmt::Debug + Send + Sync {
    /// The object that a request names, as it is stored; `None` if the object does not exist.
    fn source<'a>(
        &'a self,
        source: &'a Source,
    ) -> BoxFuture<'a, Result<Option<SourceObject>, HostError>>;

    /// Whether there is a bucket of this full name for outputs.
    fn has_bucket<'a>(&'a self, bucket: &'a str) -> BoxFuture<'a, Result<bool, HostError>>;

    /// Whether another event may follow from what happens in a lane; if not, the limit of the chain.
    fn may_go_on(&self, cause: Lane) -> Result<(), u32>;

    /// Notes that a task follows from what happens in a lane.
    fn follow(&self, cause: Lane, task: u32);

    /// Writes an object that a task leaves.
    fn write_output(&self, task: u32, output: OutputObject)
    -> BoxFuture<'_, Result<(), HostError>>;

    /// Delivers the notification of a task to a function, on an instance as `start` says.
    fn deliver(
        &self,
        task: u32,
        wanted: InvokeWanted,
        start: StartWanted,
    ) -> BoxFuture<'_, Delivery>;

    /// Lets notifications of tasks of this type go to a function, as a trigger of SCF, and returns the trigger's resource id.
    fn bind(&self, event_type: &str, target: FunctionTarget) -> Result<String, BindRefused>;

    /// Removes the trigger of a function with this resource id.
    fn unbind(&self, resource_id: &str, target: FunctionTarget) -> Result<(), BindRefused>;

    /// Waits until it is this lane's turn among everything that happens at the present time; so tasks that are due
    /// together finish in the same order in every run. `None` if the turn will never come, because the host stops.
    fn turn(&self, lane: Lane, hold: Hold) -> BoxFuture<'_, Option<Turn>>;
}

/// What became of a notification that was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The number of the invocation, from 1.
    pub invocation: u32,
    /// Why the function did not get it; `None` if it is in the function's queue.
    pub refused: Option<String>,
}

/// The right to act now. The next turn begins when this one is dropped.
#[derive(Debug)]
pub struct Turn {
    hold: Hold,
    _ended: oneshot::Sender<()>,
}

/// SCF refuses to create or to remove a trigger. The message says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BindRefused(pub String);

/// The host failed. Its message is that of the failure.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct HostError(Box<dyn Error + Send + Sync>);

impl Turn {
    /// A turn that keeps the clock with `hold`. The receiver hears when it ends: its sender is dropped.
    pub fn new(hold: Hold) -> (Self, oneshot::Receiver<()>) {
        let (ended, ending) = oneshot::channel();
        let turn = Self {
            hold,
            _ended: ended,
        };
        (turn, ending)
    }

    /// Keeps the clock while the turn lasts.
    pub fn hold(&self) -> &Hold {
        &self.hold
    }
}

impl HostError {
    /// Wraps the error of a host.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}
