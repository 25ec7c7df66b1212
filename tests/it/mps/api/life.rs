//! The life of tasks that the API makes: states, places, priorities, abortion and sessions. Follows: mps.md sections 10.1,
//! 10.5 and 11.1.

use backlot::journal::{Lane, MpsRecord, What};
use backlot::mps::{Profile, SessionWindow, Settings};
use serde_json::{Value, json};

use super::{Api, process_media};

const HOUR: u64 = 60 * 60;

#[tokio::test]
async fn a_task_waits_is_processed_and_finishes() {
    let api = Api::new();
    let hold = api.hold();
    let id = api.process(json!({})).await;
    let waiting = api.detail(&id).await;
    assert_eq!(waiting["Status"], "WAITING");
    assert_eq!(waiting["BeginProcessTime"], "0000-00-00T00:00:00Z");
    assert_eq!(waiting["WorkflowTask"]["Status"], "PROCESSING");
    let result = &waiting["WorkflowTask"]["MediaProcessResultSet"][0]["TranscodeTask"];
    assert_eq!(result["Status"], "PROCESSING");
    assert_eq!(result["Output"], Value::Null);
    let hold = api.pass(hold, 2).await;
    let processing = api.detail(&id).await;
    assert_eq!(processing["Status"], "PROCESSING");
    assert_ne!(processing["BeginProcessTime"], "0000-00-00T00:00:00Z");
    assert_eq!(processing["FinishTime"], "0000-00-00T00:00:00Z");
    assert!(api.delivered().is_empty());
    drop(hold);
    api.idle().await;
    let finished = api.detail(&id).await;
    assert_eq!(finished["Status"], "FINISH");
    assert_ne!(finished["FinishTime"], "0000-00-00T00:00:00Z");
}

