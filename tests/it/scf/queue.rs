//! The asynchronous queue on the stage's clock.

use std::time::Duration;

use backlot::base::clock::Hold;
use backlot::journal::{ScfRecord, What};
use backlot::scf::{Function, InProcess};
use bytes::Bytes;

use super::rig::{Rig, seconds, trouble};

fn failing() -> InProcess {
    InProcess::handler(|_, _| async { Err("Traceback".to_owned()) })
}

#[tokio::test]
async fn errors_are_retried_twice_and_end_in_the_dead_letter_queue() {
    let rig = Rig::new([Function {
        retry_num: 2,
        dead_letter: Some("letters".into()),
        ..trouble("fails")
    }]);
    rig.play("fails", &[r#"{"Key": 1.0}"#]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let times: Vec<_> = attempts.iter().map(|attempt| attempt.started).collect();
    assert_eq!(times, [0, 60, 120]);
    assert!(attempts.iter().all(|attempt| attempt.status == 430));
    let result: serde_json::Value = serde_json::from_str(&attempts[2].result).unwrap();
    let letters = rig.scf.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].queue.as_str(), letters[0].invocation),
        ("letters", 1)
    );
    let message: serde_json::Value = serde_json::from_slice(&letters[0].message).unwrap();
    assert_eq!(
        message["RequestId"], result["requestId"],
        "the same id for all"
    );
    assert_eq!(message["ErrorMessage"], r#"{"msg":"upload refused"}"#);
    assert_eq!(message["Body"]["ClientContext"], r#"{"Key": 1.0}"#);
    assert_eq!(message["Body"]["RetryNum"], 2);
    let last = rig.lane(1).pop().unwrap();
    assert_eq!(seconds(&last), 120);
    assert!(
        matches!(last.what, What::Scf(ScfRecord::DeadLettered { reason, .. }) if reason == "execution-error")
    );
}

#[tokio::test]
async fn without_retries_and_queue_the_event_is_dropped_after_one_run() {
    let rig = Rig::new([Function {
        retry_num: 0,
        ..Function::in_process("fails", failing())
    }]);
    rig.play("fails", &["{}"]).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1).len(), 1);
    let last = rig.lane(1).pop().unwrap();
    let reason = "execution-error".to_owned();
    assert_eq!(last.what, What::Scf(ScfRecord::Dropped { reason }));
}

#[tokio::test]
async fn a_function_that_is_switched_off_is_tried_each_minute_until_the_event_is_too_old() {
    let rig = Rig::new([Function {
        instances: 0,
        msg_ttl: Duration::from_secs(120),
        dead_letter: Some("letters".into()),
        ..Function::in_process("off", failing())
    }]);
    rig.play("off", &["{}"]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let times: Vec<_> = attempts.iter().map(|attempt| attempt.started).collect();
    assert_eq!(times, [0, 60, 120]);
    assert_eq!(attempts[0].status, 432);
    let text = "Function [ off ] concurrency exceeded reserved quota 0 MB";
    assert!(attempts[0].result.contains(text));
    let last = rig.lane(1).pop().unwrap();
    assert!(
        matches!(last.what, What::Scf(ScfRecord::DeadLettered { reason, .. }) if reason == "expired")
    );
    let letters = rig.scf.dead_letters();
    let message: serde_json::Value = serde_json::from_slice(&letters[0].message).unwrap();
    assert_eq!(message["Body"]["RetryNum"], 0, "they are not counted");
}

#[tokio::test]
async fn a_failing_event_does_not_hold_up_others() {
    let code = InProcess::handler(|_, event: Bytes| async move {
        if event == "1" {
            return Err("not this one".to_owned());
        }
        Ok(event)
    });
    let rig = Rig::new([Function::in_process("picky", code)]);
    rig.play("picky", &["1", "2"]).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1).len(), 3);
    assert_eq!(rig.attempts(2)[0].ended, 0);
}

#[tokio::test]
async fn retries_that_are_due_together_run_in_the_order_of_their_events() {
    let rig = Rig::new([Function {
        retry_num: 1,
        ..Function::in_process("fails", failing())
    }]);
    rig.play("fails", &["1", "2", "3", "4"]).await;
    rig.scf.stop().await;
    let second: Vec<_> = rig
        .journal
        .appended()
        .into_iter()
        .filter(|record| {
            matches!(
                record.what,
                What::Scf(ScfRecord::AttemptStarted { attempt: 2, .. })
            )
        })
        .map(|record| record.lane.to_string())
        .collect();
    let expected = [1, 2, 3, 4].map(|number| format!("invocation:{number}"));
    assert_eq!(second, expected);
}

#[tokio::test]
async fn events_that_are_too_large_or_for_an_unknown_function_are_refused() {
    let rig = Rig::new([Function::in_process("fails", failing())]);
    let scenario = rig.clock.hold("the scenario");
    let sized = |size: usize| Bytes::from(format!("\"{}\"", "x".repeat(size - 2)));
    let limit = 128 * 1024;
    assert_eq!(rig.queue("fails", sized(limit), &scenario).unwrap(), 1);
    for (number, function, event, status) in [
        (2, "fails", sized(limit + 1), 406),
        (3, "unknown", Bytes::from_static(b"{}"), 435),
    ] {
        let refused = rig.queue(function, event, &scenario).unwrap_err();
        assert_eq!((refused.number, refused.status.0), (number, status));
        let records = rig.lane(number);
        let found = &records[0].what;
        assert!(
            matches!(found, What::Scf(ScfRecord::InvocationRefused { status: found, .. }) if *found == status)
        );
    }
    rig.quiet(scenario).await;
    rig.scf.stop().await;
}

