//! Triggers by the Cloud API, and what they make run.

use serde_json::{Value, json};

use super::trigger_stage::{MEDIA, TriggerStage};

fn cos(function: &str, prefix: &str) -> Value {
    json!({
        "FunctionName": function,
        "TriggerName": MEDIA,
        "Type": "cos",
        "TriggerDesc": format!(r#"{{"event":"cos:ObjectCreated:*","filter":{{"Prefix":"{prefix}","Suffix":""}}}}"#),
        "Qualifier": "$DEFAULT",
    })
}

fn timer(name: &str, cron: &str) -> Value {
    json!({ "FunctionName": "one", "TriggerName": name, "Type": "timer", "TriggerDesc": cron, "Qualifier": "$DEFAULT" })
}

fn with(mut call: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("members are wanted")
    };
    call.as_object_mut().unwrap().extend(more);
    call
}

#[tokio::test]
async fn a_timer_is_answered_as_published() {
    let stage = TriggerStage::start("").await;
    let wanted = with(
        timer("every-two", "0 */2 * * * * *"),
        json!({ "Enable": "CLOSE", "CustomArgument": "hello", "Description": "why" }),
    );
    let created = stage.scf("CreateTrigger", wanted).await;
    let expected = json!({
        "AddTime": "2024-01-01 08:00:00",
        "AvailableStatus": "Available",
        "BindStatus": "on",
        "CustomArgument": "hello",
        "Description": "why",
        "Enable": 0,
        "ModTime": "2024-01-01 08:00:00",
        "Qualifier": "$DEFAULT",
        "ResourceId": "qcs::scf:ap-guangzhou:uin/100000000001:function/one/every-two",
        "TriggerAttribute": "single",
        "TriggerDesc": r#"{"cron":"0 */2 * * * * *"}"#,
        "TriggerName": "every-two",
        "Type": "timer",
    });
    assert_eq!(created, json!({ "TriggerInfo": expected }));
    assert_eq!(stage.triggers("one").await, [expected]);
    assert_eq!(stage.triggers("two").await, [Value::Null; 0]);
    stage.stop().await;
}

#[tokio::test]
async fn a_timer_fires_while_it_is_enabled_and_says_when() {
    let stage = TriggerStage::start("").await;
    stage.pass(30).await;
    let wanted = with(
        timer("t", "0 * * * * * *"),
        json!({ "CustomArgument": "hello" }),
    );
    stage.scf("CreateTrigger", wanted).await;
    stage.pass(0).await;
    assert!(stage.given().is_empty(), "nothing waits for a timer");
    stage.pass(100).await;
    let given = stage.given();
    assert_eq!(
        given.iter().map(|given| given.at).collect::<Vec<_>>(),
        [60, 120]
    );
    assert_eq!(given[0].source, "TRIGGER_TIMER");
    let event: Value = serde_json::from_str(&given[0].event).unwrap();
    let expected = json!({
        "Type": "Timer",
        "TriggerName": "t",
        "Time": "2024-01-01T00:01:00Z",
        "Message": "hello",
    });
    assert_eq!(event, expected);
    let id = json!({ "FunctionName": "one", "TriggerName": "t", "Type": "timer", "Qualifier": "$DEFAULT" });
    let close = with(id.clone(), json!({ "Enable": "CLOSE" }));
    stage.scf("UpdateTriggerStatus", close.clone()).await;
    let (code, message) = stage.refused("UpdateTriggerStatus", close).await;
    assert_eq!(code, "FailedOperation.UpdateTriggerStatus");
    assert_eq!(message, "The trigger `t` is disabled already.");
    stage.pass(300).await;
    assert_eq!(stage.given().len(), 2);
    // What was missed while it was disabled does not come later.
    let change = with(
        id.clone(),
        json!({ "Enable": "OPEN", "TriggerDesc": "30 * * * * * *" }),
    );
    stage.scf("UpdateTrigger", change).await;
    stage.pass(60).await;
    assert_eq!(
        stage
            .given()
            .iter()
            .map(|given| given.at)
            .collect::<Vec<_>>(),
        [60, 120, 450]
    );
    stage.scf("DeleteTrigger", id.clone()).await;
    let (code, _) = stage.refused("DeleteTrigger", id).await;
    assert_eq!(code, "ResourceNotFound.Trigger");
    stage.pass(300).await;
    assert_eq!(stage.given().len(), 3);
    stage.stop().await;
}

