//! Calls of the Cloud API, without its envelope.

use backlot::base::json::Value as Tree;
use backlot::http::auth::Principal;
use backlot::http::cloud_api::{ApiCall, ApiError, ApiService};
use backlot::scf::Scf;
use serde_json::Value;

use super::rig::Rig;

impl Rig {
    /// The answer to a call, or its error.
    pub(super) async fn api(&self, action: &str, parameters: Value) -> Result<Value, ApiError> {
        let mut actions = Scf::actions().iter();
        let found = actions.find(|found| found.name == action).unwrap();
        let run = found.run.expect("the action is supported");
        let call = ApiCall {
            service: "scf".into(),
            action: action.into(),
            version: "2018-04-16".into(),
            region: None,
            language: "en-US".into(),
            parameters: Tree::parse(&parameters.to_string()).unwrap(),
            principal: Principal::new("owner", None),
            secret_id: None,
            request_id: "R".into(),
            hold: self.clock.hold("a call of the Cloud API"),
        };
        let answer = run(&self.scf, call).await?;
        Ok(serde_json::from_str(&answer.to_string()).unwrap())
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
