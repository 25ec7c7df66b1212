//! What every [`Store`] has to pass: one suite, run by the tests of each implementation.
//!
//! It asserts, so a breach panics with the place; errors of the store itself are returned.

pub mod batches;
pub mod uploads;
pub mod versions;

use std::io;
use std::ops::{Bound, Range};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    At, BodyStream, BucketRecord, ObjectRecord, ObjectType, Removal, Scope, Store, StoreError,
    VersionId,
};
use backlot_base::digest::Digests;

/// Keys that have been trouble for some object store.
pub const HOSTILE_KEYS: &[&str] = &[
    "a",
    "a/b",
    "a/b/c",
    "a/",
    "a//",
    "A",
    "A/b",
    "../x",
    "..",
    ".",
    "a/./b",
    "a/../../b",
    "/lead",
    "//",
    "%2E%2E/x",
    "%_",
    "%+a",
    "%clash/x",
    "x%meta.json",
    "nul",
    "con.txt",
    "c:\\windows",
    "trailing.",
    "trailing ",
    "new\nline",
    "tab\t",
    "\u{1}",
    "照片/é.jpg",
    ".git/config",
    ".backlot/format",
    "*?\"<>|",
    "a\0b",
    "😀",
    "\u{ffff}",
];

/// A bucket for tests.
pub fn bucket(name: &str) -> BucketRecord {
    BucketRecord {
        name: name.to_owned(),
        region: "ap-guangzhou".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        extra: Map::new(),
    }
}

/// A record that fits a body.
pub fn record(key: &str, body: &[u8]) -> ObjectRecord {
    let digests = Digests::of(body);
    ObjectRecord {
        key: key.to_owned(),
        version_id: VersionId::default(),
        sequence: 0,
        object_type: ObjectType::Normal,
        size: digests.size,
        etag: digests.etag(),
        crc64: digests.crc64,
        last_modified: Timestamp::UNIX_EPOCH,
        storage_class: "STANDARD".to_owned(),
        headers: vec![("content-type".to_owned(), "text/plain".into())],
        metadata: vec![("x-cos-meta-raw".to_owned(), vec![0xff, b'a'].into())],
        tags: Vec::new(),
        encryption: None,
        restore: None,
        upload_id: None,
        extra: Map::from_iter([("unknown".to_owned(), Value::from(7))]),
    }
}

/// Stores a body in pieces of `piece` bytes.
pub async fn put(
    store: &Store,
    bucket: &str,
    key: &str,
    body: &[u8],
    piece: usize,
) -> Result<bool, StoreError> {
    let mut staged = store.stage().await?;
    for piece in body.chunks(piece) {
        staged.write(Bytes::copy_from_slice(piece)).await?;
    }
    staged.commit(bucket.to_owned(), record(key, body)).await
}

/// The bytes of a range of an object, if there is one.
pub async fn read(
    store: &Store,
    bucket: &str,
    key: &str,
    range: Option<Range<u64>>,
) -> Result<Option<(ObjectRecord, Vec<u8>)>, StoreError> {
    let version_id = VersionId::default();
    let Some((record, body)) = store.open(At::version(bucket, key, &version_id)).await? else {
        return Ok(None);
    };
    let range = range.unwrap_or(0..record.size);
    let bytes = drain(body.stream(range))
        .await
        .map_err(|error| StoreError::Damaged {
            what: key.to_owned(),
            why: error.to_string(),
        })?;
    Ok(Some((record, bytes)))
}

async fn drain(stream: BodyStream) -> io::Result<Vec<u8>> {
    let add = |mut all: Vec<u8>, bytes: Bytes| async move {
        all.extend_from_slice(&bytes);
        Ok(all)
    };
    stream.try_fold(Vec::new(), add).await
}

