//! Stores whose machine loses power: what had not been flushed is gone, or there by halves.
//!
//! A test cannot pull the plug, but it can make the folder look as if: a copy of it is taken when something has just been
//! acknowledged, and everything that was not flushed by then is taken away, cut off or garbled before the copy is opened.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backlot::cos::store::contract::{bucket, pattern, put, read, uploads, versions};
use backlot::cos::store::{self, At, Durability, Kind, Store, StoreSettings, VersionId};

const BUCKET: &str = "b-1";

/// Files by path, relative to the folder of the store.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn settings(kind: Kind, folder: &Path, durability: Durability) -> StoreSettings {
    let path = match kind {
        Kind::Sqlite => folder.join("objects.sqlite"),
        _ => folder.to_owned(),
    };
    StoreSettings {
        kind,
        path,
        durability,
    }
}

/// All files below a folder, but for those that only running processes look at.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().ends_with("-shm") {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                let mut bytes = fs::read(&path).unwrap();
                if is_log(&name) {
                    // The log is made longer than it is, with zeros.
                    let used = bytes.iter().rposition(|byte| *byte != 0);
                    bytes.truncate(used.map_or(0, |last| last + 1));
                }
                found.insert(name, bytes);
            }
        }
    }
    found
}

fn is_log(name: &Path) -> bool {
    name.to_string_lossy().ends_with("-wal")
}

