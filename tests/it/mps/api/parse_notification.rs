//! Reading notifications. Follows: mps.md sections 2.1 and 11.1.

use serde_json::{Value, json};

use super::super::vector;
use super::Api;

async fn parsed(content: &str) -> Value {
    Api::new()
        .ok("ParseNotification", json!({ "Content": content }))
        .await
}

/// The names of the members, in order.
fn names(answer: &Value) -> Vec<&str> {
    let members = answer.as_object().unwrap();
    members.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn both_profiles_of_every_type_are_read() {
    for (name, event_type) in [
        ("trigger-workflow-success-legacy.json", "WorkflowTask"),
        ("trigger-workflow-partial-fail-modern.json", "WorkflowTask"),
        ("trigger-edit-fail-legacy.json", "EditMediaTask"),
        ("trigger-edit-splice-success-modern.json", "EditMediaTask"),
    ] {
        let sample: Value = serde_json::from_str(&vector(name).to_string()).unwrap();
        let answer = parsed(&sample.to_string()).await;
        let member = format!("{event_type}Event");
        assert_eq!(answer["EventType"], event_type);
        assert_eq!(answer[&member], sample[&member], "{name}");
        for text in ["SessionId", "SessionContext"] {
            let given = sample[text].as_str().unwrap_or_default();
            assert_eq!(answer[text], given, "{name}");
        }
        assert_eq!(answer["ScheduleTaskEvent"], Value::Null);
        let other = ["WorkflowTaskEvent", "EditMediaTaskEvent"];
        let other = other.into_iter().find(|other| *other != member).unwrap();
        assert_eq!(answer[other], Value::Null);
        assert_eq!(answer.get("ExtInfo"), None, "it is no member of answers");
        assert_eq!(names(&answer).len(), 6);
    }
}

#[tokio::test]
async fn a_signed_callback_keeps_its_signature_and_unknown_members_below_the_event() {
    let content = json!({
        "EventType": "ScheduleTask",
        "ScheduleTaskEvent": {"TaskId": "1-ScheduleTask-0tt7", "Tomorrow": [1, {"a": null}]},
        "SessionContext": "order-42",
        "Timestamp": 1_700_000_600,
        "Sign": "186c2b29a5293e449950657dd5346747",
    });
    let answer = parsed(&content.to_string()).await;
    assert_eq!(
        answer,
        json!({
            "EventType": "ScheduleTask",
            "WorkflowTaskEvent": null,
            "EditMediaTaskEvent": null,
            "SessionId": "",
            "SessionContext": "order-42",
            "ScheduleTaskEvent": {"TaskId": "1-ScheduleTask-0tt7", "Tomorrow": [1, {"a": null}]},
            "Timestamp": 1_700_000_600,
            "Sign": "186c2b29a5293e449950657dd5346747",
        })
    );
}

#[tokio::test]
async fn the_type_without_the_word_event_has_its_own_member() {
    let content =
        r#"{"EventType":"ExtractBlindWatermark","ExtractBlindWatermarkTask":{"TaskId":"t"}}"#;
    let answer = parsed(content).await;
    assert_eq!(answer["ExtractBlindWatermarkTask"]["TaskId"], "t");
    assert_eq!(answer.get("BatchTaskEvent"), None);
}

#[tokio::test]
async fn what_is_no_notification_is_refused() {
    let api = Api::new();
    let invalid = "InvalidParameterValue.InvalidContent";
    for (content, code, part) in [
        (json!("{"), invalid, "is not JSON"),
        (json!("[]"), invalid, "is an array, not an object"),
        (json!("{}"), invalid, "has no `EventType`"),
        // The published request sample of the sibling product.
        (
            json!(r#"{"EventType":"ProcedureStateChanged"}"#),
            invalid,
            r#"the `EventType` "ProcedureStateChanged"; expected `WorkflowTask`"#,
        ),
        (json!(r#"{"EventType":7}"#), invalid, "the `EventType` 7"),
        (json!(""), "MissingParameter", "`Content`"),
        (
            json!({"EventType": "WorkflowTask"}),
            "InvalidParameter",
            "must be a string",
        ),
    ] {
        let (found, message) = api
            .refused("ParseNotification", json!({ "Content": content }))
            .await;
        assert_eq!(found, code, "{content}");
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(
        api.code("ParseNotification", json!({})).await,
        "MissingParameter"
    );
}
