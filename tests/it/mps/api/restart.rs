//! Tasks in a data folder: what a restart finds, and what it goes on with.

use backlot::base::clock::Clock;
use backlot::journal::{MpsRecord, What};
use backlot::mps::Settings;
use backlot::mps::tasks::{Entry, Row, Status, TaskTable};
use serde_json::json;

use super::Api;

#[tokio::test]
async fn finished_tasks_are_found_again_and_numbers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let first = Api::on(folder.path(), Settings::default());
    let id = first.process(json!({"SessionId": "s"})).await;
    first.idle().await;
    let detail = first.detail(&id).await;
    first.mps.stop().await;
    drop(first);

    let second = Api::on(folder.path(), Settings::default());
    assert_eq!(second.detail(&id).await, detail);
    let session = super::process_media(json!({"SessionId": "s"}));
    let code = second.code("ProcessMedia", session).await;
    assert_eq!(code, "InvalidParameterValue.SessionId");
    let next = second.process(json!({})).await;
    assert_ne!(next, id);
    // What a second process in the same folder calls its tasks is no matter of chance either.
    let fresh = Api::new();
    fresh.process(json!({})).await;
    assert_eq!(fresh.process(json!({})).await, next);
    second.idle().await;
    assert_eq!(
        second.delivered().len(),
        1,
        "what had finished is not told again"
    );
}

#[tokio::test]
async fn what_was_under_way_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let one_place = || Settings {
        concurrency: Some(1),
        ..Settings::default()
    };
    let first = Api::on(folder.path(), one_place());
    let hold = first.hold();
    let processed = first.process(json!({"SessionContext": "c"})).await;
    let waiting = first.process(json!({"TasksPriority": -1})).await;
    let hold = first.pass(hold, 2).await;
    assert_eq!(first.status(&processed).await, "PROCESSING");
    first.mps.stop().await;
    drop((first, hold));

    let second = Api::on(folder.path(), one_place());
    let records = second.context.journal.appended();
    let resumed = records.iter().filter_map(|record| match &record.what {
        What::Mps(MpsRecord::TaskResumed { task_id }) => Some(task_id.clone()),
        _ => None,
    });
    assert_eq!(
        resumed.collect::<Vec<_>>(),
        [processed.clone(), waiting.clone()]
    );
    second.idle().await;
    let events = second.delivered();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["WorkflowTaskEvent"]["TaskId"], processed);
    assert_eq!(events[0]["SessionContext"], "c");
    assert_eq!(events[1]["WorkflowTaskEvent"]["TaskId"], waiting);
    assert_eq!(second.status(&waiting).await, "FINISH");
}

#[tokio::test]
async fn a_reset_forgets_tasks_and_not_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let first = Api::on(folder.path(), Settings::default());
    let hold = first.hold();
    let id = first.process(json!({})).await;
    first.mps.reset().unwrap();
    first.mps.stop().await;
    drop((first, hold));
    let second = Api::on(folder.path(), Settings::default());
    second.idle().await;
    assert!(second.delivered().is_empty());
    let call = json!({ "TaskId": id });
    assert_eq!(
        second.code("DescribeTaskDetail", call).await,
        "ResourceNotFound"
    );
    assert_ne!(second.process(json!({})).await, id);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_any_more_fails_loudly() {
    let folder = tempfile::tempdir().unwrap();
    let now = Clock::virtual_default().now();
    let table = TaskTable::open(folder.path(), false).unwrap();
    table
        .insert(&entry(1, now, Some("{\"of\":\"tomorrow\"}")), now)
        .unwrap();
    drop(table);
    let api = Api::on(folder.path(), Settings::default());
    let detail = api.detail("task-1").await;
    assert_eq!(detail["Status"], "FINISH");
    assert_eq!(detail["WorkflowTask"]["ErrCode"], 70_000);
    let text = format!("{:?}", api.context.journal.appended());
    assert!(
        text.contains("the task `task-1` of an earlier run has failed"),
        "{text}"
    );
}

fn entry(number: u32, created: jiff::Timestamp, job: Option<&str>) -> Entry {
    Entry {
        row: Row {
            number,
            id: format!("task-{number}"),
            kind: "WorkflowTask".into(),
            status: Status::Waiting,
            created,
            began: None,
            finished: None,
            sub_tasks: vec!["action-trans".into()],
        },
        priority: 0,
        session_id: String::new(),
        session_context: String::new(),
        notify: None,
        has_failed: false,
        job: job.map(str::to_owned),
        detail: None,
    }
}
