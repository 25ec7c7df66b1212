//! Keys as files: every key that COS takes has a place of its own below the root, is found again, and leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use backlot::context::Context;
use backlot::cos::names::check_new_key;
use backlot::cos::store::{self, Durability, Kind, StoreSettings};
use backlot::cos::{Cos, Upload};
use backlot::journal::Lane;

use super::rig::{self, BUCKET, PATIENCE};

/// Keys, one a line; what is not UTF-8 cannot be one.
pub(super) fn check(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').take(6);
    let keys: BTreeSet<_> = lines
        .filter_map(|line| std::str::from_utf8(line).ok())
        .filter(|key| !key.is_empty() && check_new_key(key).is_ok())
        .collect();
    if keys.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().expect("there are temporary folders");
    let root = folder.path().join("data");
    let runtime = rig::runtime();
    let context = rig::context();
    let work = async {
        let cos = open(&context, &root);
        let created = cos.create_bucket(BUCKET, "ap-guangzhou").await;
        created.expect("it is a good name");
        for key in &keys {
            put(&cos, key).await;
        }
        assert_eq!(held(&cos).await, expected(&keys), "what was stored");
        drop(cos);
        let cos = open(&context, &root);
        assert_eq!(held(&cos).await, expected(&keys), "after opening it again");
        for key in &keys {
            // Whatever became of the others, this one can be replaced.
            put(&cos, key).await;
            let gone = cos.delete_object(Lane::Stage, BUCKET, key).await;
            gone.unwrap_or_else(|error| panic!("{error}: {key:?}"));
        }
        assert_eq!(held(&cos).await, BTreeMap::new());
    };
    let done = runtime.block_on(context.clock.within(PATIENCE, work));
    done.expect("it takes too long");
    drop(runtime);
    let beside: Vec<_> = children(folder.path());
    assert_eq!(beside, std::slice::from_ref(&root), "outside of the root");
    assert_eq!(children(&root.join(BUCKET)), Vec::<PathBuf>::new());
}

fn open(context: &Context, root: &Path) -> Cos {
    let settings = StoreSettings {
        kind: Kind::Fs,
        path: root.to_owned(),
        durability: Durability::Relaxed,
    };
    let store = store::open(&settings);
    rig::cos(context, store.unwrap_or_else(|error| panic!("{error}")))
}

async fn put(cos: &Cos, key: &str) {
    let upload = Upload {
        bucket: BUCKET.to_owned(),
        key: key.to_owned(),
        body: key.to_owned().into(),
        ..Upload::default()
    };
    let stored = cos.put_object(Lane::Stage, upload).await;
    stored.unwrap_or_else(|error| panic!("{error}: {key:?}"));
}

/// All keys with their bytes.
async fn held(cos: &Cos) -> BTreeMap<String, Vec<u8>> {
    let objects = cos.all_objects().await;
    let objects = objects.unwrap_or_else(|error| panic!("{error}"));
    let pairs = objects
        .into_iter()
        .map(|stored| (stored.record.key, stored.body.to_vec()));
    pairs.collect()
}

fn expected(keys: &BTreeSet<&str>) -> BTreeMap<String, Vec<u8>> {
    let pairs = keys
        .iter()
        .map(|key| ((*key).to_owned(), key.as_bytes().to_vec()));
    pairs.collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.expect("an entry").path())
            .collect(),
        Err(_) => Vec::new(),
    }
}
