//! Random sequences of changes: every store agrees with a map.

use std::collections::BTreeMap;
use std::ops::Bound;

use backlot::cos::store::contract::{HOSTILE_KEYS, bucket, pattern, put, read};
use backlot::cos::store::{self, At, Durability, Kind, Store, StoreSettings, VersionId};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Act {
    Put(String, usize),
    Remove(String),
    Read(String),
    Scan(String, bool, usize),
    Reopen,
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[aAb./%]{1,4}",
        2 => prop::sample::select(HOSTILE_KEYS).prop_map(str::to_owned),
        1 => "\\PC{1,5}",
    ]
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![30 => 0_usize..100, 1 => Just(262_144_usize), 1 => 1_048_570_usize..1_048_590, 1 => Just(2_200_000_usize)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (key(), size()).prop_map(|(key, size)| Act::Put(key, size)),
        3 => key().prop_map(Act::Remove),
        2 => key().prop_map(Act::Read),
        2 => (key(), any::<bool>(), 1_usize..9).prop_map(|(key, included, limit)| Act::Scan(key, included, limit)),
        1 => Just(Act::Reopen),
    ]
}

async fn play(kind: Kind, acts: &[Act]) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        kind,
        path: folder.path().join("store"),
        durability: Durability::Relaxed,
    };
    let mut store = store::open(&settings).unwrap();
    store.create_bucket(bucket("b-1")).await.unwrap();
    let mut model: BTreeMap<String, usize> = BTreeMap::new();
    let version_id = VersionId::default();
    for act in acts {
        match act {
            Act::Put(key, size) => {
                prop_assert!(
                    put(&store, "b-1", key, &pattern(*size), 300_000)
                        .await
                        .unwrap()
                );
                model.insert(key.clone(), *size);
            }
            Act::Remove(key) => {
                let removed = store
                    .remove(At::version("b-1", key, &version_id))
                    .await
                    .unwrap();
                prop_assert_eq!(removed, model.remove(key).is_some());
            }
            Act::Read(key) => {
                let found = read(&store, "b-1", key, None).await.unwrap();
                let found = found.map(|(_, body)| body);
                prop_assert!(
                    found == model.get(key).map(|size| pattern(*size)),
                    "{:?}",
                    key
                );
            }
            Act::Scan(key, included, limit) => {
                let from = if *included {
                    Bound::Included(key.as_str())
                } else {
                    Bound::Excluded(key.as_str())
                };
                let found = store.list("b-1", from, *limit).await.unwrap();
                let found: Vec<_> = found.into_iter().map(|record| record.key).collect();
                let expected = model.range::<str, _>((from, Bound::Unbounded)).take(*limit);
                let expected: Vec<_> = expected.map(|(key, _)| key.clone()).collect();
                prop_assert_eq!(found, expected);
            }
            Act::Reopen if kind == Kind::Memory => {}
            Act::Reopen => {
                drop(store);
                store = store::open(&settings).unwrap();
            }
        }
    }
    check_all(&store, &model).await
}

async fn check_all(store: &Store, model: &BTreeMap<String, usize>) -> Result<(), TestCaseError> {
    let found = store.list("b-1", Bound::Unbounded, 1000).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|record| record.key).collect();
    prop_assert_eq!(&found, &model.keys().cloned().collect::<Vec<_>>());
    for (key, size) in model {
        let (_, body) = read(store, "b-1", key, None).await.unwrap().unwrap();
        prop_assert!(body == pattern(*size), "{:?}", key);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_store_agrees_with_a_map(acts in prop::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for kind in [Kind::Memory, Kind::Sqlite, Kind::Fs] {
            runtime.block_on(play(kind, &acts))?;
        }
    }
}
