//! The items of the reference's checklist about asynchronous events: SCF reference, section 19, items 15 to 18.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backlot::journal::{ScfRecord, What};
use backlot::scf::log;
use backlot::scf::{AsyncRetries, Function, InProcess};
use bytes::Bytes;
use serde_json::Value;

use super::rig::{Rig, seconds};

fn failing() -> InProcess {
    InProcess::handler(|_, _| async { Err("Traceback".to_owned()) })
}

/// The reason for which the last event was given up, and when, in seconds.
fn given_up(rig: &Rig) -> (String, i64) {
    let last = rig.lane(1).pop().unwrap();
    match &last.what {
        What::Scf(ScfRecord::DeadLettered { reason, .. } | ScfRecord::Dropped { reason }) => {
            (reason.clone(), seconds(&last))
        }
        other => panic!("it is not given up: {other:?}"),
    }
}

fn letter(rig: &Rig) -> Value {
    let letters = rig.scf.dead_letters();
    assert_eq!(letters.len(), 1);
    serde_json::from_slice(&letters[0].message).unwrap()
}

/// Checklist 19.15.
#[tokio::test]
async fn item_15_an_error_is_run_three_times_a_minute_apart_under_one_request_id() {
    let rig = Rig::new([Function {
        dead_letter: Some("letters".into()),
        ..Function::in_process("fails", failing())
    }]);
    rig.play("fails", &[r#"{"a":1}"#]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let times: Vec<_> = attempts.iter().map(|attempt| attempt.started).collect();
    assert_eq!(times, [0, 60, 120]);
    assert!(attempts.iter().all(|attempt| attempt.status == 430));
    let log = log::records(&rig.journal.ordered(), |_| 128);
    let starts = log
        .iter()
        .filter(|line| line.message.starts_with("START RequestId:"));
    let starts: Vec<_> = starts
        .map(|line| (line.request_id.as_str(), line.retry_num))
        .collect();
    let id = starts[0].0;
    assert_eq!(starts, [(id, 0), (id, 1), (id, 2)]);
    assert_eq!(given_up(&rig), ("execution-error".to_owned(), 120));
    let letter = letter(&rig);
    assert_eq!(letter["RequestId"], id);
    assert_eq!(letter["Body"]["RequestId"], id);
    assert_eq!(letter["Body"]["RetryNum"], 2);
    assert_eq!(letter["Body"]["RequestSource"], "MPS_TRIGGER");
}

/// Checklist 19.16.
#[tokio::test]
async fn item_16_without_retries_an_error_is_run_once() {
    let rig = Rig::new([Function {
        retry_num: 0,
        ..Function::in_process("fails", failing())
    }]);
    rig.play("fails", &["{}"]).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1).len(), 1);
    assert_eq!(given_up(&rig), ("execution-error".to_owned(), 0));
}

/// Checklist 19.17.
#[tokio::test]
async fn item_17_a_quota_of_nothing_is_tried_each_minute_until_the_event_expires() {
    let rig = Rig::new([Function {
        reserved_mb: Some(0),
        msg_ttl: Duration::from_secs(60),
        dead_letter: Some("letters".into()),
        ..Function::in_process("off", failing())
    }]);
    rig.play("off", &["{}"]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let found: Vec<_> = attempts
        .iter()
        .map(|attempt| (attempt.started, attempt.status))
        .collect();
    assert_eq!(found, [(0, 432), (60, 432)]);
    assert_eq!(given_up(&rig), ("expired".to_owned(), 60));
    let letter = letter(&rig);
    let text = "Function [ off ] concurrency exceeded reserved quota 0 MB";
    assert_eq!(letter["ErrorMessage"], text);
}

/// Checklist 19.18.
#[tokio::test]
async fn item_18_an_event_of_one_byte_too_many_is_refused_and_never_run() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let code = InProcess::handler(move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok(Bytes::from_static(b"null")) }
    });
    let rig = Rig::new([Function::in_process("sized", code)]);
    let sized = |size: usize| Bytes::from(format!("\"{}\"", "x".repeat(size - 2)));
    let scenario = rig.clock.hold("the scenario");
    let queued = rig.queue("sized", sized(128 * 1024), &scenario);
    queued.unwrap();
    let refused = rig.queue("sized", sized(128 * 1024 + 1), &scenario);
    assert_eq!(refused.unwrap_err().status.0, 406);
    rig.quiet(scenario).await;
    let limit = 6 * 1024 * 1024;
    rig.reply("sized", sized(limit)).await;
    let refused = rig.call("sized", sized(limit + 1)).await.reply;
    assert_eq!(refused.unwrap_err().status.0, 406);
    rig.scf.stop().await;
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn six_hours_at_the_concurrency_limit_are_361_attempts_at_exact_minutes() {
    let rig = Rig::new([Function {
        reserved_mb: Some(0),
        retry_num: 0,
        dead_letter: Some("letters".into()),
        ..Function::in_process("off", failing())
    }]);
    rig.play("off", &["{}"]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let minutes: Vec<_> = attempts.iter().map(|attempt| attempt.started).collect();
    let expected: Vec<_> = (0..=360).map(|minute| minute * 60).collect();
    assert_eq!(minutes, expected);
    assert!(attempts.iter().all(|attempt| attempt.status == 432));
    assert_eq!(given_up(&rig), ("expired".to_owned(), 6 * 60 * 60));
    assert_eq!(letter(&rig)["Body"]["RetryNum"], 0);
}

#[tokio::test]
async fn six_hours_with_the_pauses_of_older_documents_are_74_attempts() {
    let rig = Rig::new([Function {
        reserved_mb: Some(0),
        dead_letter: Some("letters".into()),
        ..Function::in_process("off", failing())
    }]);
    rig.scf.pause_retries(AsyncRetries::Legacy);
    rig.play("off", &["{}"]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let minutes: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.started / 60)
        .collect();
    assert_eq!(minutes[..6], [0, 1, 3, 7, 12, 17]);
    // Five minutes each from minute 7 on, up to minute 357.
    assert_eq!((minutes.len(), minutes.last()), (74, Some(&357)));
    assert_eq!(given_up(&rig), ("expired".to_owned(), 357 * 60));
}
