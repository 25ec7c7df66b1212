//! Calls of the Cloud API on a service without the rest of a stage, and so without an envelope.

use backlot::base::clock::Clock;
use backlot::base::json;
use backlot::http::auth::Principal;
use backlot::http::cloud_api::{ApiCall, ApiError, ApiService};
use serde_json::Value;

/// The answer to a call by the owner, or its error. The service has to support `action`.
pub async fn call<S: ApiService>(
    service: &S,
    clock: &Clock,
    action: &str,
    parameters: &Value,
) -> Result<Value, ApiError> {
    let parameters = json::Value::parse(&parameters.to_string()).expect("JSON is JSON");
    let call = ApiCall {
        service: service.name().into(),
        action: action.into(),
        version: service.version().into(),
        region: None,
        language: "zh-CN".into(),
        parameters,
        principal: Principal::new("owner", None),
        secret_id: Some("AKIDOWNER".into()),
        request_id: "id".into(),
        hold: clock.hold("a call of the Cloud API"),
    };
    let mut actions = S::actions().iter();
    let found = actions.find(|known| known.name == action);
    let run = found.and_then(|found| found.run);
    let answer = run.expect("a supported action")(service, call).await?;
    Ok(serde_json::from_str(&answer.to_string()).expect("answers are JSON"))
}
