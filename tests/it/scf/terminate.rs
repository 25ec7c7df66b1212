//! `TerminateAsyncEvent`, and functions with asynchronous execution. Follows: SCF reference, section 11.

use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::journal::{ScfRecord, What};
use backlot::scf::{Function, InProcess};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::rig::{Rig, python, trouble};

/// The request id of an invocation.
fn id(rig: &Rig, number: u32) -> String {
    let first = serde_json::to_value(&rig.lane(number)[0].what).unwrap();
    first["request_id"].as_str().unwrap().to_owned()
}

async fn terminate(rig: &Rig, function: &str, number: u32, is_graceful: bool) {
    let parameters = json!({
        "FunctionName": function,
        "InvokeRequestId": id(rig, number),
        "GraceShutdown": is_graceful,
    });
    rig.answer("TerminateAsyncEvent", parameters).await;
}

async fn status(rig: &Rig, number: u32) -> (String, u64) {
    let parameters = json!({"InvokeRequestId": id(rig, number)});
    let answer = rig.answer("GetAsyncEventStatus", parameters).await;
    let result = &answer["Result"];
    let status = result["Status"].as_str().unwrap().to_owned();
    (status, result["StatusCode"].as_u64().unwrap())
}

/// Why an event was given up.
fn dropped(rig: &Rig, number: u32) -> String {
    let last = rig.lane(number).pop().unwrap();
    match last.what {
        What::Scf(ScfRecord::Dropped { reason }) => reason,
        other => panic!("it is not dropped: {other:?}"),
    }
}

fn slow() -> Function {
    Function {
        dead_letter: Some("letters".into()),
        timeout: Duration::from_secs(60),
        ..trouble("slow")
    }
}

#[tokio::test]
async fn a_run_is_killed_with_its_instance_and_nothing_follows() {
    let rig = Rig::new([slow()]);
    let scenario = rig.clock.hold("the scenario");
    rig.queue("slow", Bytes::from_static(b"1"), &scenario)
        .unwrap();
    let steps = async {
        rig.until_started(1).await;
        terminate(&rig, "slow", 1, false).await;
    };
    tokio::join!(rig.quiet(scenario), steps);
    assert_eq!(status(&rig, 1).await, ("ABORTED".to_owned(), 499));
    assert_eq!(dropped(&rig, 1), "terminated");
    assert!(rig.scf.dead_letters().is_empty());
    let reason = rig.instances()[0].1.clone();
    assert_eq!(reason.as_deref(), Some("its event was terminated"));
    let again = json!({"FunctionName": "slow", "InvokeRequestId": id(&rig, 1)});
    let code = rig.code("TerminateAsyncEvent", again).await;
    assert_eq!(code, "FailedOperation.AsyncEventStatus");
    let unknown = json!({"FunctionName": "slow", "InvokeRequestId": "none"});
    let code = rig.code("TerminateAsyncEvent", unknown).await;
    assert_eq!(code, "ResourceNotFound.AsyncEvent");
    rig.scf.stop().await;
}

#[tokio::test]
async fn what_waits_is_ended_without_an_instance() {
    let rig = Rig::new([slow()]);
    let scenario = rig.clock.hold("the scenario");
    for event in [&b"1"[..], b"2"] {
        rig.queue("slow", Bytes::from_static(event), &scenario)
            .unwrap();
    }
    let steps = async {
        rig.until_started(1).await;
        terminate(&rig, "slow", 2, false).await;
        terminate(&rig, "slow", 1, false).await;
    };
    tokio::join!(rig.quiet(scenario), steps);
    assert_eq!(status(&rig, 2).await, ("ABORTED".to_owned(), 499));
    assert_eq!(dropped(&rig, 2), "terminated");
    assert_eq!(rig.instances().len(), 1);
    rig.scf.stop().await;
}

