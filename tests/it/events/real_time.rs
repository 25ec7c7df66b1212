//! On the real clock nothing waits for rest, and a stage that ends or is reset forgets what is under way.

use std::time::Duration;

use backlot::base::source::SourceFile;
use backlot::config::Config;
use backlot::cos::Upload;
use backlot::journal::{Lane, MpsRecord, ScfRecord, What};
use backlot::scf::{Function, InProcess};
use backlot::stage::{Settings, Stage, Time};
use bytes::Bytes;

use crate::up::kit::Client;

/// The function `echo` hears of everything in `media-in`, and a workflow makes tasks of videos there.
async fn stage() -> Stage {
    let text = "
functions:
  echo: { command: none, cos-triggers: [{ bucket: media-in-1250000000 }] }
workflows:
  uploads: { bucket: media-in-1250000000 }
";
    let config = Config::read(&SourceFile::new("backlot.yaml", text)).expect("it is valid");
    let mut settings = Settings::from_config(&config).expect("it is valid");
    let code = InProcess::handler(|_, event: Bytes| async move { Ok(event) });
    settings.functions = vec![Function::in_process("echo", code)];
    settings.triggers.clear();
    settings.time = Time::Real;
    Stage::start(settings).await.expect("a port and memory")
}

async fn upload(stage: &Stage, key: &str) {
    let upload = Upload {
        bucket: "media-in-1250000000".into(),
        key: key.into(),
        body: Bytes::from(vec![0; 4096]),
        ..Upload::default()
    };
    stage
        .put_object(Lane::Stage, upload)
        .await
        .expect("a bucket");
}

async fn wait_for(stage: &Stage, wanted: impl Fn(&What) -> bool) {
    let seen = stage
        .journal()
        .wait_for(|record| wanted(&record.what).then_some(()));
    let limit = Duration::from_secs(30);
    stage.clock().within(limit, seen).await.expect("it happens");
}

fn is_answered(what: &What) -> bool {
    matches!(
        what,
        What::Scf(ScfRecord::AttemptFinished { status: 200, .. })
    )
}

fn is_begun(what: &What) -> bool {
    matches!(what, What::Mps(MpsRecord::TaskCreated { .. }))
}

fn is_finished(what: &What) -> bool {
    matches!(what, What::Mps(MpsRecord::TaskFinished { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_delivered_while_other_work_is_under_way() {
    let stage = stage().await;
    let busy = stage.clock().hold("work that takes long");
    upload(&stage, "a.txt").await;
    wait_for(&stage, is_answered).await;
    drop(busy);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_stops_although_a_task_is_under_way() {
    let stage = stage().await;
    upload(&stage, "a.mp4").await;
    wait_for(&stage, is_begun).await;
    let journal = stage.journal().clone();
    let clock = stage.clock().clone();
    stage.stop().await;
    drop(clock.hold("the test").until_idle().await);
    let records = journal.appended();
    assert!(!records.iter().any(|record| is_finished(&record.what)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_forgets_tasks_that_are_under_way() {
    let stage = stage().await;
    upload(&stage, "a.mp4").await;
    wait_for(&stage, is_begun).await;
    let address = stage.address();
    let reset = move || {
        Client(address)
            .ask("POST", "/_backlot/reset", "", b"")
            .status
    };
    let status = tokio::task::spawn_blocking(reset).await.expect("it ends");
    assert_eq!(status, 200);
    let hold = stage.clock().hold("the test");
    drop(hold.until_idle().await);
    let records = stage.journal().appended();
    assert!(!records.iter().any(|record| is_finished(&record.what)));
    // What comes after works as before.
    upload(&stage, "b.txt").await;
    wait_for(&stage, is_answered).await;
    stage.stop().await;
}
