//! Random sequences of changes to versions and uploads: every store agrees with a model.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use backlot::cos::store::contract::{bucket, pattern, uploads, versions};
use backlot::cos::store::{
    self, At, Durability, Kind, Listed, ObjectRecord, Start, Store, StoreSettings, UploadAt,
    VersionId,
};
use futures_util::TryStreamExt as _;
use proptest::prelude::*;

const BUCKET: &str = "b-1";

#[derive(Clone, Debug)]
enum Act {
    Put(String, String, usize),
    Mark(String, String),
    Remove(String, Option<String>),
    Scan(String, usize),
    ScanVersions(String, Option<u64>, usize),
    Begin(String, u8),
    Part(String, u8, u32, usize),
    Complete(String, u8, Vec<u32>, String),
    Abort(String, u8),
    Reopen,
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "A", "a/x", "a/X", "b"]).prop_map(str::to_owned)
}

fn version_id() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["null", "x", "X", "y"]).prop_map(str::to_owned)
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![20 => 0_usize..50, 1 => Just(262_145_usize), 1 => 1_048_575_usize..1_048_578, 1 => Just(1_100_000_usize)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (key(), version_id(), size()).prop_map(|(key, version_id, size)| Act::Put(key, version_id, size)),
        2 => (key(), version_id()).prop_map(|(key, version_id)| Act::Mark(key, version_id)),
        4 => (key(), prop::option::of(version_id())).prop_map(|(key, version_id)| Act::Remove(key, version_id)),
        1 => (key(), 1_usize..5).prop_map(|(key, limit)| Act::Scan(key, limit)),
        3 => (key(), prop::option::of(0_u64..40), 1_usize..9)
            .prop_map(|(key, sequence, limit)| Act::ScanVersions(key, sequence, limit)),
        3 => (key(), 0_u8..2).prop_map(|(key, id)| Act::Begin(key, id)),
        8 => (key(), 0_u8..2, 1_u32..4, size()).prop_map(|(key, id, number, size)| Act::Part(key, id, number, size)),
        4 => (key(), 0_u8..2, prop::sample::subsequence(vec![1, 2, 3], 1..=3), version_id())
            .prop_map(|(key, id, numbers, version_id)| Act::Complete(key, id, numbers, version_id)),
        1 => (key(), 0_u8..2).prop_map(|(key, id)| Act::Abort(key, id)),
        1 => Just(Act::Reopen),
    ]
}

/// What should be there.
#[derive(Default)]
struct Model {
    sequence: u64,
    /// By key and version id.
    versions: BTreeMap<(String, String), (ObjectRecord, Vec<u8>)>,
    /// By key and id, with sizes of parts.
    uploads: BTreeMap<(String, String), BTreeMap<u32, usize>>,
}

impl Model {
    /// Records in the order of a scan.
    fn sorted(&self) -> Vec<&ObjectRecord> {
        let mut all: Vec<_> = self.versions.values().map(|(record, _)| record).collect();
        all.sort_by(|one, other| {
            one.key
                .cmp(&other.key)
                .then(other.sequence.cmp(&one.sequence))
        });
        all
    }

    fn current(&self) -> Vec<&ObjectRecord> {
        let mut all = self.sorted();
        all.dedup_by(|next, first| next.key == first.key);
        all
    }

    fn put(&mut self, mut record: ObjectRecord, body: Vec<u8>) {
        self.sequence += 1;
        record.sequence = self.sequence;
        let at = (record.key.clone(), record.version_id.0.clone());
        self.versions.insert(at, (record, body));
    }

    fn newest(&self, key: &str, version_id: &str) -> ObjectRecord {
        self.versions[&(key.to_owned(), version_id.to_owned())]
            .0
            .clone()
    }
}

/// Unique in the bucket, as ids have to be.
fn id(key: &str, number: u8) -> String {
    format!("{}0{number}", hex::encode(key))
}

fn upload_at(key: &str, number: u8) -> UploadAt {
    uploads::at(BUCKET, key, &id(key, number))
}

async fn commit(store: &Store, record: ObjectRecord, body: Vec<u8>) -> bool {
    let mut staged = store.stage().await.unwrap();
    staged.write(body.into()).await.unwrap();
    staged.commit(BUCKET.to_owned(), record).await.unwrap()
}

async fn play(kind: Kind, acts: &[Act]) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        kind,
        path: folder.path().join("store"),
        durability: Durability::Relaxed,
    };
    let mut store = store::open(&settings).unwrap();
    store.create_bucket(bucket(BUCKET)).await.unwrap();
    let mut model = Model::default();
    for act in acts {
        if matches!(act, Act::Reopen) {
            if kind != Kind::Memory {
                drop(store);
                store = store::open(&settings).unwrap();
            }
        } else {
            step(&store, &mut model, act).await?;
        }
    }
    check(&store, &model).await
}

