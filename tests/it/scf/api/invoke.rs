//! `Invoke` and `InvokeFunction`.

use serde_json::{Value, json};

use super::kit::{Api, ECHO, echo};
use backlot::base::clock::DEFAULT_START;

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 36)
}

#[tokio::test]
async fn a_synchronous_call_has_the_result_and_the_tail_of_the_log() {
    let api = Api::new();
    let code =
        "def main_handler(event, context):\n    print('seen', event['a'])\n    return event\n";
    api.create("notify", code).await;
    let call = json!({
        "FunctionName": "notify",
        "InvocationType": "RequestResponse",
        "ClientContext": "{\"a\": 1}",
        "LogType": "Tail",
    });
    let answer = api.ok("Invoke", call.clone()).await;
    let result = &answer["Result"];
    assert_eq!(result["RetMsg"], "{\"a\": 1}");
    assert_eq!(result["InvokeResult"], 0);
    assert_eq!(result["ErrMsg"], "");
    assert!(is_uuid(&result["FunctionRequestId"]), "{result}");
    let log = result["Log"].as_str().unwrap();
    assert!(
        log.starts_with("START RequestId: ") && log.contains("\nseen 1\n"),
        "{log}"
    );
    let quiet = json!({"FunctionName": "notify", "ClientContext": "{\"a\": 1}"});
    assert_eq!(api.ok("Invoke", quiet).await["Result"]["Log"], "");
    api.scf.stop().await;
}

#[tokio::test]
async fn a_function_that_fails_is_an_answer_not_an_error() {
    let api = Api::new();
    api.create(
        "broken",
        "def main_handler(event, context):\n    raise KeyError('a')\n",
    )
    .await;
    let answer = api.ok("Invoke", json!({"FunctionName": "broken"})).await;
    let result = &answer["Result"];
    assert_eq!(result["InvokeResult"], 1);
    assert_eq!(result["ErrMsg"], "user code exception caught");
    let object: Value = serde_json::from_str(result["RetMsg"].as_str().unwrap()).unwrap();
    assert_eq!(object["statusCode"], 430);
    assert_eq!(object["requestId"], result["FunctionRequestId"]);
    assert!(
        object["stackTrace"]
            .as_str()
            .unwrap()
            .ends_with("KeyError: 'a'"),
        "{object}"
    );
    api.scf.stop().await;
}

/// Checklist 19.19.
#[tokio::test]
async fn an_asynchronous_call_only_has_its_request_id() {
    let api = Api::with([echo("archive")]);
    let call = json!({"FunctionName": "archive", "InvocationType": "Event", "ClientContext": "{}", "LogType": "Tail"});
    let answer = api.ok("Invoke", call).await;
    let mut result = answer["Result"].clone();
    assert!(is_uuid(&result["FunctionRequestId"]), "{result}");
    result["FunctionRequestId"] = json!("");
    let empty = json!({
        "MemUsage": 0, "Log": "", "RetMsg": "", "BillDuration": 0, "FunctionRequestId": "",
        "Duration": 0, "ErrMsg": "", "InvokeResult": 0,
    });
    assert_eq!(result, empty);
    api.scf.stop().await;
}

/// Checklist 19.18.
#[tokio::test]
async fn events_are_refused_beyond_their_size() {
    let api = Api::with([echo("archive")]);
    let event = |size: usize| Value::from(format!("\"{}\"", "x".repeat(size - 2)));
    let call = |kind: &str, size: usize| json!({"FunctionName": "archive", "InvocationType": kind, "ClientContext": event(size)});
    api.ok("Invoke", call("Event", 128 * 1024)).await;
    let code = api.code("Invoke", call("Event", 128 * 1024 + 1)).await;
    assert_eq!(code, "InvalidParameter.RequestTooLarge");
    let large = 6 * 1024 * 1024;
    let answer = api.ok("Invoke", call("RequestResponse", large)).await;
    assert_eq!(answer["Result"]["RetMsg"].as_str().unwrap().len(), large);
    let code = api.code("Invoke", call("RequestResponse", large + 1)).await;
    assert_eq!(code, "InvalidParameter.RequestTooLarge");
    api.scf.stop().await;
}

#[tokio::test]
async fn what_cannot_be_invoked_is_refused_with_its_code() {
    let api = Api::with([echo("archive")]);
    for (call, code) in [
        (
            json!({"FunctionName": "other"}),
            "ResourceNotFound.Function",
        ),
        (
            json!({"FunctionName": "archive", "Namespace": "media"}),
            "ResourceNotFound.Namespace",
        ),
        (
            json!({"FunctionName": "archive", "Qualifier": "7"}),
            "ResourceNotFound.Qualifier",
        ),
        (
            json!({"FunctionName": "archive", "ClientContext": "{"}),
            "InvalidParameterValue.Param",
        ),
        (
            json!({"FunctionName": "archive", "ClientContext": {"a": 1}}),
            "InvalidParameterValue.ClientContext",
        ),
        (
            json!({"FunctionName": "archive", "InvocationType": "Later"}),
            "InvalidParameterValue.InvokeType",
        ),
        (
            json!({"FunctionName": "archive", "RoutingKey": "[1]"}),
            "InvalidParameterValue.Param",
        ),
        (
            json!({"FunctionName": "archive", "RoutingKey": "{\"a\":1}"}),
            "InvalidParameterValue.Param",
        ),
        (json!({}), "MissingParameter"),
    ] {
        assert_eq!(api.code("Invoke", call.clone()).await, code, "{call}");
    }
    let refused = json!({"FunctionName": "archive", "Event": "nothing"});
    assert_eq!(
        api.code("InvokeFunction", refused).await,
        "InvalidParameterValue.Param"
    );
    let answer = api
        .ok(
            "InvokeFunction",
            json!({"FunctionName": "archive", "Event": "[7]"}),
        )
        .await;
    assert_eq!(answer["Result"]["RetMsg"], "[7]");
    let nothing = api.ok("Invoke", json!({"FunctionName": "archive"})).await;
    assert_eq!(
        nothing["Result"]["RetMsg"], "{}",
        "SDKs leave out what is empty"
    );
    api.scf.stop().await;
}

#[tokio::test]
async fn a_time_limit_passes_on_the_clock_of_the_caller() {
    let api = Api::new();
    api.create(
        "slow",
        "import time\ndef main_handler(event, context):\n    time.sleep(60)\n",
    )
    .await;
    let update = json!({"FunctionName": "slow", "Timeout": 1});
    api.ok("UpdateFunctionConfiguration", update).await;
    let answer = api.ok("Invoke", json!({"FunctionName": "slow"})).await;
    let result = &answer["Result"];
    assert_eq!(result["InvokeResult"], -1);
    assert_eq!(result["ErrMsg"], "Invoking task timed out after 1 seconds");
    assert_eq!(
        (&result["Duration"], &result["BillDuration"]),
        (&json!(1000), &json!(1000))
    );
    assert_eq!(api.clock.now().as_second(), DEFAULT_START + 1);
    api.scf.stop().await;
}

#[tokio::test]
async fn the_source_of_an_event_of_the_api_is_others() {
    let api = Api::new();
    api.create("notify", ECHO).await;
    api.ok("Invoke", json!({"FunctionName": "notify"})).await;
    let text = format!("{:?}", api.context.journal.ordered());
    assert!(text.contains("source: \"OTHERS\""), "{text}");
    api.scf.stop().await;
}
