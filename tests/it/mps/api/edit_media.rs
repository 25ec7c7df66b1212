//! `EditMedia`. Follows: mps.md sections 6.1 and 11.1.

use serde_json::{Value, json};

use super::{Api, input, stored};

#[expect(
    clippy::needless_pass_by_value,
    reason = "it reads as the parameters do"
)]
fn edit_media(other: Value) -> Value {
    let storage = json!({"Bucket": "media-out-1250000000", "Region": "ap-guangzhou"});
    let mut parameters = json!({
        "FileInfos": [
            {"InputInfo": input("/in/a.mp4"), "StartTimeOffset": 1, "EndTimeOffset": 3.5, "Id": "one"},
            {"InputInfo": input("in/b.mp4")},
        ],
        "OutputStorage": {"Type": "COS", "CosOutputStorage": storage},
        "OutputObjectPath": "/joined/{inputName}.{format}",
    });
    for (name, value) in other.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    parameters
}

#[tokio::test]
async fn two_files_are_joined() {
    let api = Api::new();
    api.host.stored.lock().unwrap().push(stored("in/b.mp4"));
    let asked = edit_media(json!({"SessionContext": "c", "OutputConfig": {"Container": "mov"}}));
    let answer = api.ok("EditMedia", asked).await;
    let id = answer["TaskId"].as_str().unwrap();
    assert!(id.starts_with("2600000001-EditMediaTask-") && id.ends_with("tt7"));
    let early = api.detail(id).await;
    assert_eq!(early["Status"], "WAITING");
    assert_eq!(early["EditMediaTask"]["Status"], "PROCESSING");
    assert_eq!(
        early["EditMediaTask"]["Input"]["FileInfoSet"][0]["Id"],
        "one"
    );
    api.idle().await;
    let events = api.delivered();
    assert_eq!(events[0]["EventType"], "EditMediaTask");
    assert_eq!(events[0]["SessionContext"], "c");
    let task = &api.detail(id).await["EditMediaTask"];
    assert_eq!(*task, events[0]["EditMediaTaskEvent"]);
    assert_eq!(task["Output"]["Path"], "/joined/a.mov");
    assert_eq!(task["Output"]["MetaData"]["Duration"], 102.5);
    let outputs = api.host.outputs.lock().unwrap();
    assert_eq!(outputs[0].1.bucket, "media-out-1250000000");
}

#[tokio::test]
async fn a_missing_file_makes_the_task_fail() {
    let api = Api::new();
    let answer = api.ok("EditMedia", edit_media(json!({}))).await;
    api.idle().await;
    let id = answer["TaskId"].as_str().unwrap();
    let task = &api.detail(id).await["EditMediaTask"];
    assert_eq!(
        (task["ErrCode"].as_i64(), &task["Output"]),
        (Some(60_000), &Value::Null)
    );
    let failed = json!({"Status": "FINISH", "SubTaskHasFailed": true});
    assert_eq!(api.ok("DescribeTasks", failed).await["TotalCount"], 1);
}

#[tokio::test]
async fn each_mistake_has_its_code() {
    let api = Api::new();
    for (other, code, part) in [
        (
            json!({"FileInfos": null}),
            "MissingParameter",
            "`FileInfos`",
        ),
        (
            json!({"FileInfos": []}),
            "InvalidParameter",
            "at least one file",
        ),
        (
            json!({"FileInfos": [{}]}),
            "MissingParameter",
            "`FileInfos.0.InputInfo`",
        ),
        (
            json!({"OutputStorage": null}),
            "MissingParameter",
            "`OutputStorage`",
        ),
        (
            json!({"OutputObjectPath": ""}),
            "MissingParameter",
            "`OutputObjectPath`",
        ),
        (
            json!({"OutputObjectPath": "a.mp4"}),
            "InvalidParameter",
            "must begin with `/`",
        ),
        (
            json!({"OutputConfig": {"Container": "mkv"}}),
            "InvalidParameterValue",
            "`hls`",
        ),
        (
            json!({"ComposeConfig": {"Tracks": [{"Type": "Video"}]}}),
            "UnsupportedOperation",
            "`ComposeConfig`",
        ),
        (
            json!({"SessionId": "x".repeat(51)}),
            "InvalidParameterValue.SessionIdTooLong",
            "at most 50",
        ),
    ] {
        let (found, message) = api.refused("EditMedia", edit_media(other.clone())).await;
        assert_eq!(found, code, "{other}: {message}");
        assert!(message.contains(part), "{other}: {message}");
    }
}
