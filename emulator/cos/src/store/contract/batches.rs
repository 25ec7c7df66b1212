//! What every store has to do with many buckets and objects that appear together.

use std::ops::Bound;

use bytes::Bytes;

use super::uploads::{put_part, upload};
use super::versions::{marker, version};
use super::{bucket, listed_in, pattern, put, read};
use crate::store::{Batch, BucketRecord, ObjectRecord, Scope, Store, StoreError, UploadAt};

/// Adds an object to a batch.
pub async fn add(
    store: &Store,
    batch: &mut Batch,
    bucket: &str,
    record: &ObjectRecord,
    body: &[u8],
) -> Result<(), StoreError> {
    let mut staged = store.stage().await?;
    for piece in body.chunks(100_000) {
        staged.write(Bytes::copy_from_slice(piece)).await?;
    }
    batch.add_object(staged, bucket.to_owned(), record).await
}

/// Everything about batches. The store is as empty afterwards as it is expected to be before.
pub async fn check(store: &Store) -> Result<(), StoreError> {
    before(store).await?;
    dropped(store).await?;
    replaces(store).await?;
    adds(store).await?;
    store.commit_batch(store.batch(Scope::Replace)).await?;
    assert_eq!(store.buckets().await?, [], "nothing is a state, too");
    Ok(())
}

/// Objects, a document and an upload, in buckets of which one stays.
async fn before(store: &Store) -> Result<(), StoreError> {
    for name in ["gone-1", "kept-1"] {
        assert!(store.create_bucket(bucket(name)).await?);
        assert!(put(store, name, "a", b"old a", 9).await?);
        assert!(put(store, name, "b", &pattern(2_500_000), 1 << 20).await?);
        assert!(store.put_document(name, "cors", "old".into()).await?);
    }
    assert!(
        store
            .begin_upload("kept-1".to_owned(), upload("c", "0a"))
            .await?
    );
    let at = UploadAt {
        bucket: "kept-1".to_owned(),
        key: "c".to_owned(),
        id: "0a".to_owned(),
    };
    assert!(put_part(store, &at, 1, &pattern(1_200_000)).await?);
    Ok(())
}

async fn dropped(store: &Store) -> Result<(), StoreError> {
    let mut batch = store.batch(Scope::Replace);
    batch.add_bucket(bucket("new-1"));
    for (key, size) in [("a", 10), ("b", 1_500_000)] {
        let body = pattern(size);
        add(
            store,
            &mut batch,
            "new-1",
            &version(key, "null", 1, &body),
            &body,
        )
        .await?;
    }
    drop(batch);
    assert_eq!(listed_in(store, "gone-1").await?, ["a", "b"]);
    assert_eq!(store.bucket("new-1").await?, None);
    let (_, body) = read(store, "kept-1", "b", None)
        .await?
        .expect("it is there");
    assert!(body == pattern(2_500_000));
    Ok(())
}

async fn replaces(store: &Store) -> Result<(), StoreError> {
    // A reader of what goes reads on.
    let version_id = crate::store::VersionId::default();
    let at = crate::store::At::version("gone-1", "b", &version_id);
    let (_, reading) = store.open(at).await?.expect("it is there");

    let (small, large) = (b"new a".to_vec(), pattern(1_800_000));
    let mut batch = store.batch(Scope::Replace);
    for name in ["kept-1", "new-1"] {
        batch.add_bucket(bucket(name));
        batch.add_document(name.to_owned(), "policy".to_owned(), "new".into());
        for (record, body) in [
            (version("a", "null", 1, &small), &small),
            (version("a/below", "null", 1, &large), &large),
            (version("empty", "null", 1, b""), &Vec::new()),
            (version("v", "X", 1, &large), &large),
            (version("v", "Y", 2, &small), &small),
            (marker("v", "Z", 3), &Vec::new()),
        ] {
            add(store, &mut batch, name, &record, body).await?;
        }
    }
    assert_eq!(batch.objects(), 12);
    store.commit_batch(batch).await?;

    let old = super::drain(reading.stream(0..2_500_000)).await;
    assert!(old.expect("the old body is there") == pattern(2_500_000));
    assert_eq!(store.buckets().await?, [bucket("kept-1"), bucket("new-1")]);
    assert_eq!(listed_in(store, "gone-1").await?, [""; 0]);
    for name in ["kept-1", "new-1"] {
        assert_eq!(listed_in(store, name).await?, ["a", "a/below", "empty"]);
        for (key, body) in [("a", &small), ("a/below", &large), ("empty", &Vec::new())] {
            let found = read(store, name, key, None).await?;
            assert!(found.expect("it was stored").1 == *body, "{name}/{key}");
        }
        assert_eq!(
            store.documents(name, "").await?,
            [("policy".to_owned(), "new".into())]
        );
        let versions = store
            .scan_versions(name, crate::store::Start::Key(Bound::Unbounded), 100)
            .await?;
        assert_eq!(versions.len(), 6);
        let uploads = store.scan_uploads(name, Bound::Unbounded, 10).await?;
        assert_eq!(uploads, [], "uploads are not kept");
    }
    Ok(())
}

async fn adds(store: &Store) -> Result<(), StoreError> {
    let large = pattern(1_100_000);
    let mut batch = store.batch(Scope::Add);
    batch.add_bucket(BucketRecord {
        region: "ap-elsewhere".to_owned(),
        ..bucket("kept-1")
    });
    batch.add_bucket(bucket("more-1"));
    for (name, key) in [("kept-1", "a"), ("kept-1", "z"), ("more-1", "a")] {
        add(
            store,
            &mut batch,
            name,
            &version(key, "null", 9, &large),
            &large,
        )
        .await?;
    }
    store.commit_batch(batch).await?;
    assert_eq!(store.bucket("kept-1").await?, Some(bucket("kept-1").into()));
    assert_eq!(
        listed_in(store, "kept-1").await?,
        ["a", "a/below", "empty", "z"]
    );
    for (name, key) in [("kept-1", "a"), ("kept-1", "z"), ("more-1", "a")] {
        let (_, body) = read(store, name, key, None).await?.expect("it was stored");
        assert!(body == large, "{name}/{key}");
    }
    Ok(())
}
