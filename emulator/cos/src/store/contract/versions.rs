//! Versions of a key: which one is current, their order, and what is left when one of them goes.

use std::ops::Bound;

use super::{drain, pattern, record, remove};
use crate::store::{
    At, Listed, ObjectRecord, ObjectType, Removal, Start, Store, StoreError, VersionId, Which,
};

/// A version for tests. The greater `sequence`, the newer.
pub fn version(key: &str, version_id: &str, sequence: u64, body: &[u8]) -> ObjectRecord {
    ObjectRecord {
        version_id: VersionId(version_id.to_owned()),
        sequence,
        ..record(key, body)
    }
}

/// A delete marker for tests.
pub fn marker(key: &str, version_id: &str, sequence: u64) -> ObjectRecord {
    ObjectRecord {
        object_type: ObjectType::DeleteMarker,
        etag: String::new(),
        ..version(key, version_id, sequence, b"")
    }
}

async fn put(store: &Store, version: &ObjectRecord, body: &[u8]) -> Result<(), StoreError> {
    let mut staged = store.stage().await?;
    staged.write(body.to_vec().into()).await?;
    assert!(staged.commit("v-1".to_owned(), version.clone()).await?);
    Ok(())
}

async fn current(store: &Store, key: &str) -> Result<Option<String>, StoreError> {
    let found = store.object(At::current("v-1", key)).await?;
    Ok(found.map(|record| record.version_id.0))
}

async fn version_ids(
    store: &Store,
    from: Start<'_>,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let found = store.scan_versions("v-1", from, limit).await?;
    let listed = store.list_versions("v-1", from, limit).await?;
    let all: Vec<_> = found.iter().cloned().map(Listed::from).collect();
    assert_eq!(listed, all);
    let names = found
        .iter()
        .map(|record| format!("{}:{}", record.key, record.version_id.0));
    Ok(names.collect())
}

async fn shown(store: &Store) -> Result<Vec<String>, StoreError> {
    let found = store.list("v-1", Bound::Unbounded, 100).await?;
    Ok(found.into_iter().map(|record| record.key).collect())
}

pub(super) async fn check(store: &Store) -> Result<(), StoreError> {
    assert!(store.create_bucket(super::bucket("v-1")).await?);
    let large = pattern(2_100_000);
    for (key, version_id, sequence, body) in [
        ("a", "null", 1, &b"first"[..]),
        ("a", "X1", 2, &large),
        ("a", "x1", 3, b"third"),
        ("a/X1", "null", 4, b"other"),
        ("a/X1", "y", 5, b"another"),
        ("b", "z", 6, b""),
    ] {
        put(store, &version(key, version_id, sequence, body), body).await?;
    }
    put(store, &marker("b", "m", 7), b"").await?;

    let first = Start::Key(Bound::Unbounded);
    let all = [
        "a:x1",
        "a:X1",
        "a:null",
        "a/X1:y",
        "a/X1:null",
        "b:m",
        "b:z",
    ];
    assert_eq!(version_ids(store, first, 100).await?, all);
    assert_eq!(version_ids(store, first, 2).await?, all[..2]);
    assert_eq!(
        version_ids(store, Start::Key(Bound::Excluded("a")), 2).await?,
        all[3..5]
    );
    assert_eq!(
        version_ids(store, Start::Key(Bound::Included("b")), 9).await?,
        all[5..]
    );
    assert_eq!(
        version_ids(store, Start::Older("a", 3), 3).await?,
        all[1..4]
    );
    assert_eq!(version_ids(store, Start::Older("b", 6), 3).await?, [""; 0]);
    assert_eq!(shown(store).await?, ["a", "a/X1"]);
    assert_eq!(current(store, "b").await?.as_deref(), Some("m"));

    for (version_id, expected) in [("null", &b"first"[..]), ("X1", &large), ("x1", b"third")] {
        let version_id = VersionId(version_id.to_owned());
        let (record, body) = store
            .open(At::version("v-1", "a", &version_id))
            .await?
            .expect("it was stored");
        let bytes = drain(body.stream(0..record.size)).await;
        assert!(bytes.expect("it can be read") == expected, "{version_id:?}");
    }
    let (found, _) = store
        .open(At::current("v-1", "b"))
        .await?
        .expect("a marker");
    assert_eq!(found, marker("b", "m", 7));

    newest(store).await?;
    described(store).await?;
    removed(store).await
}

