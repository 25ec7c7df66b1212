//! A place for an instance: which instance is in it, and the records of its start and its stop.
//!
//! When an instance is gone, the next one in this slot has the next generation.

use std::convert::Infallible;
use std::sync::Arc;

use super::function_runtime::FunctionRuntime;
use super::instance::{Instance, StartError};
use super::output::LogLines;
use backlot_base::journal::{Lane, ScfRecord};
use backlot_http::auth::Acting;

/// One slot of a function.
#[derive(Debug)]
pub(super) struct Slot {
    runtime: Arc<FunctionRuntime>,
    /// From 0.
    index: usize,
    /// How many instances there were.
    generation: u32,
    instance: Option<Instance>,
}

impl Slot {
    pub(super) fn new(runtime: Arc<FunctionRuntime>, index: usize) -> Self {
        Self {
            runtime,
            index,
            generation: 0,
            instance: None,
        }
    }

    pub(super) fn runtime(&self) -> Arc<FunctionRuntime> {
        Arc::clone(&self.runtime)
    }

    /// The name of the latest instance: `<function>/<slot>.<generation>`, with slots counted from 1.
    pub(super) fn name(&self) -> String {
        let function = &self.runtime.function.name;
        format!("{function}/{}.{}", self.index + 1, self.generation)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.instance.is_none()
    }

    /// The instance. There must be one.
    pub(super) fn instance(&mut self) -> &mut Instance {
        self.instance
            .as_mut()
            .expect("an attempt runs on an instance")
    }

    /// Whether the instance has had a result.
    pub(super) fn has_served(&self) -> bool {
        let instance = self.instance.as_ref();
        instance.is_some_and(|instance| instance.served() > 0)
    }

    /// Records that a new instance is started, and names it.
    pub(super) fn announce(&mut self, lane: Lane) -> String {
        self.generation += 1;
        let name = self.name();
        let started = ScfRecord::InstanceStarted {
            function: self.runtime.function.name.clone(),
            instance: name.clone(),
        };
        self.runtime.context.record(lane, started);
        name
    }

    /// Starts the instance that was announced as `name`; `source` is who sent the event for which it is started.
    pub(super) async fn start(
        &mut self,
        name: String,
        acting: Acting,
        source: &str,
    ) -> Result<&mut Instance, StartError> {
        let instance = Instance::start(&self.runtime, name, acting, source).await?;
        Ok(self.instance.insert(instance))
    }

    /// Lets the instance live while it has no event: reads what it prints, and notices its end.
    pub(super) async fn rest(&mut self) -> Infallible {
        match &mut self.instance {
            Some(instance) => instance.rest().await,
            None => std::future::pending().await,
        }
    }

    /// Takes away an instance that ended while it had no event; returns what it printed since its last result.
    pub(super) async fn retire_ended(&mut self, lane: Lane) -> LogLines {
        match self.instance.as_mut().and_then(Instance::ended) {
            Some(reason) => self.clear(lane, reason).await,
            None => LogLines::default(),
        }
    }

    /// Kills the instance, if there is one, and returns what it printed since its last result.
    pub(super) async fn clear(&mut self, lane: Lane, reason: String) -> LogLines {
        let Some(mut instance) = self.instance.take() else {
            return LogLines::default();
        };
        let printed = instance.kill().await;
        drop(instance);
        self.record_stop(lane, reason);
        printed
    }

    /// Stops an instance that had nothing to do for too long.
    ///
    /// Choice: it is stopped when the next event comes, which is the first that misses it.
    pub(super) async fn reclaim(&mut self) {
        let Some(instance) = &mut self.instance else {
            return;
        };
        let reason = instance.ended();
        let reason = reason.unwrap_or_else(|| "idle for too long".to_owned());
        let _unattached = self.clear(Lane::Stage, reason).await;
    }

    /// Takes away an instance that was killed, or that did not even start.
    pub(super) fn vacate(&mut self, lane: Lane, reason: String) {
        self.instance = None;
        self.record_stop(lane, reason);
    }

    /// Drops the instance, which kills it. Its stop is not recorded.
    pub(super) fn abandon(&mut self) {
        self.instance = None;
    }

    /// Stops the instance because the stage stops.
    pub(super) async fn stop(mut self) {
        let Some(mut instance) = self.instance.take() else {
            return;
        };
        instance.settle(&self.runtime).await;
        let reason = instance
            .ended()
            .unwrap_or_else(|| "stage stopped".to_owned());
        // Choice: what it printed after its last result is in no log, as no invocation follows.
        let _unattached = instance.kill().await;
        instance.until_gone(&self.runtime).await;
        self.record_stop(Lane::Stage, reason);
    }

    fn record_stop(&self, lane: Lane, reason: String) {
        let instance = self.name();
        let stopped = ScfRecord::InstanceStopped { instance, reason };
        self.runtime.context.record(lane, stopped);
    }
}
