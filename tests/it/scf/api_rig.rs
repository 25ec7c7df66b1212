//! Calls of the Cloud API, without its envelope.

use backlot::http::cloud_api::ApiError;
use backlot_tests::cloud_api;
use serde_json::Value;

use super::rig::Rig;

impl Rig {
    /// The answer to a call, or its error.
    pub(super) async fn api(&self, action: &str, parameters: Value) -> Result<Value, ApiError> {
        cloud_api::call(&self.scf, &self.clock, action, &parameters).await
    }

    /// The answer to a call that succeeds.
    pub(super) async fn answer(&self, action: &str, parameters: Value) -> Value {
        self.api(action, parameters).await.unwrap()
    }

    /// The code of the error of a call that fails.
    pub(super) async fn code(&self, action: &str, parameters: Value) -> String {
        self.api(action, parameters).await.unwrap_err().code
    }
}
