//! `DescribeTasks`, `DescribeTaskDetail` and `DescribeMediaMetaData`. Follows: mps.md section 11.1.

use serde_json::{Value, json};

use super::{Api, input};

/// The ids of a page, and the token of the next one.
fn page(answer: &Value) -> (Vec<String>, String) {
    let tasks = answer["TaskSet"].as_array().unwrap().iter();
    let ids = tasks.map(|task| task["TaskId"].as_str().unwrap().to_owned());
    let token = answer["ScrollToken"].as_str().unwrap();
    (ids.collect(), token.to_owned())
}

#[tokio::test]
async fn pages_follow_one_another() {
    let api = Api::new();
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(api.process(json!({})).await);
    }
    api.idle().await;
    let first = api.ok("DescribeTasks", json!({"Status": "FINISH"})).await;
    assert_eq!(first["TotalCount"], 12);
    assert_eq!(page(&first), (ids[..10].to_vec(), ids[10].clone()));
    let task = &first["TaskSet"][0];
    assert_eq!(task["TaskType"], "WorkflowTask");
    assert_eq!(task["SubTaskTypes"], json!(["action-trans"]));
    assert_eq!(task["CreateTime"], "2024-01-01T00:00:00Z");
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        // Numbers may come as text.
        let call = json!({"Status": "FINISH", "Limit": "5", "ScrollToken": token});
        let (ids, next) = page(&api.ok("DescribeTasks", call).await);
        assert!(ids.len() <= 5);
        seen.extend(ids);
        token = next;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ids);
    let waiting = api.ok("DescribeTasks", json!({"Status": "WAITING"})).await;
    assert_eq!(
        (&waiting["TaskSet"], &waiting["TotalCount"]),
        (&json!([]), &json!(0))
    );
}

#[tokio::test]
async fn tasks_are_picked_by_time_and_by_failure() {
    let api = Api::new();
    let hold = api.hold();
    let good = api.process(json!({})).await;
    let hold = api.pass(hold, 60).await;
    let bad = api
        .process(json!({"InputInfo": input("/in/none.mp4")}))
        .await;
    drop(hold);
    api.idle().await;
    for (other, expected) in [
        (json!({"SubTaskHasFailed": true}), vec![&bad]),
        (json!({"SubTaskHasFailed": "false"}), vec![&good]),
        (json!({"StartTime": "2024-01-01T00:01:00Z"}), vec![&bad]),
        (json!({"EndTime": "2024-01-01T08:00:59+08:00"}), vec![&good]),
        (
            json!({"StartTime": "2024-01-01T00:00:00Z", "EndTime": "2024-01-01T00:01:00Z"}),
            vec![&good, &bad],
        ),
        (json!({"StartTime": "2024-01-02T00:00:00Z"}), vec![]),
    ] {
        let mut call = json!({"Status": "FINISH"});
        call.as_object_mut()
            .unwrap()
            .extend(other.as_object().unwrap().clone());
        let answer = api.ok("DescribeTasks", call).await;
        let (found, _) = page(&answer);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{other}");
        assert_eq!(answer["TotalCount"], expected.len(), "{other}");
    }
}

#[tokio::test]
async fn a_task_is_kept_for_168_hours() {
    let api = Api::new();
    let hold = api.hold();
    let id = api.process(json!({})).await;
    let hold = api.pass(hold, 168 * 60 * 60).await;
    let all = json!({"Status": "FINISH"});
    assert_eq!(api.ok("DescribeTasks", all.clone()).await["TotalCount"], 1);
    let _hold = api.pass(hold, 1).await;
    assert_eq!(api.ok("DescribeTasks", all.clone()).await["TotalCount"], 0);
    let later = api.process(json!({})).await;
    let (code, message) = api
        .refused("DescribeTaskDetail", json!({ "TaskId": id }))
        .await;
    assert_eq!(code, "ResourceNotFound");
    assert!(message.contains("7 days"), "{message}");
    assert_ne!(later, id, "its number is not used again");
}

#[tokio::test]
async fn each_mistake_has_its_code() {
    let api = Api::new();
    for (action, call, code) in [
        ("DescribeTasks", json!({}), "MissingParameter"),
        (
            "DescribeTasks",
            json!({"Status": "DONE"}),
            "InvalidParameterValue",
        ),
        (
            "DescribeTasks",
            json!({"Status": "FINISH", "Limit": 0}),
            "InvalidParameterValue.Limit",
        ),
        (
            "DescribeTasks",
            json!({"Status": "FINISH", "Limit": 101}),
            "InvalidParameterValue.Limit",
        ),
        (
            "DescribeTasks",
            json!({"Status": "FINISH", "ScrollToken": "x"}),
            "InvalidParameterValue",
        ),
        (
            "DescribeTasks",
            json!({"Status": "FINISH", "StartTime": "today"}),
            "InvalidParameterValue",
        ),
        ("DescribeTaskDetail", json!({}), "MissingParameter"),
        (
            "DescribeTaskDetail",
            json!({"TaskId": "x"}),
            "ResourceNotFound",
        ),
        ("DescribeMediaMetaData", json!({}), "MissingParameter"),
        (
            "DescribeMediaMetaData",
            json!({"InputInfo": input("/none.mp4")}),
            "InvalidParameterValue.SrcFile",
        ),
        (
            "DescribeMediaMetaData",
            json!({"InputInfo": {"Type": "AWS-S3"}}),
            "UnsupportedOperation",
        ),
    ] {
        assert_eq!(
            api.code(action, call.clone()).await,
            code,
            "{action} {call}"
        );
    }
}

#[tokio::test]
async fn meta_data_are_those_of_the_event() {
    let api = Api::new();
    api.process(json!({})).await;
    api.idle().await;
    api.process(json!({"SkipMateData": 1})).await;
    api.idle().await;
    let answer = api
        .ok(
            "DescribeMediaMetaData",
            json!({"InputInfo": input("/in/a.mp4")}),
        )
        .await;
    let events = api.delivered();
    assert_eq!(
        answer["MetaData"],
        events[0]["WorkflowTaskEvent"]["MetaData"]
    );
    assert_eq!(answer["MetaData"]["Duration"], 100);
    assert_eq!(events[1]["WorkflowTaskEvent"]["MetaData"], Value::Null);
}

#[tokio::test]
async fn whom_to_tell_comes_back_without_its_secret() {
    let api = Api::new();
    let config =
        json!({"NotifyType": "URL", "NotifyUrl": "http://127.0.0.1:1/x", "NotifyKey": "secret"});
    let id = api.process(json!({ "TaskNotifyConfig": config })).await;
    let told = &api.detail(&id).await["TaskNotifyConfig"];
    assert_eq!(told["NotifyUrl"], "http://127.0.0.1:1/x");
    assert_eq!(told["NotifyMode"], "");
    assert_eq!(told.get("NotifyKey"), None);
    let records = api.context.journal.appended();
    let text = format!("{records:?}");
    assert!(text.contains("no callback is sent to URLs"), "{text}");
}