async fn step(store: &Arc<Store>, model: &mut Model, act: &Act) -> Result<(), TestCaseError> {
    match act {
        Act::Put(key, version_id, size) => {
            let body = pattern(*size);
            model.put(versions::version(key, version_id, 0, &body), body.clone());
            prop_assert!(commit(store, model.newest(key, version_id), body).await);
        }
        Act::Mark(key, version_id) => {
            model.put(versions::marker(key, version_id, 0), Vec::new());
            prop_assert!(commit(store, model.newest(key, version_id), Vec::new()).await);
        }
        Act::Remove(key, version_id) => {
            let current = model
                .current()
                .into_iter()
                .find(|record| record.key == *key);
            let current = current.map(|record| record.version_id.0.clone());
            let at = version_id.clone().or(current).unwrap_or_default();
            let named = version_id.clone().map(VersionId);
            let removed = match &named {
                Some(version_id) => store
                    .remove(At::version(BUCKET, key, version_id))
                    .await
                    .unwrap(),
                None => store.remove(At::current(BUCKET, key)).await.unwrap(),
            };
            prop_assert_eq!(removed, model.versions.remove(&(key.clone(), at)).is_some());
        }
        Act::Scan(key, limit) => {
            let found = store
                .list(BUCKET, Bound::Included(key), *limit)
                .await
                .unwrap();
            let current = model.current().into_iter();
            let shown = current.filter(|record| !record.is_delete_marker() && record.key >= *key);
            prop_assert_eq!(
                found,
                shown
                    .take(*limit)
                    .cloned()
                    .map(Listed::from)
                    .collect::<Vec<_>>()
            );
        }
        Act::ScanVersions(key, sequence, limit) => {
            let from = match sequence {
                None => Start::Key(Bound::Excluded(key)),
                Some(sequence) => Start::Older(key, *sequence),
            };
            let found = store.scan_versions(BUCKET, from, *limit).await.unwrap();
            let rest = model.sorted().into_iter().filter(|record| {
                record.key > *key
                    || (record.key == *key
                        && sequence.is_some_and(|sequence| record.sequence < sequence))
            });
            prop_assert_eq!(found, rest.take(*limit).cloned().collect::<Vec<_>>());
        }
        Act::Begin(key, number) => {
            let at = (key.clone(), id(key, *number));
            if model.uploads.contains_key(&at) {
                return Ok(());
            }
            let upload = uploads::upload(key, &at.1);
            prop_assert!(store.begin_upload(BUCKET.to_owned(), upload).await.unwrap());
            model.uploads.insert(at, BTreeMap::new());
        }
        Act::Part(key, number, part, size) => {
            let at = upload_at(key, *number);
            let stored = uploads::put_part(store, &at, *part, &pattern(*size))
                .await
                .unwrap();
            let known = model.uploads.get_mut(&(key.clone(), id(key, *number)));
            prop_assert_eq!(stored, known.is_some());
            if let Some(parts) = known {
                parts.insert(*part, *size);
            }
        }
        Act::Complete(key, number, numbers, version_id) => {
            complete(store, model, key, *number, numbers, version_id).await?;
        }
        Act::Abort(key, number) => {
            let aborted = store.abort_upload(upload_at(key, *number)).await.unwrap();
            let known = model.uploads.remove(&(key.clone(), id(key, *number)));
            prop_assert_eq!(aborted, known.is_some());
        }
        Act::Reopen => {}
    }
    Ok(())
}

async fn complete(
    store: &Arc<Store>,
    model: &mut Model,
    key: &str,
    number: u8,
    numbers: &[u32],
    version_id: &str,
) -> Result<(), TestCaseError> {
    let at = (key.to_owned(), id(key, number));
    let sizes = model.uploads.get(&at).and_then(|parts| {
        let sizes = numbers.iter().map(|number| parts.get(number).copied());
        sizes.collect::<Option<Vec<_>>>()
    });
    let body = sizes.iter().flatten().flat_map(|size| pattern(*size));
    let body: Vec<u8> = body.collect();
    let mut record = versions::version(key, version_id, model.sequence + 1, &body);
    record.upload_id = Some(id(key, number));
    let completed = store.complete_upload(upload_at(key, number), numbers.to_vec(), record.clone());
    prop_assert_eq!(completed.await.unwrap(), sizes.is_some());
    if sizes.is_some() {
        model.uploads.remove(&at);
        model.put(record, body);
    }
    Ok(())
}

async fn check(store: &Arc<Store>, model: &Model) -> Result<(), TestCaseError> {
    let all = store
        .scan_versions(BUCKET, Start::Key(Bound::Unbounded), 1000)
        .await
        .unwrap();
    prop_assert_eq!(all, model.sorted().into_iter().cloned().collect::<Vec<_>>());
    for ((key, version_id), (record, body)) in &model.versions {
        let version_id = VersionId(version_id.clone());
        let (found, stored) = store
            .open(At::version(BUCKET, key, &version_id))
            .await
            .unwrap()
            .unwrap();
        let chunks: Vec<_> = stored.stream(0..found.size).try_collect().await.unwrap();
        prop_assert!(
            found == *record && chunks.concat() == *body,
            "{key} {version_id:?}"
        );
    }
    for current in model.current() {
        let found = store
            .object(At::current(BUCKET, &current.key))
            .await
            .unwrap();
        prop_assert_eq!(found.as_ref(), Some(current));
    }
    let begun = store
        .scan_uploads(BUCKET, Bound::Unbounded, 1000)
        .await
        .unwrap();
    let begun: Vec<_> = begun
        .into_iter()
        .map(|upload| (upload.object.key, upload.id))
        .collect();
    prop_assert_eq!(begun, model.uploads.keys().cloned().collect::<Vec<_>>());
    for ((key, id), parts) in &model.uploads {
        let found = store
            .parts(&uploads::at(BUCKET, key, id), 0, 100)
            .await
            .unwrap();
        let expected = parts
            .iter()
            .map(|(number, size)| uploads::part(*number, &pattern(*size)));
        prop_assert_eq!(found, expected.collect::<Vec<_>>());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_store_agrees_with_a_model(acts in prop::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for kind in [Kind::Memory, Kind::Sqlite, Kind::Fs] {
            runtime.block_on(play(kind, &acts))?;
        }
    }
}