/// A folder with these files.
fn folder(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn reopen(kind: Kind, folder: &Path) -> Arc<Store> {
    store::open(&settings(kind, folder, Durability::Relaxed)).unwrap()
}

async fn body(store: &Store, key: &str) -> Option<Vec<u8>> {
    let found = read(store, BUCKET, key, None).await.unwrap();
    found.map(|(_, body)| body)
}

/// Whatever part of the log's last write has reached the disk: what was acknowledged before is there, and what was under way
/// is there as a whole or not at all.
async fn torn(kind: Kind) {
    let origin = tempfile::tempdir().unwrap();
    let settings = settings(kind, origin.path(), Durability::Full);
    let store = store::open(&settings).unwrap();
    store.create_bucket(bucket(BUCKET)).await.unwrap();
    let (first, old, new) = (pattern(3000), pattern(700), pattern(9000));
    assert!(put(&store, BUCKET, "first", &first, 999).await.unwrap());
    assert!(put(&store, BUCKET, "key", &old, 999).await.unwrap());
    let before = files(origin.path());
    assert!(put(&store, BUCKET, "key", &new, 9999).await.unwrap());
    let after = files(origin.path());
    drop(store);

    let log = before.keys().find(|name| is_log(name)).unwrap().clone();
    let (was, is) = (&before[&log], &after[&log]);
    let begins = was.iter().zip(is).take_while(|(was, is)| was == is).count();
    assert!(begins < is.len(), "something was written");
    // Bytes that were not written are what was there before: zeros.
    let mixed = |written: &dyn Fn(usize) -> bool| {
        let bytes = is.iter().enumerate().map(|(at, byte)| {
            let earlier = was.get(at).copied().unwrap_or(0);
            if written(at) { *byte } else { earlier }
        });
        bytes.collect::<Vec<u8>>()
    };
    let mut logs: Vec<Vec<u8>> = Vec::new();
    for cut in (begins..is.len()).step_by(211).chain([is.len() - 1]) {
        logs.push(mixed(&|at| at < cut));
        // Sectors may also come in another order than they were written.
        logs.push(mixed(&|at| at / 512 != cut / 512));
        logs.push(mixed(&|at| at >= cut));
        let mut garbled = is[..=cut].to_vec();
        garbled[cut] ^= 0x55;
        logs.push(garbled);
    }
    // The files were not flushed, so they are as they were; and the last log is whole. Its last page may end with zeros.
    logs.push([is.as_slice(), &[0; 8192]].concat());
    let count = logs.len();
    for (number, log_bytes) in logs.into_iter().enumerate() {
        let mut files = before.clone();
        files.insert(log.clone(), log_bytes);
        let folder = folder(&files);
        let store = reopen(kind, folder.path());
        assert_eq!(body(&store, "first").await, Some(first.clone()));
        let found = body(&store, "key").await.unwrap();
        if number + 1 == count {
            assert!(found == new, "{kind}: a whole log is enough");
        } else {
            assert!(found == old || found == new, "{kind}: log {number}");
        }
    }
}

#[tokio::test]
async fn a_torn_log_of_files_loses_nothing_that_was_acknowledged() {
    torn(Kind::Fs).await;
}

#[tokio::test]
async fn a_torn_log_of_a_database_loses_nothing_that_was_acknowledged() {
    torn(Kind::Sqlite).await;
}

/// A store of plain files in which everything has happened that changes files, and what it looks like from outside.
async fn lively(folder: &Path) -> (Arc<Store>, Vec<(&'static str, Vec<u8>)>) {
    let store = store::open(&settings(Kind::Fs, folder, Durability::Full)).unwrap();
    store.create_bucket(bucket(BUCKET)).await.unwrap();
    let large = pattern(300_000);
    for (key, bytes) in [
        ("plain", pattern(1000)),
        ("replaced", pattern(500)),
        ("replaced", pattern(5000)),
        ("shrunk", large.clone()),
        ("shrunk", pattern(10)),
        ("deep/er/plain", pattern(70)),
        ("empty", Vec::new()),
        ("large", large.clone()),
        ("gone", pattern(800)),
        ("marked", pattern(900)),
    ] {
        assert!(
            put(&store, BUCKET, key, &bytes, 100_000).await.unwrap(),
            "{key}"
        );
    }
    let version_id = VersionId::default();
    assert!(
        store
            .remove(At::version(BUCKET, "gone", &version_id))
            .await
            .unwrap()
    );
    let marker = versions::marker("marked", "null", 9);
    let staged = store.stage().await.unwrap();
    assert!(staged.commit(BUCKET.to_owned(), marker).await.unwrap());

    let upload = uploads::upload("parts", "0a");
    assert!(store.begin_upload(BUCKET.to_owned(), upload).await.unwrap());
    let at = uploads::at(BUCKET, "parts", "0a");
    for (number, part) in [(1, &large[..]), (2, b"end")] {
        assert!(uploads::put_part(&store, &at, number, part).await.unwrap());
    }
    let joined = [&large[..], b"end"].concat();
    let object = uploads::completed("parts", "0a", &joined);
    assert!(store.complete_upload(at, vec![1, 2], object).await.unwrap());
    let there = vec![
        ("plain", pattern(1000)),
        ("replaced", pattern(5000)),
        ("shrunk", pattern(10)),
        ("deep/er/plain", pattern(70)),
        ("empty", Vec::new()),
        ("large", large),
        ("parts", joined),
    ];
    (store, there)
}

#[tokio::test]
async fn files_that_were_not_flushed_come_back() {
    type Damage = fn(&[u8]) -> Option<Vec<u8>>;
    let damages: [(&str, Damage); 5] = [
        ("none", |bytes| Some(bytes.to_vec())),
        ("missing", |_| None),
        ("empty", |_| Some(Vec::new())),
        ("zeros", |bytes| Some(vec![0; bytes.len()])),
        ("half", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ];
    let origin = tempfile::tempdir().unwrap();
    let (store, there) = lively(origin.path()).await;
    let all = files(origin.path());
    drop(store);
    for (name, damage) in damages {
        let mut files = all.clone();
        for (key, bytes) in &there {
            // Large bodies are flushed before they are committed; only small ones rely on the log.
            if bytes.len() > 64 << 10 {
                continue;
            }
            let path = Path::new(BUCKET).join(key);
            let bytes = files.remove(&path).expect("it is a file");
            files.extend(damage(&bytes).map(|bytes| (path, bytes)));
        }
        // What was removed may be there again.
        files.insert(Path::new(BUCKET).join("gone"), pattern(800));
        files.insert(Path::new(BUCKET).join("marked"), pattern(900));
        let folder = folder(&files);
        // It does not matter how often the power goes.
        for _ in 0..2 {
            let store = reopen(Kind::Fs, folder.path());
            for (key, bytes) in &there {
                assert!(
                    body(&store, key).await.as_ref() == Some(bytes),
                    "{name}: {key}"
                );
                let file = folder.path().join(BUCKET).join(key);
                assert!(fs::read(file).unwrap() == *bytes, "{name}: {key}");
            }
            assert!(!folder.path().join(BUCKET).join("gone").exists());
            assert!(!folder.path().join(BUCKET).join("marked").exists());
        }
    }
}

#[tokio::test]
async fn names_that_were_not_flushed_come_back() {
    let origin = tempfile::tempdir().unwrap();
    let (store, there) = lively(origin.path()).await;
    let all = files(origin.path());
    drop(store);
    // Which staged file becomes which object is in the catalog only; so each is tried as each.
    let large = pattern(300_000);
    let path = Path::new(BUCKET).join("large");
    let mut number = None;
    for candidate in (1_i64 << 32)..(1 << 32) + 60 {
        let mut files = all.clone();
        let bytes = files.remove(&path).unwrap();
        let staged = format!(".backlot/staging/{candidate}.body");
        files.insert(staged.into(), bytes);
        let folder = folder(&files);
        let store = reopen(Kind::Fs, folder.path());
        if let Ok(found) = read(&store, BUCKET, "large", None).await {
            assert!(found.unwrap().1 == large);
            assert!(fs::read(folder.path().join(&path)).unwrap() == large);
            number = Some(candidate);
        }
        let left = folder.path().join(".backlot/staging");
        assert_eq!(fs::read_dir(left).unwrap().count(), 0);
    }
    assert!(number.is_some(), "one of them is it");
    assert!(there.iter().any(|(key, _)| *key == "large"));
}

#[tokio::test]
async fn what_people_change_after_a_stop_stays_as_they_left_it() {
    let origin = tempfile::tempdir().unwrap();
    let (store, _) = lively(origin.path()).await;
    drop(store);
    let file = |key: &str| origin.path().join(BUCKET).join(key);
    let edited = vec![7; 1000];
    fs::write(file("plain"), &edited).unwrap();
    fs::write(file("gone"), pattern(800)).unwrap();
    let store = reopen(Kind::Fs, origin.path());
    assert_eq!(body(&store, "plain").await, Some(edited));
    assert_eq!(body(&store, "gone").await, None, "it has no record");
    assert!(file("gone").exists());
}
