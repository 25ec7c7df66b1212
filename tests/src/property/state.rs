//! Saved states: a file is loaded whole, or refused before anything has changed; nothing is written outside of the store.

use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use backlot::cos::StateError;
use backlot::cos::Upload;
use backlot::cos::store::{Durability, Kind};
use backlot::journal::Lane;
use backlot::stage::{Settings, Stage, StoreChoice};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::rig::{self, PATIENCE};

/// A stage on plain files, which is where a bad name could do harm.
struct Loading {
    runtime: Runtime,
    stage: Stage,
    folder: TempDir,
    /// What is there before each input.
    before: Vec<u8>,
}

thread_local! {
    static LOADING: Loading = Loading::new();
}

/// The file.
pub(super) fn check(data: &[u8]) {
    LOADING.with(|loading| {
        let clock = loading.stage.clock();
        let work = clock.within(PATIENCE, loading.check(data));
        loading.runtime.block_on(work).expect("it takes too long");
    });
}

impl Loading {
    fn new() -> Self {
        let runtime = rig::runtime();
        let folder = tempfile::tempdir().expect("there are temporary folders");
        let settings = Settings {
            store: StoreChoice {
                kind: Kind::Fs,
                folder: Some(folder.path().join("data")),
                durability: Durability::Relaxed,
            },
            ..Settings::default()
        };
        std::fs::create_dir(folder.path().join("data")).expect("the folder is ours");
        let (stage, before) = runtime.block_on(async {
            let stage = Stage::start(settings).await.expect("a stage starts");
            let upload = Upload {
                bucket: stage.info().buckets[0].clone(),
                key: "kept".to_owned(),
                body: "kept".into(),
                ..Upload::default()
            };
            let stored = stage.put_object(Lane::Stage, upload).await;
            stored.expect("an ordinary object is stored");
            let before = save(&stage).await;
            (stage, before)
        });
        Self {
            runtime,
            stage,
            folder,
            before,
        }
    }

    async fn check(&self, data: &[u8]) {
        self.stage.journal().clear();
        load(&self.stage, &self.before).await.expect("it is whole");
        match load(&self.stage, data).await {
            Ok(_) => {
                let once = save(&self.stage).await;
                load(&self.stage, &once).await.expect("it was saved here");
                assert!(save(&self.stage).await == once, "it changes on its way");
            }
            Err(StateError::Damaged(why)) => {
                assert!(!why.is_empty());
                let after = save(&self.stage).await;
                assert!(
                    after == self.before,
                    "a refused file changed something: {why}"
                );
            }
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                panic!("found out too late: {error}: {source:?}");
            }
        }
        let beside = names(self.folder.path());
        assert_eq!(beside, ["data"], "outside of the store");
        let inside = names(&self.folder.path().join("data"));
        let is_known = |name: &String| {
            [
                "cos",
                "ca",
                "starts",
                "events.jsonl",
                "registry",
                "tasks.sqlite",
            ]
            .iter()
            .any(|known| name.starts_with(known))
        };
        assert!(
            inside.iter().all(is_known),
            "beside the objects: {inside:?}"
        );
    }
}

async fn save(stage: &Stage) -> Vec<u8> {
    let file = tempfile::tempfile().expect("there are temporary files");
    let mut same = file.try_clone().expect("it is open");
    let mut file = tokio::fs::File::from_std(file);
    stage
        .services()
        .save(&mut file)
        .await
        .expect("the store works");
    same.rewind().expect("it is a file");
    let mut bytes = Vec::new();
    same.read_to_end(&mut bytes).expect("it is a file");
    bytes
}

async fn load(stage: &Stage, data: &[u8]) -> Result<u64, StateError> {
    let mut file = tempfile::tempfile().expect("there are temporary files");
    file.write_all(data).expect("it is a file");
    file.rewind().expect("it is a file");
    stage.services().load(tokio::fs::File::from_std(file)).await
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
