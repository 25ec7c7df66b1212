//! The item of the reference's checklist about credentials: SCF reference, section 19, item 22.

use backlot::base::source::SourceFile;
use backlot::config::Config;
use backlot::scf::Function;
use backlot::stage::{Settings, Stage};
use bytes::Bytes;
use serde_json::{Value, json};

use super::rig::python;

/// A stage with one bucket and the function `tells`, which tells of its credentials.
async fn stage(has_role: bool) -> Stage {
    let text = "buckets: [archive-1250000000]\nfunctions: { tells: { command: none } }\n";
    let config = Config::read(&SourceFile::new("backlot.yaml", text)).unwrap();
    let mut settings = Settings::from_config(&config).unwrap();
    settings.functions = vec![Function {
        has_role,
        ..python("tells", &["credentials.py"])
    }];
    settings.triggers.clear();
    Stage::start(settings).await.unwrap()
}

/// What the function answers.
async fn answer(stage: &Stage) -> Value {
    let called = stage.call("tells", Bytes::from_static(b"{}")).await;
    let reply = called.reply.unwrap();
    assert_eq!(reply.status.0, 200, "{reply:?}");
    serde_json::from_slice(&reply.ret_msg).unwrap()
}

/// Checklist 19.22.
#[tokio::test]
async fn item_22_without_a_role_there_are_no_credentials() {
    let stage = stage(false).await;
    assert_eq!(answer(&stage).await, json!({"names": [], "status": 0}));
    assert!(stage.objects().await.unwrap().is_empty());
    stage.stop().await;
}

/// Checklist 19.22.
#[tokio::test]
async fn item_22_with_a_role_cos_accepts_the_token() {
    let stage = stage(true).await;
    let names = [
        "TENCENTCLOUD_SECRETID",
        "TENCENTCLOUD_SECRETKEY",
        "TENCENTCLOUD_SESSIONTOKEN",
    ];
    assert_eq!(answer(&stage).await, json!({"names": names, "status": 200}));
    let objects = stage.objects().await.unwrap();
    let keys: Vec<_> = objects
        .iter()
        .map(|object| object.record.key.as_str())
        .collect();
    assert_eq!(keys, ["by-role"]);
    stage.stop().await;
}
