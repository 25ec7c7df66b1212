//! The actions of the Cloud API of MPS, on a service without the rest of a stage.

mod parse_notification;

use std::sync::Arc;

use backlot::base::clock::Clock;
use backlot::base::json;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::http::auth::Principal;
use backlot::http::cloud_api::{ApiCall, ApiError, ApiService as _};
use backlot::mps::{Mps, Settings};
use backlot_tests::paper_host::PaperHost;
use serde_json::Value;

/// The API of one service, whose outside is on paper.
pub(super) struct Api {
    pub(super) context: Context,
    pub(super) mps: Mps,
}

impl Api {
    pub(super) fn new() -> Self {
        let context = Context::new(&Clock::virtual_default(), Seed(7));
        let host = Arc::new(PaperHost::default());
        let mps = Mps::new(context.clone(), Settings::default(), host);
        Self { context, mps }
    }

    /// The answer to a call, or its error.
    pub(super) async fn call(&self, action: &str, parameters: Value) -> Result<Value, ApiError> {
        let parameters = json::Value::parse(&parameters.to_string()).unwrap();
        let call = ApiCall {
            service: "mps".into(),
            action: action.into(),
            version: "2019-06-12".into(),
            region: None,
            language: "zh-CN".into(),
            parameters,
            principal: Principal::new("owner", None),
            secret_id: Some("AKIDOWNER".into()),
            request_id: "id".into(),
            hold: self.context.clock.hold("a test"),
        };
        let mut actions = Mps::actions().iter();
        let found = actions.find(|known| known.name == action);
        let run = found.and_then(|found| found.run);
        let answer = run.expect("a supported action")(&self.mps, call).await?;
        Ok(serde_json::from_str(&answer.to_string()).unwrap())
    }

    /// The answer of a call that succeeds.
    pub(super) async fn ok(&self, action: &str, parameters: Value) -> Value {
        let answer = self.call(action, parameters).await;
        answer.unwrap_or_else(|error| panic!("{action}: {error}"))
    }

    /// The code and the message of a call that fails.
    pub(super) async fn refused(&self, action: &str, parameters: Value) -> (String, String) {
        match self.call(action, parameters).await {
            Ok(answer) => panic!("{action} succeeds: {answer}"),
            Err(error) => {
                assert!(error.message.ends_with('.'), "a sentence: {error}");
                (error.code, error.message)
            }
        }
    }

    /// The code of a call that fails.
    pub(super) async fn code(&self, action: &str, parameters: Value) -> String {
        self.refused(action, parameters).await.0
    }
}
