//! The part of the checklist that is about triggers. Follows: SCF reference, section 19.

use std::process::Command;

use backlot::journal::{NoticeRecord, What};
use backlot::mps::{TaskRequest, WorkflowRequest};
use backlot::scf::triggers::cls::{self, CLS, LogTopic};
use backlot::signal::{FunctionTarget, InvokeWanted};
use serde_json::{Value, json};

use super::trigger_stage::TriggerStage;

fn mps(function: &str, event_type: &str) -> Value {
    json!({
        "FunctionName": function,
        "Namespace": "default",
        "TriggerName": format!("{event_type}Event"),
        "Type": "mps",
        "TriggerDesc": format!(r#"{{"eventType":"{event_type}"}}"#),
        "Qualifier": "$DEFAULT",
        "Enable": "OPEN",
    })
}

fn bind(function: &str, event_type: &str) -> Value {
    json!({
        "ScfRegion": "ap-guangzhou",
        "EventType": event_type,
        "Qualifier": "$DEFAULT",
        "FunctionName": function,
        "Namespace": "default",
    })
}

async fn finish(stage: &TriggerStage) {
    let request: WorkflowRequest = serde_json::from_value(json!({})).unwrap();
    let hold = stage.stage.clock().hold("a task");
    let finished = stage.stage.finish(TaskRequest::Workflow(request), hold);
    finished.await.unwrap();
    stage.pass(0).await;
}

/// Checklist 19.20.
#[tokio::test]
async fn an_mps_event_type_is_bound_once_and_both_types_may_be_one_functions() {
    let stage = TriggerStage::start("triggers: { WorkflowTask: null, EditMediaTask: null }").await;
    let created = stage.scf("CreateTrigger", mps("one", "WorkflowTask")).await;
    let info = &created["TriggerInfo"];
    assert_eq!(
        info["ResourceId"],
        "qcs::mps::uin/100000000001:TriggerType/WorkflowTaskEvent"
    );
    assert_eq!(
        (&info["BindStatus"], &info["TriggerAttribute"]),
        (&json!("on"), &json!("double"))
    );
    let (code, message) = stage
        .refused("CreateTrigger", mps("two", "WorkflowTask"))
        .await;
    assert_eq!(code, "ResourceInUse.Trigger");
    assert_eq!(message, "`one` is already bound to `WorkflowTask`.");
    let (code, _) = stage
        .refused("CreateTrigger", mps("one", "WorkflowTask"))
        .await;
    assert_eq!(code, "ResourceInUse.Trigger");
    stage
        .scf("CreateTrigger", mps("one", "EditMediaTask"))
        .await;
    let refused = stage
        .call("mps", "BindTrigger", bind("two", "EditMediaTask"))
        .await;
    assert_eq!(refused["Error"]["Code"], "FailedOperation");
    assert_eq!(
        refused["Error"]["Message"],
        "`one` is already bound to `EditMediaTask`."
    );
    finish(&stage).await;
    assert_eq!(stage.ran(), ["one"]);
    stage.stop().await;
}

#[tokio::test]
async fn the_toolkit_binds_disables_and_unbinds() {
    let stage = TriggerStage::start("triggers: { WorkflowTask: null, EditMediaTask: null }").await;
    let bound = stage
        .call("mps", "BindTrigger", bind("one", "WorkflowTask"))
        .await;
    let resource = bound["ResourceId"].as_str().unwrap().to_owned();
    assert!(
        resource.ends_with("TriggerType/WorkflowTaskEvent"),
        "{resource}"
    );
    let listed = &stage.triggers("one").await[0];
    assert_eq!(listed["Type"], "mps");
    assert_eq!(listed["TriggerDesc"], r#"{"eventType":"WorkflowTask"}"#);
    finish(&stage).await;
    assert_eq!(stage.ran(), ["one"]);
    let mut close = mps("one", "WorkflowTask");
    close["Enable"] = json!("CLOSE");
    stage.scf("UpdateTriggerStatus", close).await;
    assert_eq!(stage.triggers("one").await[0]["BindStatus"], "off");
    finish(&stage).await;
    assert_eq!(
        stage.ran().len(),
        1,
        "events of a disabled trigger are dropped"
    );
    let (code, _) = stage
        .refused("CreateTrigger", mps("two", "WorkflowTask"))
        .await;
    assert_eq!(code, "ResourceInUse.Trigger", "it keeps its place");
    let unbind = json!({
        "Type": "mps",
        "Qualifier": "$DEFAULT",
        "FunctionName": "one",
        "Namespace": "default",
        "ResourceId": resource,
    });
    let unbound = stage.call("mps", "UnbindTrigger", unbind.clone()).await;
    assert_eq!(unbound, json!({}));
    let again = stage.call("mps", "UnbindTrigger", unbind).await;
    assert_eq!(again["Error"]["Code"], "FailedOperation");
    stage.scf("CreateTrigger", mps("two", "WorkflowTask")).await;
    finish(&stage).await;
    assert_eq!(stage.ran(), ["one", "two"]);
    // As the toolkit removes it: with what the list says.
    let listed = stage.triggers("two").await.remove(0);
    let delete = json!({
        "FunctionName": "two",
        "Namespace": "default",
        "Type": listed["Type"],
        "TriggerName": listed["TriggerName"],
        "TriggerDesc": listed["TriggerDesc"],
        "Qualifier": listed["Qualifier"],
    });
    stage.scf("DeleteTrigger", delete).await;
    for (field, value) in [("EventType", "ScheduleTask"), ("FunctionName", "nowhere")] {
        let mut wrong = bind("one", "WorkflowTask");
        wrong[field] = json!(value);
        let refused = stage.call("mps", "BindTrigger", wrong).await;
        assert!(refused["Error"]["Code"].is_string(), "{refused}");
    }
    stage.stop().await;
}

/// Nothing writes logs here, so that a trigger on a topic is one without effect of its own.
#[tokio::test]
async fn a_trigger_on_a_log_topic_is_remarked_on_and_gets_what_is_sent_to_its_topic() {
    let stage = TriggerStage::start("").await;
    let wanted = json!({
        "FunctionName": "two",
        "TriggerName": "topic-1",
        "Type": "cls",
        "TriggerDesc": r#"{"topic_id":"topic-1","max_wait":60}"#,
        "Qualifier": "$DEFAULT",
    });
    stage.scf("CreateTrigger", wanted.clone()).await;
    let records = stage.stage.journal().ordered();
    let remarks = records.iter().filter_map(|record| match &record.what {
        What::Notice(NoticeRecord::Unsupported {
            feature, subject, ..
        }) => Some((feature.as_str(), subject.as_str())),
        _ => None,
    });
    assert_eq!(remarks.collect::<Vec<_>>(), [("trigger cls", "topic-1")]);
    let bound = stage.stage.bound_to_logs("topic-1");
    assert_eq!(bound.len(), 1);
    assert_eq!(bound[0].function, "two");
    assert_eq!(stage.stage.bound_to_logs("topic-2"), []);
    let mut close = wanted;
    close["Enable"] = json!("CLOSE");
    stage.scf("UpdateTriggerStatus", close).await;
    assert_eq!(stage.stage.bound_to_logs("topic-1"), []);
    stage.stop().await;
}

/// Decodes as a function does, with a reader that is not ours.
#[expect(clippy::disallowed_methods, reason = "Python reads gzip on its own")]
fn decode(data: &str) -> Value {
    let script = "import base64,gzip,sys;sys.stdout.buffer.write(gzip.decompress(base64.b64decode(sys.argv[1])))";
    let python = Command::new("python3").args(["-c", script, data]).output();
    serde_json::from_slice(&python.unwrap().stdout).unwrap()
}

/// Checklist 19.21.
#[tokio::test]
async fn a_cls_event_decodes_through_base64_gzip_and_json() {
    let stage = TriggerStage::start("").await;
    let topic = LogTopic {
        id: "topic-1".into(),
        name: "callbacks".into(),
    };
    let now = stage.stage.clock().now();
    let decoded = topic.records(now, ["first line", "{\"level\":\"信息\"}"]);
    stage.stage.invoke(InvokeWanted {
        target: FunctionTarget::named("one"),
        source: CLS.into(),
        event: cls::event(&decoded),
        hold: stage.stage.clock().hold("a log on its way"),
    });
    stage.pass(0).await;
    let given = stage.given();
    assert_eq!(given[0].source, "CLS_TRIGGER");
    let event: Value = serde_json::from_str(&given[0].event).unwrap();
    let found = decode(event["clslogs"]["data"].as_str().unwrap());
    let expected = json!({
        "topic_id": "topic-1",
        "topic_name": "callbacks",
        "records": [
            { "timestamp": "1704067200000000", "content": "first line" },
            { "timestamp": "1704067200000001", "content": "{\"level\":\"信息\"}" },
        ],
    });
    assert_eq!(found, expected);
    stage.stop().await;
}
