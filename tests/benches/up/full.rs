//! A data folder with many objects in it.

use backlot::config::Config;
use backlot::cos::Upload;
use backlot::cos::store::Durability;
use backlot::journal::Lane;
use backlot::stage::{Settings, Stage, StoreChoice, Time};
use bytes::Bytes;
use futures_util::future::join_all;
use tempfile::TempDir;

/// Uploads at the same time: stores that group their commits are then quick to fill.
const AT_ONCE: usize = 64;
const BUCKET: &str = "archive-1250000000";

/// A folder in which `data` holds `count` small objects, kept by this store.
pub(crate) fn folder(store: &str, count: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut config = Config::embedded();
    config.functions.clear();
    config.triggers.clear();
    let mut settings = Settings::from_config(&config).expect("the defaults are valid");
    settings.time = Time::Real;
    settings.store = StoreChoice {
        kind: store.parse().expect("a kind of store"),
        folder: Some(folder.path().join("data")),
        durability: Durability::Relaxed,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let stage = Stage::start(settings).await.expect("a stage starts");
        for first in (0..count).step_by(AT_ONCE) {
            let numbers = first..count.min(first + AT_ONCE);
            let uploads = numbers.map(|number| stage.put_object(Lane::Stage, upload(number)));
            for stored in join_all(uploads).await {
                stored.expect("room on the disk");
            }
        }
        stage.stop().await;
    });
    folder
}

fn upload(number: usize) -> Upload {
    Upload {
        bucket: BUCKET.to_owned(),
        key: format!("filled/{:03}/{number:06}.json", number % 1000),
        body: Bytes::from(format!("{{\"number\":{number}}}")),
        content_type: None,
        metadata: Vec::new(),
    }
}