#[tokio::test]
async fn a_cos_trigger_makes_uploads_run_a_function_from_then_on() {
    let stage = TriggerStage::start("").await;
    stage.upload("in/1").await;
    assert!(stage.ran().is_empty());
    stage.scf("CreateTrigger", cos("one", "in/")).await;
    stage.scf("CreateTrigger", cos("two", "out/")).await;
    stage.upload("in/2").await;
    stage.upload("out/1").await;
    assert_eq!(stage.ran(), ["one", "two"]);
    let (code, message) = stage.refused("CreateTrigger", cos("two", "in/x")).await;
    assert_eq!(code, "InvalidParameterValue.CosNotifyRuleConflict");
    assert!(message.contains("overlaps with one of `one`"), "{message}");
    assert!(message.contains("NotifyRulePrefixConflict"), "{message}");
    let (code, _) = stage.refused("CreateTrigger", cos("one", "in/")).await;
    assert_eq!(code, "ResourceInUse.Trigger");
    let close = with(cos("one", "in/"), json!({ "Enable": "CLOSE" }));
    stage.scf("UpdateTriggerStatus", close).await;
    stage.upload("in/3").await;
    assert_eq!(stage.ran().len(), 2);
    // One that is not in force is in no one's way.
    stage.scf("CreateTrigger", cos("two", "in/x")).await;
    let open = with(cos("one", "in/"), json!({ "Enable": "OPEN" }));
    let (code, _) = stage.refused("UpdateTriggerStatus", open).await;
    assert_eq!(code, "InvalidParameterValue.CosNotifyRuleConflict");
    stage.scf("DeleteTrigger", cos("two", "in/x")).await;
    stage.upload("in/x").await;
    assert_eq!(stage.ran().len(), 2);
    stage.stop().await;
}

#[tokio::test]
async fn configured_triggers_are_listed_and_a_reset_goes_back_to_them() {
    let text = "
triggers: { WorkflowTask: one }
functions:
  one:
    command: ./none
    cos-triggers:
      - { bucket: media-in-1250000000, prefix: in/ }
      - { bucket: media-in-1250000000, prefix: off/, enabled: false }
    timer-triggers:
      - { name: hourly, cron: 0 0 * * * * *, argument: hello }
      - { name: never, cron: '* * * * * * *', enabled: false }
timer-zone: +00:00
";
    let stage = TriggerStage::start(text).await;
    let seen = |triggers: &[Value]| -> Vec<String> {
        let texts = triggers.iter().map(|trigger| {
            format!(
                "{} {} {}",
                trigger["Type"], trigger["TriggerName"], trigger["Enable"]
            )
            .replace('"', "")
        });
        texts.collect()
    };
    let configured = [
        "mps WorkflowTaskEvent 1".to_owned(),
        format!("cos {MEDIA} 1"),
        format!("cos {MEDIA} 0"),
        "timer hourly 1".to_owned(),
        "timer never 0".to_owned(),
    ];
    assert_eq!(seen(&stage.triggers("one").await), configured);
    stage.upload("in/1").await;
    stage.pass(3600).await;
    assert_eq!(stage.ran(), ["one", "one"]);
    stage
        .scf("DeleteTrigger", with(cos("one", "in/"), json!({})))
        .await;
    stage.scf("CreateTrigger", cos("two", "in/")).await;
    stage.scf("DeleteTrigger", json!({ "FunctionName": "one", "TriggerName": "hourly", "Type": "timer", "Qualifier": "$DEFAULT" })).await;
    stage.stage.services().reset().await.unwrap();
    assert_eq!(seen(&stage.triggers("one").await), configured);
    assert!(stage.triggers("two").await.is_empty());
    stage.upload("in/2").await;
    stage.pass(3600).await;
    assert_eq!(stage.ran(), ["one", "one"]);
    stage.stop().await;
}

#[tokio::test]
async fn a_function_that_is_deleted_takes_its_triggers_along() {
    let stage = TriggerStage::start("triggers: { WorkflowTask: null }").await;
    let mps = json!({
        "FunctionName": "one",
        "TriggerName": "",
        "Type": "mps",
        "TriggerDesc": r#"{"eventType":"WorkflowTask"}"#,
        "Qualifier": "$DEFAULT",
    });
    stage.scf("CreateTrigger", mps.clone()).await;
    stage.scf("CreateTrigger", cos("one", "")).await;
    stage
        .scf("CreateTrigger", timer("t", "* * * * * * *"))
        .await;
    let a = backlot::scf::FunctionKey::named("one");
    stage.stage.services().scf.delete_function(&a).unwrap();
    let (code, _) = stage
        .refused("ListTriggers", json!({ "FunctionName": "one" }))
        .await;
    assert_eq!(code, "ResourceNotFound.Function");
    stage.upload("in/1").await;
    stage.pass(10).await;
    assert!(stage.ran().is_empty());
    // What they had taken is free.
    stage
        .scf("CreateTrigger", with(mps, json!({ "FunctionName": "two" })))
        .await;
    stage.scf("CreateTrigger", cos("two", "")).await;
    stage.upload("in/2").await;
    assert_eq!(stage.ran(), ["two"]);
    stage.stop().await;
}

/// Calls that are refused, each with its code.
type Mistakes = Vec<(&'static str, Value, &'static str)>;

