//! The state of asynchronous events, and what the API can do about them. Follows: SCF reference, section 11.

use backlot::scf::{Function, InProcess};
use bytes::Bytes;
use serde_json::{Value, json};

use super::rig::Rig;

/// Answers its event, and fails on those that are no number.
fn picky() -> Function {
    let code = InProcess::handler(|_, event: Bytes| async move {
        match std::str::from_utf8(&event).unwrap().parse::<i64>() {
            Ok(_) => Ok(event),
            Err(_) => Err("Traceback".to_owned()),
        }
    });
    Function::in_process("picky", code)
}

/// The members `name` of all events.
fn each<'a>(answer: &'a Value, name: &str) -> Vec<&'a Value> {
    let rows = answer["EventList"].as_array().unwrap().iter();
    rows.map(|row| &row[name]).collect()
}

/// `ListAsyncEvents` with these parameters beside the name of the function.
async fn list(rig: &Rig, mut parameters: Value) -> Value {
    parameters["FunctionName"] = "picky".into();
    rig.answer("ListAsyncEvents", parameters).await
}

#[tokio::test]
async fn events_are_listed_with_their_state_and_times() {
    let rig = Rig::new([picky()]);
    rig.play("picky", &["1", "x"]).await;
    rig.reply("picky", "2").await;
    let answer = list(&rig, json!({})).await;
    let rows = answer["EventList"].as_array().unwrap();
    let expected = json!({
        "InvokeRequestId": rows[1]["InvokeRequestId"],
        "InvokeType": "MPS_TRIGGER",
        "Qualifier": "$LATEST",
        "Status": "FINISHED",
        "StartTime": "2024-01-01 08:00:00.000",
        "EndTime": "2024-01-01 08:00:00.000",
    });
    assert_eq!(
        (answer["TotalCount"].as_u64(), &rows[1]),
        (Some(2), &expected)
    );
    assert_eq!(each(&answer, "Status"), ["FAILED", "FINISHED"]);
    assert_eq!(rows[0]["EndTime"], "2024-01-01 08:02:00.000");
    let id = rows[0]["InvokeRequestId"].as_str().unwrap();
    let status = rig
        .answer("GetAsyncEventStatus", json!({"InvokeRequestId": id}))
        .await;
    let expected = json!({"Status": "FAILED", "StatusCode": 430, "InvokeRequestId": id});
    assert_eq!(status, json!({"Result": expected}));
    rig.scf.stop().await;
}

#[tokio::test]
async fn events_are_filtered_sorted_and_paged() {
    let rig = Rig::new([picky()]);
    rig.play("picky", &["x", "1"]).await;
    rig.play("picky", &["2"]).await;
    let count = async |parameters: Value| each(&list(&rig, parameters).await, "Status").len();
    assert_eq!(count(json!({"Status": ["FINISHED", "RUNNING"]})).await, 2);
    assert_eq!(count(json!({"InvokeType": ["COS"]})).await, 0);
    assert_eq!(
        count(json!({"InvokeType": ["COS", "MPS_TRIGGER"]})).await,
        3
    );
    assert_eq!(count(json!({"Qualifier": "$DEFAULT"})).await, 3);
    assert_eq!(count(json!({"Qualifier": "1"})).await, 0);
    assert_eq!(count(json!({"Offset": 1, "Limit": 1})).await, 1);
    let interval = |start: &str, end: &str| json!({"Start": start, "End": end});
    let early = interval("2024-01-01 08:00:00", "2024-01-01 08:02:00");
    let started = list(&rig, json!({"StartTimeInterval": early})).await;
    assert_eq!(started["TotalCount"], 2);
    let ended = list(&rig, json!({"EndTimeInterval": early})).await;
    assert_eq!(
        each(&ended, "Status"),
        ["FINISHED"],
        "08:02 does not belong to it"
    );
    let by_end = list(&rig, json!({"Orderby": "EndTime", "Order": "ASC"})).await;
    assert_eq!(each(&by_end, "Status"), ["FINISHED", "FAILED", "FINISHED"]);
    rig.scf.stop().await;
}

#[tokio::test]
async fn wrong_parameters_have_the_documented_codes() {
    let rig = Rig::new([picky()]);
    let cases = [
        (
            json!({"InvokeType": ["MPS"]}),
            "InvalidParameterValue.InvokeType",
        ),
        (
            json!({"Status": ["WAITING"]}),
            "InvalidParameterValue.Status",
        ),
        (json!({"Order": "up"}), "InvalidParameterValue.Order"),
        (json!({"Limit": 101}), "InvalidParameterValue.Limit"),
        (
            json!({"FunctionName": "other"}),
            "ResourceNotFound.Function",
        ),
        (
            json!({"StartTimeInterval": {"Start": "now", "End": "now"}}),
            "InvalidParameterValue.DateTime",
        ),
    ];
    for (mut parameters, code) in cases {
        if parameters.get("FunctionName").is_none() {
            parameters["FunctionName"] = "picky".into();
        }
        let found = rig.code("ListAsyncEvents", parameters.clone()).await;
        assert_eq!(found, code, "{parameters}");
    }
    let code = rig
        .code("GetAsyncEventStatus", json!({"InvokeRequestId": "none"}))
        .await;
    assert_eq!(code, "ResourceNotFound.AsyncEvent");
    rig.scf.stop().await;
}