/// Bytes of which no two stretches look alike.
pub fn pattern(size: usize) -> Vec<u8> {
    let bytes = (0..size.div_ceil(8) as u64)
        .flat_map(|word| word.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    bytes.take(size).collect()
}

/// Everything that a store, which must be empty, has to do.
pub async fn check(store: Arc<Store>) -> Result<(), StoreError> {
    let store = store.as_ref();
    buckets(store).await?;
    documents(store).await?;
    objects(store).await?;
    bodies(store).await?;
    replaced_while_read(store).await?;
    dropped(store).await?;
    hostile_keys(store).await?;
    pages(store).await?;
    versions::check(store).await?;
    uploads::check(store).await?;
    store.commit_batch(store.batch(Scope::Replace)).await?;
    batches::check(store).await?;
    Ok(())
}

async fn buckets(store: &Store) -> Result<(), StoreError> {
    assert_eq!(store.buckets().await?, []);
    assert_eq!(store.remove_bucket("b-1").await?, Removal::Missing);
    assert!(store.create_bucket(bucket("b-1")).await?);
    assert!(!store.create_bucket(bucket("b-1")).await?, "there is one");
    assert!(store.create_bucket(bucket("a-1")).await?);
    assert_eq!(store.buckets().await?, [bucket("a-1"), bucket("b-1")]);
    assert_eq!(store.bucket("b-1").await?, Some(bucket("b-1").into()));
    assert!(put(store, "b-1", "key", b"x", 1).await?);
    assert_eq!(store.remove_bucket("b-1").await?, Removal::NotEmpty);
    assert!(remove(store, "b-1", "key").await?);
    assert_eq!(store.remove_bucket("b-1").await?, Removal::Removed);
    assert_eq!(store.bucket("b-1").await?, None);
    assert!(
        !put(store, "b-1", "key", b"x", 1).await?,
        "there is no bucket"
    );
    assert_eq!(read(store, "b-1", "key", None).await?, None);
    assert_eq!(store.list("b-1", Bound::Unbounded, 10).await?, []);
    Ok(())
}

async fn documents(store: &Store) -> Result<(), StoreError> {
    assert!(
        !store.put_document("d-1", "x", Bytes::new()).await?,
        "there is no bucket"
    );
    assert!(store.create_bucket(bucket("d-1")).await?);
    assert_eq!(store.document("d-1", "x").await?, None);
    let long = format!("l/{}", "A".repeat(super::MAX_NAME - 2));
    let names = ["a", "A", "a/1", "a/B.c", "a/b%2e", "a/中", "b", &long];
    for name in names {
        let bytes = Bytes::copy_from_slice(name.as_bytes());
        assert!(store.put_document("d-1", name, "old".into()).await?);
        assert!(store.put_document("d-1", name, bytes).await?);
    }
    for name in names {
        assert_eq!(
            store.document("d-1", name).await?,
            Some(name.to_owned().into())
        );
        assert_eq!(store.document("a-1", name).await?, None);
    }
    let listed = store.documents("d-1", "a/").await?;
    let listed: Vec<_> = listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, ["a/1", "a/B.c", "a/b%2e", "a/中"]);
    assert!(store.remove_document("d-1", "a").await?);
    assert!(!store.remove_document("d-1", "a").await?);
    assert_eq!(store.document("d-1", "a").await?, None);
    assert_eq!(store.remove_bucket("d-1").await?, Removal::Removed);
    assert_eq!(
        store.documents("d-1", "").await?,
        [],
        "they go with the bucket"
    );
    assert!(store.create_bucket(bucket("d-1")).await?);
    assert_eq!(store.documents("d-1", "").await?, []);
    assert_eq!(store.remove_bucket("d-1").await?, Removal::Removed);
    Ok(())
}

async fn objects(store: &Store) -> Result<(), StoreError> {
    assert_eq!(read(store, "a-1", "key", None).await?, None);
    assert!(!remove(store, "a-1", "key").await?);
    assert!(put(store, "a-1", "key", b"one", 2).await?);
    let found = store
        .object(At::version("a-1", "key", &VersionId::default()))
        .await?;
    assert_eq!(found, Some(record("key", b"one")));
    let other = VersionId("other".to_owned());
    assert_eq!(store.object(At::version("a-1", "key", &other)).await?, None);
    assert!(put(store, "a-1", "key", b"three", 9).await?);
    assert_eq!(
        read(store, "a-1", "key", None).await?,
        Some((record("key", b"three"), b"three".to_vec()))
    );
    assert!(remove(store, "a-1", "key").await?);
    assert_eq!(read(store, "a-1", "key", None).await?, None);
    Ok(())
}

async fn bodies(store: &Store) -> Result<(), StoreError> {
    for size in [
        0,
        1,
        1000,
        262_143,
        262_144,
        262_145,
        1 << 20,
        (1 << 20) + 1,
        3_500_000,
    ] {
        let body = pattern(size);
        assert!(put(store, "a-1", "body", &body, 100_000).await?);
        let (found, bytes) = read(store, "a-1", "body", None)
            .await?
            .expect("it was stored");
        assert_eq!(found, record("body", &body), "{size}");
        assert!(bytes == body, "{size} bytes come back as they were");
        let (from, to) = (size / 3, size - size / 4);
        let range = Some(from as u64..to as u64);
        let (_, bytes) = read(store, "a-1", "body", range)
            .await?
            .expect("it was stored");
        assert!(bytes == body[from..to], "a part of {size} bytes");
        let mut staged = store.stage().await?;
        staged.write(body.clone().into()).await?;
        staged.end().await?;
        assert!(staged.commit("a-1".to_owned(), found).await?);
        let (_, bytes) = read(store, "a-1", "body", None)
            .await?
            .expect("it was stored");
        assert!(
            bytes == body,
            "{size} bytes that ended before their record was there"
        );
    }
    assert!(remove(store, "a-1", "body").await?);
    Ok(())
}

