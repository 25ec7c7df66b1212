//! The outside of MPS on paper: sources are those of requests, and what MPS writes and delivers is kept in lists.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use backlot::base::clock::Hold;
use backlot::journal::Lane;
use backlot::mps::request::Source;
use backlot::mps::{BindRefused, Delivery, Host, HostError, OutputObject, SourceObject, Turn};
use backlot::signal::{FunctionTarget, InvokeWanted, StartWanted};
use bytes::Bytes;

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What MPS has read, written and delivered.
#[derive(Debug, Default)]
pub struct PaperHost {
    /// Objects that there are.
    pub stored: Mutex<Vec<SourceObject>>,
    /// Buckets that there are not; all others are there.
    pub missing: Mutex<Vec<String>>,
    /// Outputs, each with the number of its task.
    pub outputs: Mutex<Vec<(u32, OutputObject)>>,
    /// What functions were given.
    pub delivered: Mutex<Vec<Delivered>>,
}

/// A notification that was delivered, without its hold, which would keep the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The number of the task.
    pub task: u32,
    /// The function's name.
    pub function: String,
    /// The source, in SCF's words.
    pub source: String,
    /// The event, byte for byte.
    pub event: Bytes,
}

impl Host for PaperHost {
    fn source<'a>(
        &'a self,
        source: &'a Source,
    ) -> Pending<'a, Result<Option<SourceObject>, HostError>> {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let found = stored
            .iter()
            .find(|object| object.bucket == source.bucket && object.key == source.key);
        let found = found.cloned();
        Box::pin(async { Ok(found) })
    }

    fn has_bucket<'a>(&'a self, bucket: &'a str) -> Pending<'a, Result<bool, HostError>> {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let found = !missing.iter().any(|missing| missing == bucket);
        Box::pin(async move { Ok(found) })
    }

    fn may_go_on(&self, _cause: Lane) -> Result<(), u32> {
        Ok(())
    }

    fn follow(&self, _cause: Lane, _task: u32) {}

    fn write_output(&self, task: u32, output: OutputObject) -> Pending<'_, Result<(), HostError>> {
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.push((task, output));
        Box::pin(async { Ok(()) })
    }

    fn deliver(
        &self,
        task: u32,
        wanted: InvokeWanted,
        _start: StartWanted,
    ) -> Pending<'_, Delivery> {
        let mut delivered = self
            .delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        delivered.push(Delivered {
            task,
            function: wanted.target.function,
            source: wanted.source,
            event: wanted.event,
        });
        Box::pin(async { Delivery::default() })
    }

    fn bind(&self, _event_type: &str, _target: FunctionTarget) -> Result<String, BindRefused> {
        Err(BindRefused("there is no SCF on paper".into()))
    }

    fn unbind(&self, _resource_id: &str, _target: FunctionTarget) -> Result<(), BindRefused> {
        Err(BindRefused("there is no SCF on paper".into()))
    }

    fn turn(&self, _lane: Lane, hold: Hold) -> Pending<'_, Option<Turn>> {
        Box::pin(async { Some(Turn::new(hold.until_rest().await).0) })
    }
}
