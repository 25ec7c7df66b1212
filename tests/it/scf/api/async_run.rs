//! `AsyncRunEnable`, chosen when a function is created.

use backlot::scf::Function;
use serde_json::{Value, json};

use super::kit::{Api, ECHO, echo, python};

fn asynchronous(name: &str, code: &str) -> Value {
    let mut call = python(name, code);
    call["AsyncRunEnable"] = json!("TRUE");
    call["TraceEnable"] = json!("TRUE");
    call["Timeout"] = json!(86_400);
    call
}

#[tokio::test]
async fn callers_get_the_request_id_and_the_event_runs() {
    let api = Api::new();
    api.ok("CreateFunction", asynchronous("long", ECHO)).await;
    let named = json!({"FunctionName": "long"});
    let function = api.ok("GetFunction", named.clone()).await;
    assert_eq!(function["AsyncRunEnable"], "TRUE");
    assert_eq!(function["Timeout"], 86_400);
    let listed = api.ok("ListFunctions", json!({})).await;
    assert_eq!(listed["Functions"][0]["AsyncRunEnable"], "TRUE");
    let result = api.ok("Invoke", named.clone()).await;
    let result = &result["Result"];
    assert_eq!(
        (&result["RetMsg"], &result["Duration"]),
        (&json!(""), &json!(0))
    );
    let id = result["FunctionRequestId"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    drop(api.clock.hold("the test").until_idle().await);
    let state = json!({"FunctionName": "long", "InvokeRequestId": id});
    let state = api.ok("GetAsyncEventStatus", state).await;
    assert_eq!(state["Result"]["Status"], "FINISHED");
    api.scf.stop().await;
}

#[tokio::test]
async fn a_failure_is_not_tried_again() {
    let api = Api::new();
    let raises = "def main_handler(event, context):\n    raise ValueError('no')\n";
    api.ok("CreateFunction", asynchronous("long", raises)).await;
    api.ok(
        "Invoke",
        json!({"FunctionName": "long", "InvocationType": "Event"}),
    )
    .await;
    drop(api.clock.hold("the test").until_idle().await);
    let logs = api
        .ok("GetFunctionLogs", json!({"FunctionName": "long"}))
        .await;
    assert_eq!(logs["TotalCount"], 1, "{logs}");
    api.scf.stop().await;
}

#[tokio::test]
async fn it_cannot_be_changed_later() {
    let api = Api::with([Function {
        async_run: true,
        ..echo("configured")
    }]);
    api.create("short", ECHO).await;
    for (name, kept, other) in [("configured", "TRUE", "FALSE"), ("short", "FALSE", "TRUE")] {
        let set = |value: &str| json!({"FunctionName": name, "AsyncRunEnable": value});
        let code = api.code("UpdateFunctionConfiguration", set(other)).await;
        assert_eq!(code, "InvalidParameterValue.AsyncRunEnable");
        api.ok("UpdateFunctionConfiguration", set(kept)).await;
        let function = api.ok("GetFunction", json!({"FunctionName": name})).await;
        assert_eq!(function["AsyncRunEnable"], kept);
    }
    let day = json!({"FunctionName": "short", "Timeout": 86_400});
    let code = api.code("UpdateFunctionConfiguration", day).await;
    assert_eq!(code, "LimitExceeded.Timeout");
}