#[tokio::test]
async fn a_retry_that_waits_is_not_run() {
    let (entered, mut running) = mpsc::unbounded_channel();
    let code = InProcess::handler(move |_, _| {
        let entered = entered.clone();
        async move {
            let (go_on, told) = oneshot::channel::<()>();
            entered.send(go_on).unwrap();
            told.await.unwrap();
            Err("Traceback".to_owned())
        }
    });
    let rig = Rig::new([Function::in_process("fails", code)]);
    let scenario = rig.clock.hold("the scenario");
    rig.queue("fails", Bytes::from_static(b"1"), &scenario)
        .unwrap();
    let steps = async {
        let go_on = running.recv().await.unwrap();
        // The clock must not come to the retry before the call.
        let hold = rig.clock.hold("the call");
        go_on.send(()).unwrap();
        let planned = rig.journal.wait_for(|record| {
            let is_planned = matches!(record.what, What::Scf(ScfRecord::RetryScheduled { .. }));
            is_planned.then_some(())
        });
        planned.await;
        terminate(&rig, "fails", 1, false).await;
        drop(hold);
    };
    tokio::join!(rig.quiet(scenario), steps);
    let statuses: Vec<_> = rig
        .attempts(1)
        .iter()
        .map(|attempt| (attempt.started, attempt.status))
        .collect();
    assert_eq!(statuses, [(0, 430), (0, 499)]);
    assert_eq!(status(&rig, 1).await, ("ABORTED".to_owned(), 499));
    rig.scf.stop().await;
}

#[tokio::test]
async fn a_graceful_end_sends_a_signal_and_the_process_decides() {
    // On the real clock, lines are recorded as they are printed.
    let rig = Rig::on(Clock::real(), [slow()], None);
    let scenario = rig.clock.hold("the scenario");
    rig.queue("slow", Bytes::from_static(b"1"), &scenario)
        .unwrap();
    let until = |wanted: fn(&What) -> bool| {
        let journal = rig.journal.clone();
        async move {
            let found = journal.wait_for(|record| wanted(&record.what).then_some(()));
            found.await;
        }
    };
    until(|what| matches!(what, What::Scf(ScfRecord::LogLine { text, .. }) if text.ends_with("has an event"))).await;
    terminate(&rig, "slow", 1, true).await;
    until(|what| matches!(what, What::Scf(ScfRecord::Dropped { .. }))).await;
    let lines = rig.lines(1, 1);
    let said = "[PLATFORM] Signal received successfully.";
    assert_eq!(lines.last().map(String::as_str), Some(said), "{lines:?}");
    // Python's default: it dies of the signal.
    assert_eq!(status(&rig, 1).await, ("FAILED".to_owned(), 439));
    assert_eq!(dropped(&rig, 1), "terminated");
    rig.scf.stop().await;
}

#[tokio::test]
async fn asynchronous_execution_answers_at_once_and_is_neither_retried_nor_kept() {
    let rig = Rig::new([Function {
        async_run: true,
        timeout: Duration::from_secs(86_400),
        dead_letter: Some("letters".into()),
        ..python("fails", &["trouble.py", "fails"])
    }]);
    let called = rig.call("fails", "{}").await;
    let reply = called.reply.unwrap();
    assert_eq!(reply.status.0, 202);
    assert_eq!((reply.ret_msg.len(), reply.log.len()), (0, 0));
    let scenario = called.hold.unwrap();
    rig.quiet(scenario).await;
    assert_eq!(id(&rig, 1), reply.request_id);
    assert_eq!(rig.attempts(1).len(), 1);
    assert_eq!(dropped(&rig, 1), "execution-error");
    assert!(rig.scf.dead_letters().is_empty());
    let reason = rig.instances()[0].1.clone();
    let recycled = "a failure of asynchronous execution";
    assert_eq!(reason.as_deref(), Some(recycled));
    let listed = rig
        .answer("ListAsyncEvents", json!({"FunctionName": "fails"}))
        .await;
    assert_eq!(listed["EventList"][0]["Status"], Value::from("FAILED"));
    rig.scf.stop().await;
}
