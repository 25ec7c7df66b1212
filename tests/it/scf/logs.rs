//! `GetFunctionLogs` and `GetRequestStatus`. Follows: SCF reference, section 13.3.

use std::sync::Arc;

use backlot::scf::{Function, InProcess};
use backlot::signal::FunctionTarget;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::rig::Rig;

/// Answers its event, and fails on those that are no number.
fn picky(name: &str) -> Function {
    let code = InProcess::handler(|_, event: Bytes| async move {
        match std::str::from_utf8(&event).unwrap().parse::<i64>() {
            Ok(_) => Ok(event),
            Err(_) => Err("Traceback".to_owned()),
        }
    });
    Function {
        retry_num: 1,
        ..Function::in_process(name, code)
    }
}

/// The members `name` of all rows.
fn each<'a>(answer: &'a Value, name: &str) -> Vec<&'a Value> {
    let rows = answer["Data"].as_array().unwrap().iter();
    rows.map(|row| &row[name]).collect()
}

#[tokio::test]
async fn a_row_has_the_documented_members_and_the_whole_log() {
    let rig = Rig::new([super::rig::python("echo", &["echo.py"])]);
    rig.play("echo", &["[1]"]).await;
    let answer = rig
        .answer("GetFunctionLogs", json!({"FunctionName": "echo"}))
        .await;
    rig.scf.stop().await;
    let id = answer["Data"][0]["RequestId"].as_str().unwrap();
    let log = format!(
        "START RequestId:{id}\ninitialized\nout 1\nerr 1\nno end\nResponse RequestId:{id} RetMsg:[1]\n\
         END RequestId:{id}\nReport RequestId:{id} Duration:0ms Memory:128MB MemUsage:0MB"
    );
    let expected = json!({
        "TotalCount": 1,
        "Data": [{
            "FunctionName": "echo",
            "RetMsg": "[1]",
            "RequestId": id,
            "StartTime": "2024-01-01 08:00:00",
            "RetCode": 0,
            "InvokeFinished": 1,
            "Duration": 0,
            "BillDuration": 0,
            "MemUsage": 0,
            "Log": log,
            "Level": "",
            "Source": "",
            "RetryNum": 0,
        }],
        "SearchContext": {"Offset": "", "Limit": 0, "Keyword": "", "Type": ""},
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn attempts_are_filtered_by_what_they_came_to_and_sorted() {
    let rig = Rig::new([picky("one"), picky("two")]);
    rig.play("one", &["1", "x", "3"]).await;
    rig.play("two", &["4"]).await;
    let of_one = json!({"FunctionName": "one"});
    let answer = rig.answer("GetFunctionLogs", of_one).await;
    // The latest first: the retry, then those that began together.
    assert_eq!(answer["TotalCount"], 4);
    assert_eq!(each(&answer, "RetryNum"), [1, 0, 0, 0]);
    assert_eq!(each(&answer, "RetCode"), [430, 0, 430, 0]);
    let filters = [
        ("is0", vec!["1", "3", "4"]),
        ("UserCodeException", vec!["x", "x"]),
        ("TimeLimitExceeded", vec![]),
    ];
    for (ret_code, expected) in filters {
        let filter = json!({"Filter": {"RetCode": ret_code}, "Order": "asc"});
        let answer = rig.answer("GetFunctionLogs", filter).await;
        let found = answer["Data"].as_array().unwrap().len();
        assert_eq!(found, expected.len(), "{ret_code}");
    }
    let by_name = json!({"OrderBy": "function_name", "Order": "asc", "Filter": {"RetCode": "is0"}});
    let answer = rig.answer("GetFunctionLogs", by_name).await;
    assert_eq!(each(&answer, "FunctionName"), ["one", "one", "two"]);
    assert_eq!(each(&answer, "RetMsg"), ["1", "3", "4"]);
    rig.scf.stop().await;
}

#[tokio::test]
async fn pages_follow_each_other_by_offset_and_by_search_context() {
    let rig = Rig::new([picky("one")]);
    rig.play("one", &["1", "2", "3", "4", "5"]).await;
    let page = json!({"FunctionName": "one", "Order": "asc", "Offset": 3, "Limit": 1});
    let answer = rig.answer("GetFunctionLogs", page).await;
    assert_eq!(answer["TotalCount"], 5);
    assert_eq!(each(&answer, "RetMsg"), ["4"]);
    let mut context = json!({"Limit": 2, "Type": "Platform"});
    let mut seen = Vec::new();
    loop {
        let wanted = json!({"FunctionName": "one", "Order": "asc", "SearchContext": context});
        let answer = rig.answer("GetFunctionLogs", wanted).await;
        seen.push(answer["Data"].as_array().unwrap().len());
        context = answer["SearchContext"].clone();
        if context["Offset"] == "" {
            break;
        }
    }
    assert_eq!(seen, [2, 2, 1]);
    let keyword = json!({"SearchContext": {"Keyword": "RetMsg:5", "Limit": 5}});
    let answer = rig.answer("GetFunctionLogs", keyword).await;
    assert_eq!(each(&answer, "RetMsg"), ["5"]);
    rig.scf.stop().await;
}

#[tokio::test]
async fn wrong_parameters_have_the_documented_codes() {
    let rig = Rig::new([picky("one")]);
    let window = |start: &str, end: &str| json!({"StartTime": start, "EndTime": end});
    let both = "InvalidParameterValue.StartTimeOrEndTime";
    let cases = [
        (
            json!({"FunctionName": "other"}),
            "ResourceNotFound.Function",
        ),
        (
            json!({"Namespace": "other", "FunctionName": "one"}),
            "ResourceNotFound.Function",
        ),
        (json!({"StartTime": "2024-01-01 00:00:00"}), both),
        (window("2024-01-02 00:00:00", "2024-01-01 00:00:00"), both),
        (window("2024-01-01 00:00:00", "2024-01-02 00:00:01"), both),
        (
            window("2024-01-01", "2024-01-02"),
            "InvalidParameterValue.DateTime",
        ),
        (
            json!({"Filter": {"RetCode": "is1"}}),
            "InvalidParameterValue.RetCode",
        ),
        (json!({"OrderBy": "name"}), "InvalidParameterValue.OrderBy"),
        (json!({"Order": "up"}), "InvalidParameterValue.Order"),
        (json!({"Offset": -1}), "InvalidParameterValue.Offset"),
        (
            json!({"Offset": 9_990, "Limit": 11}),
            "LimitExceeded.Offset",
        ),
    ];
    for (parameters, code) in cases {
        let found = rig.code("GetFunctionLogs", parameters.clone()).await;
        assert_eq!(found, code, "{parameters}");
    }
    let whole_day = window("2024-01-01 08:00:00", "2024-01-02 08:00:00");
    let answer = rig.answer("GetFunctionLogs", whole_day).await;
    assert_eq!(answer["TotalCount"], 0);
    let missing = json!({"FunctionName": "one"});
    let code = rig.code("GetRequestStatus", missing).await;
    assert_eq!(code, "MissingParameter");
    rig.scf.stop().await;
}

#[tokio::test]
async fn a_window_keeps_the_attempts_that_began_in_it() {
    let rig = Rig::new([picky("one")]);
    rig.play("one", &["x"]).await;
    let window = json!({
        "FunctionName": "one",
        "StartTime": "2024-01-01 08:00:30",
        "EndTime": "2024-01-01 08:01:00",
    });
    let answer = rig.answer("GetFunctionLogs", window).await;
    assert_eq!(each(&answer, "RetryNum"), [1]);
    assert_eq!(each(&answer, "StartTime"), ["2024-01-01 08:01:00"]);
    rig.scf.stop().await;
}

#[tokio::test]
async fn the_status_of_a_request_tells_waiting_and_running_from_failed_and_done() {
    let (entered, mut running) = tokio::sync::mpsc::unbounded_channel();
    let code = InProcess::handler(move |_, _| {
        let entered = entered.clone();
        async move {
            let (answer, answered) = tokio::sync::oneshot::channel::<()>();
            entered.send(answer).unwrap();
            match answered.await {
                Ok(()) => Ok(Bytes::from_static(b"\"done\"")),
                Err(_) => Err("Traceback".to_owned()),
            }
        }
    });
    let rig = Rig::new([Function {
        retry_num: 1,
        ..Function::in_process("held", code)
    }]);
    let scenario = rig.clock.hold("the scenario");
    for _ in 0..2 {
        rig.queue("held", Bytes::from_static(b"{}"), &scenario)
            .unwrap();
    }
    let id = |number: u32| {
        let records = rig.lane(number);
        let first = serde_json::to_value(&records[0].what).unwrap();
        first["request_id"].as_str().unwrap().to_owned()
    };
    let ids = [id(1), id(2)];
    let status = async |id: &str| {
        let wanted = json!({"FunctionName": "held", "FunctionRequestId": id});
        let answer = rig.answer("GetRequestStatus", wanted).await;
        let rows = answer["Data"].as_array().unwrap().clone();
        let codes = rows.iter().map(|row| row["RetCode"].as_i64().unwrap());
        codes.collect::<Vec<_>>()
    };
    let quiet = rig.quiet(scenario);
    let steps = async {
        let first = running.recv().await.unwrap();
        assert_eq!(status(&ids[0]).await, [1], "it runs");
        assert_eq!(status(&ids[1]).await, [1], "it waits");
        drop(first);
        let second = running.recv().await.unwrap();
        assert_eq!(status(&ids[0]).await, [-1], "it failed");
        second.send(()).unwrap();
        let again = running.recv().await.unwrap();
        assert_eq!(status(&ids[0]).await, [-1, 1], "it is tried again");
        again.send(()).unwrap();
    };
    tokio::join!(quiet, steps);
    assert_eq!(status(&ids[0]).await, [-1, 0]);
    assert_eq!(status(&ids[1]).await, [0]);
    assert_eq!(status("unknown").await, [] as [i64; 0]);
    let deleted = FunctionTarget::named("held");
    rig.scf.delete_function(&(&deleted).into()).unwrap();
    let gone = json!({"FunctionName": "held", "FunctionRequestId": ids[0]});
    let code = rig.code("GetRequestStatus", gone).await;
    assert_eq!(code, "ResourceNotFound.Function");
    rig.scf.stop().await;
}

#[tokio::test]
async fn lines_of_instances_that_run_together_belong_to_their_own_events() {
    let together = Arc::new(Barrier::new(2));
    let code = InProcess::handler(move |embedded, event: Bytes| {
        let together = Arc::clone(&together);
        async move {
            let text = String::from_utf8(event.to_vec()).unwrap();
            for number in 0..3 {
                together.wait().await;
                embedded.printer.line(format!("{text} line {number}"));
            }
            Ok(event)
        }
    });
    let rig = Rig::new([Function {
        instances: 2,
        ..Function::in_process("both", code)
    }]);
    rig.play("both", &["1", "2"]).await;
    let wanted = json!({"FunctionName": "both", "Order": "asc"});
    let answer = rig.answer("GetFunctionLogs", wanted).await;
    rig.scf.stop().await;
    let rows = answer["Data"].as_array().unwrap();
    for (row, event) in rows.iter().zip(["1", "2"]) {
        let log = row["Log"].as_str().unwrap();
        let own = log.lines().filter(|line| line.contains(" line "));
        let expected: Vec<_> = (0..3)
            .map(|number| format!("{event} line {number}"))
            .collect();
        assert_eq!(own.collect::<Vec<_>>(), expected);
        let id = row["RequestId"].as_str().unwrap();
        let platform = log.lines().filter(|line| line.contains("RequestId:"));
        for line in platform {
            assert!(line.contains(&format!("RequestId:{id}")), "{line}");
        }
    }
}