/// The numbers of tasks in the order in which they have finished.
fn finished(api: &Api) -> Vec<u32> {
    let records = api.context.journal.appended();
    let lanes = records.iter().filter_map(|record| match record.what {
        What::Mps(MpsRecord::TaskFinished { .. }) => Some(record.lane),
        _ => None,
    });
    lanes
        .map(|lane| match lane {
            Lane::Task(number) => number,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn with_one_place_the_highest_priority_comes_first() {
    let api = Api::with(Settings {
        concurrency: Some(1),
        ..Settings::default()
    });
    let hold = api.hold();
    let mut ids = Vec::new();
    for priority in [-10, 0, 10, 0] {
        ids.push(api.process(json!({ "TasksPriority": priority })).await);
    }
    let hold = api.pass(hold, 2).await;
    assert_eq!(api.status(&ids[2]).await, "PROCESSING");
    assert_eq!(api.status(&ids[1]).await, "WAITING");
    // One that comes later overtakes those that wait.
    ids.push(api.process(json!({ "TasksPriority": 5 })).await);
    drop(hold);
    api.idle().await;
    assert_eq!(finished(&api), [3, 5, 2, 4, 1]);
    let last = api.detail(&ids[0]).await;
    let begins = |detail: &Value| detail["BeginProcessTime"].as_str().unwrap().to_owned();
    assert!(begins(&last) > begins(&api.detail(&ids[3]).await));
    let again = Api::with(Settings {
        concurrency: Some(2),
        ..Settings::default()
    });
    let hold = again.hold();
    for _ in 0..5 {
        again.process(json!({})).await;
    }
    let hold = again.pass(hold, 2).await;
    let processing = again
        .ok("DescribeTasks", json!({"Status": "PROCESSING"}))
        .await;
    assert_eq!(processing["TotalCount"], 2);
    drop(hold);
    again.idle().await;
    // On paper, tasks that are due at one time come in any order.
    assert_eq!(finished(&again).len(), 5);
    assert_eq!(finished(&again)[4], 5);
}

#[tokio::test]
async fn a_task_that_waits_can_be_aborted_and_is_told() {
    let api = Api::new();
    let hold = api.hold();
    let id = api.process(json!({"SessionContext": "c"})).await;
    let abort = json!({"OperationType": "Abort", "TaskId": id});
    assert_eq!(api.ok("ManageTask", abort.clone()).await, Value::Null);
    let detail = api.detail(&id).await;
    assert_eq!(detail["Status"], "FINISH");
    assert_eq!(detail["BeginProcessTime"], "0000-00-00T00:00:00Z");
    let result = &detail["WorkflowTask"]["MediaProcessResultSet"][0]["TranscodeTask"];
    assert_eq!(
        (&result["Status"], &result["ErrCode"]),
        (&json!("FAIL"), &json!(70_000))
    );
    let events = api.delivered();
    assert_eq!(events[0]["SessionContext"], "c");
    assert_eq!(events[0]["WorkflowTaskEvent"], detail["WorkflowTask"]);
    drop(hold);
    api.idle().await;
    assert_eq!(api.delivered().len(), 1, "it does not run afterwards");
    let again = api.refused("ManageTask", abort).await;
    assert_eq!(again.0, "InvalidParameterValue.NotProcessingTask");
    assert!(again.1.contains("its status is `FINISH`"), "{}", again.1);
    assert!(api.host.outputs.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_aborted_has_its_code() {
    let api = Api::new();
    let hold = api.hold();
    let id = api.process(json!({})).await;
    let hold = api.pass(hold, 2).await;
    for (operation, id, code) in [
        (
            "Stop",
            id.as_str(),
            "InvalidParameterValue.InvalidOperationType",
        ),
        (
            "Stop",
            "nobody",
            "InvalidParameterValue.InvalidOperationType",
        ),
        ("Abort", "nobody", "InvalidParameterValue.TaskId"),
        (
            "Abort",
            id.as_str(),
            "InvalidParameterValue.NotProcessingTask",
        ),
    ] {
        let call = json!({"OperationType": operation, "TaskId": id});
        assert_eq!(api.code("ManageTask", call).await, code);
    }
    drop(hold);
    api.idle().await;
    assert_eq!(api.status(&id).await, "FINISH");
}

#[tokio::test]
async fn an_aborted_task_gives_no_place_away() {
    let api = Api::with(Settings {
        concurrency: Some(1),
        ..Settings::default()
    });
    let hold = api.hold();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(api.process(json!({})).await);
    }
    let hold = api.pass(hold, 2).await;
    api.ok(
        "ManageTask",
        json!({"OperationType": "Abort", "TaskId": ids[1]}),
    )
    .await;
    drop(hold);
    api.idle().await;
    assert_eq!(finished(&api), [2, 1, 3]);
}

#[tokio::test]
async fn a_session_id_counts_once_within_its_window() {
    for (session_window, hours) in [
        (SessionWindow::ThreeDays, 72),
        (SessionWindow::SevenDays, 168),
    ] {
        let api = Api::with(Settings {
            session_window,
            ..Settings::default()
        });
        let hold = api.hold();
        let asked = process_media(json!({"SessionId": "order-1"}));
        api.ok("ProcessMedia", asked.clone()).await;
        api.process(json!({"SessionId": "order-2"})).await;
        api.process(json!({})).await;
        api.process(json!({})).await;
        let hold = api.pass(hold, hours * HOUR).await;
        let (code, message) = api.refused("ProcessMedia", asked.clone()).await;
        assert_eq!(code, "InvalidParameterValue.SessionId");
        assert!(message.contains("`order-1`"), "{message}");
        let hold = api.pass(hold, 1).await;
        api.ok("ProcessMedia", asked).await;
        drop(hold);
    }
}

#[tokio::test]
async fn the_shape_of_notifications_can_be_the_old_one() {
    let api = Api::with(Settings {
        api_profile: Profile::Legacy,
        ..Settings::default()
    });
    let id = api.process(json!({"SessionContext": "c"})).await;
    assert!(id.ends_with("t0"));
    api.idle().await;
    let event = &api.delivered()[0];
    assert_eq!(event.as_object().unwrap().len(), 2, "{event}");
    let detail = api.detail(&id).await;
    assert_eq!(
        detail["SessionContext"], "c",
        "the API tells of it nevertheless"
    );
    assert_eq!(
        detail["WorkflowTask"]["Message"], "SUCCESS",
        "in today's shape"
    );
}