/// Which version is current does not depend on which was stored last, nor what is listed on how many there are.
async fn newest(store: &Store) -> Result<(), StoreError> {
    for (version_id, sequence) in [("n", 20), ("o", 10)] {
        put(store, &version("c", version_id, sequence, b"c"), b"c").await?;
    }
    assert_eq!(current(store, "c").await?.as_deref(), Some("n"));
    for sequence in 1..=40 {
        let version_id = format!("s{sequence}");
        put(store, &version("d", &version_id, sequence, b"d"), b"d").await?;
    }
    put(store, &version("e", "null", 1, b"e"), b"e").await?;
    assert_eq!(shown(store).await?, ["a", "a/X1", "c", "d", "e"]);
    let behind = store.list("v-1", Bound::Excluded("c"), 2).await?;
    assert_eq!((behind.len(), &*behind[0].version_id), (2, "s40"));
    for key in ["c", "d", "e"] {
        while store.remove(At::current("v-1", key)).await? {}
    }
    Ok(())
}

async fn described(store: &Store) -> Result<(), StoreError> {
    let mut changed = version("a", "X1", 2, &pattern(2_100_000));
    changed.tags.push(("k".to_owned(), "v".to_owned()));
    assert!(
        store
            .update_object("v-1".to_owned(), changed.clone())
            .await?
    );
    let version_id = VersionId("X1".to_owned());
    assert_eq!(
        store.object(At::version("v-1", "a", &version_id)).await?,
        Some(changed)
    );
    assert_eq!(current(store, "a").await?.as_deref(), Some("x1"));
    let unknown = version("a", "unknown", 9, b"");
    assert!(!store.update_object("v-1".to_owned(), unknown).await?);
    let mut bucket = super::bucket("v-1");
    bucket.extra.insert("x".to_owned(), "y".into());
    assert!(store.update_bucket(bucket.clone()).await?);
    assert_eq!(store.bucket("v-1").await?, Some(bucket.into()));
    assert!(!store.update_bucket(super::bucket("no-1")).await?);
    Ok(())
}

async fn removed(store: &Store) -> Result<(), StoreError> {
    // A marker with the version id of an object takes its place, and the other way round.
    put(store, &marker("a", "null", 8), b"").await?;
    assert_eq!(current(store, "a").await?.as_deref(), Some("null"));
    assert_eq!(shown(store).await?, ["a/X1"]);
    put(store, &version("a", "null", 9, b"again"), b"again").await?;
    assert_eq!(shown(store).await?, ["a", "a/X1"]);

    assert!(remove(store, "v-1", "a").await?);
    assert_eq!(current(store, "a").await?.as_deref(), Some("x1"));
    for (key, version_id, then) in [
        ("a", "X1", Some("x1")),
        ("b", "m", Some("z")),
        ("b", "z", None),
        ("a", "x1", None),
        ("a/X1", "y", Some("null")),
    ] {
        let version_id = VersionId(version_id.to_owned());
        assert!(store.remove(At::version("v-1", key, &version_id)).await?);
        assert!(!store.remove(At::version("v-1", key, &version_id)).await?);
        assert_eq!(current(store, key).await?.as_deref(), then, "{key}");
    }
    assert_eq!(store.remove_bucket("v-1").await?, Removal::NotEmpty);
    let last = At {
        bucket: "v-1",
        key: "a/X1",
        which: Which::Current,
    };
    assert!(store.remove(last).await?);
    assert_eq!(store.remove_bucket("v-1").await?, Removal::Removed);
    Ok(())
}