#[tokio::test]
async fn bytes_that_are_no_json_are_refused_by_the_api_and_delivered_by_triggers() {
    let rig = Rig::new([Function::in_process("fails", failing())]);
    let scenario = rig.clock.hold("the scenario");
    let event = Bytes::from_static(b"{");
    let refused = rig.call("fails", event.clone()).await.reply.unwrap_err();
    assert_eq!(refused.status.0, 400);
    assert_eq!(rig.queue("fails", event, &scenario).unwrap(), 2);
    rig.quiet(scenario).await;
    rig.scf.stop().await;
}

fn quiet_echo() -> InProcess {
    InProcess::handler(|_, event: Bytes| async move { Ok(event) })
}

#[tokio::test]
async fn events_that_arrive_together_share_a_reserved_quota_and_the_rest_is_tried_each_minute() {
    let rig = Rig::new([Function {
        reserved_mb: Some(256),
        retry_num: 0,
        ..Function::in_process("narrow", quiet_echo())
    }]);
    rig.play("narrow", &["1", "2", "3", "4", "5"]).await;
    rig.scf.stop().await;
    let ends = |number: u32| {
        let attempts = rig.attempts(number).into_iter();
        attempts.map(|attempt| (attempt.ended, attempt.status))
    };
    let found: Vec<Vec<_>> = (1..=5).map(|number| ends(number).collect()).collect();
    let expected = [
        vec![(0, 200)],
        vec![(0, 200)],
        vec![(0, 432), (60, 200)],
        vec![(0, 432), (60, 200)],
        vec![(0, 432), (60, 432), (120, 200)],
    ];
    assert_eq!(found, expected);
    let text = "Function [ narrow ] concurrency exceeded reserved quota 256 MB";
    assert!(rig.attempts(3)[0].result.contains(text));
    assert_eq!(rig.instances().len(), 2, "they are used again");
}

#[tokio::test]
async fn calls_one_after_the_other_have_room_and_an_attempt_that_hangs_takes_it() {
    let code = InProcess::handler(|_, event: Bytes| async move {
        if event == "1" {
            std::future::pending::<()>().await;
        }
        Ok(event)
    });
    let rig = Rig::new([Function {
        reserved_mb: Some(128),
        retry_num: 0,
        timeout_after: Some(Duration::from_millis(50)),
        ..Function::in_process("narrow", code)
    }]);
    for _ in 0..2 {
        let reply = rig.reply("narrow", "0").await;
        assert_eq!(reply.status.0, 200, "the call before is over");
    }
    let scenario = rig.clock.hold("the scenario");
    let event = Bytes::from_static(b"1");
    let hangs = rig.queue("narrow", event, &scenario).unwrap();
    let scenario = scenario.sleep(Duration::from_secs(2)).await;
    let early = queue_one(&rig, "narrow", &scenario);
    let scenario = scenario.sleep(Duration::from_secs(1)).await;
    let late = queue_one(&rig, "narrow", &scenario);
    rig.quiet(scenario).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(hangs)[0].ended, 3);
    let first = |number| {
        let attempt = &rig.attempts(number)[0];
        (attempt.ended, attempt.status)
    };
    assert_eq!(first(early), (2, 432));
    assert_eq!(first(late), (3, 200), "the time limit is over");
}

fn queue_one(rig: &Rig, function: &str, scenario: &Hold) -> u32 {
    rig.queue(function, Bytes::from_static(b"2"), scenario)
        .unwrap()
}

#[tokio::test]
async fn an_event_does_not_wait_behind_a_long_attempt_if_another_instance_is_free() {
    let code = InProcess::handler(|_, event: Bytes| async move {
        if event == "1" {
            std::future::pending::<()>().await;
        }
        Ok(event)
    });
    let rig = Rig::new([Function {
        instances: 2,
        retry_num: 0,
        timeout_after: Some(Duration::from_millis(50)),
        ..Function::in_process("wide", code)
    }]);
    rig.play("wide", &["1", "2", "3", "4"]).await;
    rig.scf.stop().await;
    let ends = [1, 2, 3, 4].map(|number| rig.attempts(number)[0].ended);
    assert_eq!(ends, [3, 0, 0, 0]);
}

#[tokio::test]
async fn an_instance_that_is_idle_for_too_long_is_reclaimed() {
    let rig = Rig::new([Function {
        idle_life: Some(Duration::from_secs(300)),
        ..Function::in_process("rare", quiet_echo())
    }]);
    let mut scenario = rig.clock.hold("the scenario");
    for pause in [0, 299, 300] {
        scenario = scenario.sleep(Duration::from_secs(pause)).await;
        queue_one(&rig, "rare", &scenario);
    }
    rig.quiet(scenario).await;
    rig.scf.stop().await;
    let reasons = ["idle for too long", "stage stopped"].map(|reason| Some(reason.to_owned()));
    let expected = ["rare/1.1", "rare/1.2"].map(str::to_owned);
    let expected: Vec<_> = expected.into_iter().zip(reasons).collect();
    assert_eq!(rig.instances(), expected);
}