fn mistakes_of_timers() -> Mistakes {
    let but = |more: Value| with(timer("u", "* * * * *"), more);
    let long = "x".repeat(4097);
    vec![
        (
            "CreateTrigger",
            timer("t", "* * * * *"),
            "ResourceInUse.TriggerName",
        ),
        (
            "CreateTrigger",
            timer("a b", "* * * * *"),
            "InvalidParameterValue.TriggerName",
        ),
        (
            "CreateTrigger",
            timer("u", "* * *"),
            "InvalidParameterValue.TriggerDesc",
        ),
        ("CreateTrigger", timer("u", ""), "MissingParameter"),
        (
            "CreateTrigger",
            but(json!({ "Type": "tmer" })),
            "InvalidParameterValue.Type",
        ),
        (
            "CreateTrigger",
            but(json!({ "Type": "ckafka" })),
            "UnsupportedOperation.Trigger",
        ),
        (
            "CreateTrigger",
            but(json!({ "Enable": "1" })),
            "InvalidParameterValue.Enable",
        ),
        (
            "CreateTrigger",
            but(json!({ "CustomArgument": long })),
            "InvalidParameterValue",
        ),
        (
            "CreateTrigger",
            but(json!({ "FunctionName": "nowhere" })),
            "ResourceNotFound.Function",
        ),
        (
            "CreateTrigger",
            but(json!({ "Qualifier": "7" })),
            "ResourceNotFound.Qualifier",
        ),
        (
            "DeleteTrigger",
            timer("nowhere", ""),
            "ResourceNotFound.Trigger",
        ),
        (
            "DeleteTrigger",
            with(timer("t", ""), json!({ "Qualifier": "" })),
            "ResourceNotFound.Trigger",
        ),
        ("UpdateTriggerStatus", timer("t", ""), "MissingParameter"),
        (
            "ListTriggers",
            json!({ "FunctionName": "one", "Limit": 1000 }),
            "InvalidParameterValue",
        ),
    ]
}

fn mistakes_of_others() -> Mistakes {
    let but = |more: Value| with(cos("one", ""), more);
    let nowhere = "nowhere-1250000000.cos.ap-guangzhou.myqcloud.com";
    let unknown = r#"{"event":"cos:ObjectCreate:*"}"#;
    let schedule = json!({ "Type": "mps", "TriggerName": "", "TriggerDesc": r#"{"eventType":"ScheduleTask"}"# });
    vec![
        (
            "CreateTrigger",
            but(json!({ "TriggerName": "media-in-1250000000" })),
            "InvalidParameterValue.TriggerName",
        ),
        (
            "CreateTrigger",
            but(json!({ "TriggerName": nowhere })),
            "FailedOperation.CreateTrigger",
        ),
        (
            "CreateTrigger",
            but(json!({ "TriggerDesc": unknown })),
            "InvalidParameterValue.TriggerDesc",
        ),
        (
            "CreateTrigger",
            but(schedule),
            "InvalidParameterValue.TriggerDesc",
        ),
        (
            "DeleteTrigger",
            but(json!({ "TriggerDesc": "" })),
            "MissingParameter",
        ),
    ]
}

#[tokio::test]
async fn what_is_wrong_has_its_code() {
    let stage = TriggerStage::start("").await;
    stage.scf("CreateTrigger", timer("t", "* * * * *")).await;
    let mistakes = mistakes_of_timers().into_iter().chain(mistakes_of_others());
    for (action, parameters, expected) in mistakes {
        let (code, message) = stage.refused(action, parameters).await;
        assert_eq!(code, expected, "{message}");
    }
    for number in 1..10 {
        stage
            .scf("CreateTrigger", timer(&format!("t{number}"), "* * * * *"))
            .await;
    }
    let (code, _) = stage
        .refused("CreateTrigger", timer("t10", "* * * * *"))
        .await;
    assert_eq!(code, "LimitExceeded.Trigger");
    let listed = json!({ "FunctionName": "one", "Offset": 8, "Limit": 5, "Order": "DESC",
                         "Filters": [{ "Name": "Qualifier", "Values": ["$DEFAULT"] }] });
    let listed = stage.scf("ListTriggers", listed).await;
    assert_eq!(listed["TotalCount"], 10);
    let names = listed["Triggers"].as_array().unwrap().iter();
    assert_eq!(
        names
            .map(|trigger| &trigger["TriggerName"])
            .collect::<Vec<_>>(),
        ["t1", "t"]
    );
    stage.stop().await;
}

#[tokio::test]
async fn timers_of_one_time_fire_by_name_and_equally_in_every_run() {
    let run = || async {
        let stage = TriggerStage::start("").await;
        stage.scf("CreateTrigger", cos("two", "")).await;
        for name in ["z", "m", "a"] {
            stage
                .scf("CreateTrigger", timer(name, "*/10 * * * * * *"))
                .await;
        }
        for _ in 0..3 {
            stage.pass(10).await;
            stage.upload("x").await;
        }
        let given = stage.given();
        stage.stop().await;
        given
    };
    let first = run().await;
    let names: Vec<_> = first
        .iter()
        .map(
            |given| match serde_json::from_str::<Value>(&given.event).unwrap() {
                event if given.source == "COS" => {
                    event["Records"][0]["event"]["eventName"].to_string()
                }
                event => event["TriggerName"].to_string(),
            },
        )
        .collect();
    let round = ["\"a\"", "\"m\"", "\"z\"", "\"cos:ObjectCreated:Put\""];
    assert_eq!(names, [round; 3].concat());
    assert_eq!(run().await, first);
}