async fn replaced_while_read(store: &Store) -> Result<(), StoreError> {
    let version_id = VersionId::default();
    let at = At::version("a-1", "moving", &version_id);
    let old = pattern(3_000_000);
    assert!(put(store, "a-1", "moving", &old, 1 << 20).await?);
    let (_, body) = store.open(at).await?.expect("it was stored");
    assert!(put(store, "a-1", "moving", b"new", 3).await?);
    let mut stream = body.stream(0..3_000_000);
    let first = stream
        .try_next()
        .await
        .expect("the old body is there")
        .expect("it has bytes");
    assert!(remove(store, "a-1", "moving").await?);
    let rest = drain(stream)
        .await
        .expect("the old body is there to its end");
    assert!(
        [first.as_ref(), &rest].concat() == old,
        "a body stays what it was"
    );
    assert_eq!(store.object(at).await?, None);
    Ok(())
}

async fn dropped(store: &Store) -> Result<(), StoreError> {
    let mut staged = store.stage().await?;
    staged.write(pattern(3_000_000).into()).await?;
    drop(staged);
    let mut staged = store.stage().await?;
    staged.write(pattern(700_000).into()).await?;
    staged.end().await?;
    drop(staged);
    assert_eq!(store.list("a-1", Bound::Unbounded, 10).await?, []);
    Ok(())
}

async fn hostile_keys(store: &Store) -> Result<(), StoreError> {
    let long = "k".repeat(850);
    let controls = "\u{2}".repeat(850);
    let deep = "d/".repeat(425);
    let mut keys: Vec<&str> = HOSTILE_KEYS.to_vec();
    keys.extend([long.as_str(), &controls, &deep]);
    for key in &keys {
        assert!(put(store, "a-1", key, key.as_bytes(), 7).await?, "{key:?}");
    }
    for key in &keys {
        let found = read(store, "a-1", key, None).await?;
        assert_eq!(
            found,
            Some((record(key, key.as_bytes()), key.as_bytes().to_vec())),
            "{key:?}"
        );
    }
    keys.sort_unstable();
    assert_eq!(listed(store, Bound::Unbounded, 1000).await?, keys);
    for key in &keys {
        assert!(remove(store, "a-1", key).await?, "{key:?}");
        assert_eq!(read(store, "a-1", key, None).await?, None, "{key:?}");
    }
    Ok(())
}

async fn pages(store: &Store) -> Result<(), StoreError> {
    let keys: Vec<String> = (0..30).map(|number| format!("p/{number:02}")).collect();
    for key in &keys {
        assert!(put(store, "a-1", key, b"", 1).await?);
    }
    assert_eq!(listed(store, Bound::Unbounded, 3).await?, keys[..3]);
    assert_eq!(listed(store, Bound::Included("p/07"), 2).await?, keys[7..9]);
    assert_eq!(
        listed(store, Bound::Excluded("p/07"), 2).await?,
        keys[8..10]
    );
    assert_eq!(listed(store, Bound::Excluded("p/0"), 1).await?, keys[..1]);
    assert_eq!(listed(store, Bound::Excluded("p/29"), 9).await?, [""; 0]);
    for key in &keys {
        assert!(remove(store, "a-1", key).await?);
    }
    Ok(())
}

async fn remove(store: &Store, bucket: &str, key: &str) -> Result<bool, StoreError> {
    store
        .remove(At::version(bucket, key, &VersionId::default()))
        .await
}

/// The keys of a bucket.
async fn listed_in(store: &Store, bucket: &str) -> Result<Vec<String>, StoreError> {
    let records = store.list(bucket, Bound::Unbounded, 1000).await?;
    Ok(records.into_iter().map(|record| record.key).collect())
}

async fn listed(store: &Store, from: Bound<&str>, limit: usize) -> Result<Vec<String>, StoreError> {
    let records = store.list("a-1", from, limit).await?;
    Ok(records.into_iter().map(|record| record.key).collect())
}
