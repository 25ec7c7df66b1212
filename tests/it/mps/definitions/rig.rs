//! MPS with a registry, whose actions are called without their envelope.

use std::sync::Arc;

use backlot::base::clock::Clock;
use backlot::base::registry::Registry;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::http::cloud_api::ApiError;
use backlot::mps::definitions::{Definitions, Presets};
use backlot::mps::{Binding, Bindings, EventType, Mps, Settings, TaskRequest};
use backlot_tests::cloud_api;
use backlot_tests::paper_host::PaperHost;
use serde_json::Value;

/// One start of MPS.
pub(super) struct Rig {
    pub(super) context: Context,
    pub(super) host: Arc<PaperHost>,
    pub(super) mps: Mps,
}

impl Rig {
    /// MPS of which nothing is kept.
    pub(super) fn new() -> Self {
        Self::on(&Registry::in_memory(), Presets::default())
    }

    /// A start on what earlier ones have left in a registry.
    pub(super) fn on(registry: &Registry, presets: Presets) -> Self {
        let context = Context::new(&Clock::virtual_default(), Seed(7));
        let host = Arc::new(PaperHost::default());
        let settings = Settings::default();
        let bindings = Bindings::new(settings.binding_rule);
        let bound = Binding::new(EventType::WorkflowTask, "archive");
        bindings.bind(bound).unwrap();
        let definitions = Definitions::open(presets, registry.clone()).unwrap();
        let mps = Mps::with_definitions(
            context.clone(),
            settings,
            host.clone(),
            bindings,
            definitions,
        );
        Self { context, host, mps }
    }

    /// The answer to a call, or its error.
    pub(super) async fn api(&self, action: &str, parameters: Value) -> Result<Value, ApiError> {
        cloud_api::call(&self.mps, &self.context.clock, action, &parameters).await
    }

    /// The answer to a call that succeeds.
    pub(super) async fn answer(&self, action: &str, parameters: Value) -> Value {
        self.api(action, parameters).await.unwrap()
    }

    /// The code of the error of a call that fails.
    pub(super) async fn code(&self, action: &str, parameters: Value) -> String {
        self.api(action, parameters).await.unwrap_err().code
    }

    /// The event of a task that is made as a scenario asks for it and finishes now.
    pub(super) async fn event(&self, request: &str) -> Value {
        let request = serde_saphyr::from_str(request).unwrap();
        let hold = self.context.clock.hold("a task");
        let request = TaskRequest::Workflow(request);
        self.mps.finish_now(request, hold).await.unwrap();
        let delivered = self.host.delivered.lock().unwrap();
        let last = delivered.last().expect("its event was delivered");
        serde_json::from_slice(&last.event).unwrap()
    }
}
