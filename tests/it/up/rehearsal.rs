//! A stage inside the test, with a function of which the test decides when it answers.

use std::sync::Arc;
use std::time::Duration;

use backlot::cos::Upload;
use backlot::journal::{Lane, ScfRecord, What};
use backlot::scf::{Function, InProcess};
use backlot::signal::{FunctionTarget, InvokeWanted};
use backlot::stage::{Settings, Stage, Time};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::kit::{Client, Lines, Place};

const BUCKET: &str = "archive-1250000000";

/// A stage whose function `gate` answers when `open` has a permit.
pub(super) fn settings(open: &Arc<Semaphore>) -> Settings {
    let open = Arc::clone(open);
    let code = InProcess::handler(move |embedded, event: Bytes| {
        let open = Arc::clone(&open);
        async move {
            embedded.printer.line("the gate is reached");
            open.acquire().await.expect("it is never closed").forget();
            Ok(event)
        }
    });
    let mut settings = Settings::default();
    settings.functions.push(Function::in_process("gate", code));
    settings.time = Time::Real;
    settings
}

pub(super) async fn start(settings: Settings) -> Stage {
    Stage::start(settings).await.expect("a port and memory")
}

async fn stage(open: &Arc<Semaphore>) -> Stage {
    start(settings(open)).await
}

pub(super) fn send(stage: &Stage) {
    stage.invoke(InvokeWanted {
        target: FunctionTarget::named("gate"),
        source: "OTHERS".into(),
        event: Bytes::from_static(b"{}"),
        hold: stage.clock().hold("the test"),
    });
}

pub(super) async fn attempt_started(stage: &Stage) {
    let started = |what: &What| matches!(what, What::Scf(ScfRecord::AttemptStarted { .. }));
    stage
        .journal()
        .wait_for(|record| started(&record.what).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_under_way_may_finish_before_the_end() {
    let open = Arc::new(Semaphore::new(0));
    let stage = stage(&open).await;
    send(&stage);
    send(&stage);
    attempt_started(&stage).await;
    assert_eq!(
        (stage.in_flight().running(), stage.in_flight().all()),
        (1, 2)
    );
    assert!(
        stage.drain(Duration::from_millis(1)).await.is_err(),
        "it waits for the gate"
    );
    open.add_permits(2);
    stage.drain(Duration::from_secs(30)).await.unwrap();
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_forgets_objects_events_and_records() {
    let open = Arc::new(Semaphore::new(0));
    let stage = stage(&open).await;
    let client = Client(stage.address());
    let upload = Upload {
        bucket: BUCKET.into(),
        key: "a".into(),
        body: Bytes::from_static(b"a"),
        ..Upload::default()
    };
    stage.put_object(Lane::Stage, upload).await.unwrap();
    send(&stage);
    attempt_started(&stage).await;
    let reset = client.ask("POST", "/_backlot/reset", "", b"").json();
    assert_eq!(reset["reset"], true);
    assert_eq!(stage.objects().await.unwrap(), []);
    assert_eq!(stage.in_flight().all(), 0);
    let journal = client.journal();
    assert_eq!(journal[0]["what"], "stage-reset", "{journal:?}");
    // The function is there again.
    open.add_permits(1);
    let called = stage.call("gate", Bytes::from_static(b"[2]")).await;
    assert_eq!(&called.reply.unwrap().ret_msg[..], b"[2]");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_printed_and_followed() {
    let open = Arc::new(Semaphore::new(1));
    let stage = stage(&open).await;
    let client = Client(stage.address());
    let mut followed = Lines::of(client.send("GET", "/_backlot/logs?follow=true", "", b""));
    stage
        .call("gate", Bytes::from_static(b"{}"))
        .await
        .reply
        .unwrap();
    let first: Value = serde_json::from_str(&followed.next("{").unwrap()).unwrap();
    assert_eq!(first["SCF_FunctionName"], "gate");
    assert!(
        first["SCF_Message"]
            .as_str()
            .unwrap()
            .starts_with("START RequestId:"),
        "{first}"
    );
    let place = Place::new();
    let listen = format!("--listen {}", stage.address());
    let printed = place
        .backlot(&format!("logs --function gate {listen}"))
        .run();
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert!(
        printed.stdout.contains("Z gate  the gate is reached\n"),
        "{}",
        printed.stdout
    );
    let json = place.backlot(&format!("logs --output json {listen}")).run();
    for line in json.stdout.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(record.as_object().unwrap().len(), 14, "{line}");
    }
    assert_eq!(json.stdout.lines().count(), printed.stdout.lines().count());
    let other = place
        .backlot(&format!("logs --function other {listen}"))
        .run();
    assert_eq!(other.code, Some(4), "{other:?}");
    stage.stop().await;
    while followed.next("{").is_some() {}
}
