//! A place for an instance: which instance is in it, and the records of its start and its stop.
//!
//! When an instance is gone, the next one in this slot has the next generation.

use std::sync::Arc;

use super::function_runtime::FunctionRuntime;
use super::idle_life::IdleLife;
use super::instance::{Instance, StartError};
use super::output::LogLines;
use backlot_base::journal::{Lane, NoticeRecord, ScfRecord, finding};
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
    /// What an instance printed that ended while it had no event: the next attempt gets it.
    left: LogLines,
}

impl Slot {
    pub(super) fn new(runtime: Arc<FunctionRuntime>, index: usize) -> Self {
        Self {
            runtime,
            index,
            generation: 0,
            instance: None,
            left: LogLines::default(),
        }
    }

    /// Runs the next attempt on `runtime`. An instance of other code or other settings goes, in the lane of the attempt.
    pub(super) async fn adopt(&mut self, runtime: Arc<FunctionRuntime>, lane: Lane) {
        if Arc::ptr_eq(&self.runtime, &runtime) {
            return;
        }
        if let Some(instance) = &mut self.instance {
            let reason = instance.ended();
            let reason = reason.unwrap_or_else(|| "the function was updated".to_owned());
            let _unattached = self.clear(lane, reason).await;
        }
        self.runtime = runtime;
    }

    pub(super) fn runtime(&self) -> Arc<FunctionRuntime> {
        Arc::clone(&self.runtime)
    }

    /// The name of the latest instance: `<function>/<slot>.<generation>`, with slots counted from 1.
    pub(super) fn name(&self) -> String {
        let function = self.runtime.function.label();
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
        tracing::info!(instance = name, "an instance starts");
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

    /// Lets the instance live while it has no event: reads what it prints, and returns how it ended if that is to be
    /// recorded at once.
    ///
    /// In real time, the end is recorded when it happens. Virtual time stands still, or has moved on, whenever a process
    /// ends; so there the end is recorded with the next event, which is the same moment in every run.
    pub(super) async fn rest(&mut self) -> String {
        if let Some(instance) = &mut self.instance {
            let reason = instance.rest().await;
            if !self.runtime.context.clock.is_virtual() {
                return reason;
            }
        }
        std::future::pending().await
    }

    /// Freezes the instance after a result, and records in `lane` what it still had to do, or that it has ended.
    pub(super) async fn freeze(&mut self, lane: Lane) {
        let Some(instance) = &mut self.instance else {
            return;
        };
        let function = &self.runtime.function.name;
        match instance.freeze(&self.runtime).await {
            Ok(open) if open.is_nothing() => {}
            Ok(open) => {
                let finding = NoticeRecord::Finding {
                    function: function.clone(),
                    kind: finding::WORKED_AFTER_ANSWER.to_owned(),
                    hosts: open.calls.join(", "),
                    text: open.describe(function),
                };
                self.runtime.context.record(lane, finding);
            }
            Err(reason) => self.bury(lane, reason).await,
        }
    }

    /// Lets the instance go on for its next event, and takes it away if it has ended while it had none; returns what
    /// was printed since the last result.
    pub(super) async fn wake(&mut self, lane: Lane) -> LogLines {
        if let Some(instance) = &mut self.instance {
            instance.thaw(&self.runtime).await;
        }
        if let Some(reason) = self.instance.as_mut().and_then(Instance::ended) {
            self.bury(lane, reason).await;
        }
        std::mem::take(&mut self.left)
    }

    /// Takes away an instance that ended while it had no event. What it printed since its last result is kept.
    pub(super) async fn bury(&mut self, lane: Lane, reason: String) {
        let printed = self.clear(lane, reason).await;
        self.left.append(printed);
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

    /// Stops an instance that has nothing to do, because of `reason`.
    pub(super) async fn reclaim(&mut self, lane: Lane, reason: &str) {
        let Some(instance) = &mut self.instance else {
            return;
        };
        let reason = instance.ended().unwrap_or_else(|| reason.to_owned());
        let _unattached = self.clear(lane, reason).await;
    }

    /// The instance has no event from now on, the last one having been in `lane`. Without an instance or a limit nothing comes
    /// of it.
    pub(super) fn begin_to_idle(&self, idle: &mut IdleLife, lane: Lane) {
        let runtime = &self.runtime;
        match runtime.function.idle_life {
            Some(life) if !self.is_empty() => idle.begin(&runtime.context.clock, lane, life),
            _ => idle.end(),
        }
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

    /// Stops the instance because there will be no more attempts, for the given reason. Returns the record of its stop, if
    /// there was one.
    pub(super) async fn stop(mut self, reason: &str) -> Option<ScfRecord> {
        let mut instance = self.instance.take()?;
        instance.settle(&self.runtime).await;
        let reason = instance.ended().unwrap_or_else(|| reason.to_owned());
        // Choice: what it printed after its last result is in no log, as no invocation follows.
        let _unattached = instance.kill().await;
        instance.until_gone(&self.runtime).await;
        Some(self.stopped(reason))
    }

    fn record_stop(&self, lane: Lane, reason: String) {
        self.runtime.context.record(lane, self.stopped(reason));
    }

    fn stopped(&self, reason: String) -> ScfRecord {
        let instance = self.name();
        ScfRecord::InstanceStopped { instance, reason }
    }
}
