//! Uploads in parts: how they begin, what is kept, and what they end as.

use std::ops::Bound;

use jiff::Timestamp;

use super::{pattern, read, record};
use crate::store::{ObjectRecord, PartRecord, Removal, Store, StoreError, UploadAt, UploadRecord};
use backlot_base::digest::Digests;

/// An upload for tests.
pub fn upload(key: &str, id: &str) -> UploadRecord {
    UploadRecord {
        id: id.to_owned(),
        initiated: Timestamp::UNIX_EPOCH,
        forbids_overwrite: false,
        object: record(key, b""),
    }
}

/// Which upload, for tests.
pub fn at(bucket: &str, key: &str, id: &str) -> UploadAt {
    UploadAt {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        id: id.to_owned(),
    }
}

/// The record of a part with this body.
pub fn part(number: u32, body: &[u8]) -> PartRecord {
    let digests = Digests::of(body);
    PartRecord {
        number,
        size: digests.size,
        etag: digests.etag(),
        crc64: digests.crc64,
        last_modified: Timestamp::UNIX_EPOCH,
    }
}

/// Stores a part; `false` if there is no such upload.
pub async fn put_part(
    store: &Store,
    at: &UploadAt,
    number: u32,
    body: &[u8],
) -> Result<bool, StoreError> {
    let mut staged = store.stage().await?;
    for piece in body.chunks(300_000) {
        staged.write(piece.to_vec().into()).await?;
    }
    staged.commit_part(at.clone(), part(number, body)).await
}

/// The record of an object that an upload becomes.
pub fn completed(key: &str, id: &str, body: &[u8]) -> ObjectRecord {
    ObjectRecord {
        upload_id: Some(id.to_owned()),
        ..record(key, body)
    }
}

pub(super) async fn check(store: &Store) -> Result<(), StoreError> {
    assert!(
        !store
            .begin_upload("u-1".to_owned(), upload("k", "a1"))
            .await?
    );
    assert!(store.create_bucket(super::bucket("u-1")).await?);
    for (key, id) in [("k", "a1"), ("k", "a2"), ("j", "a3")] {
        assert!(
            store
                .begin_upload("u-1".to_owned(), upload(key, id))
                .await?
        );
    }
    listed(store).await?;
    parts(store).await?;
    sizes(store).await?;
    assert_eq!(store.remove_bucket("u-1").await?, Removal::NotEmpty);
    assert!(store.abort_upload(at("u-1", "j", "a3")).await?);
    assert!(!store.abort_upload(at("u-1", "j", "a3")).await?);
    assert!(super::remove(store, "u-1", "k").await?);
    assert_eq!(store.remove_bucket("u-1").await?, Removal::Removed);
    Ok(())
}

async fn listed(store: &Store) -> Result<(), StoreError> {
    let ids = async |from, limit| {
        let found = store.scan_uploads("u-1", from, limit).await?;
        Ok::<_, StoreError>(
            found
                .into_iter()
                .map(|upload| upload.id)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(ids(Bound::Unbounded, 9).await?, ["a3", "a1", "a2"]);
    assert_eq!(ids(Bound::Excluded(("k", "a1")), 9).await?, ["a2"]);
    assert_eq!(ids(Bound::Included(("k", "a1")), 1).await?, ["a1"]);
    assert_eq!(ids(Bound::Excluded(("j", "~")), 9).await?, ["a1", "a2"]);
    let found = store.upload(&at("u-1", "k", "a1")).await?;
    assert_eq!(found, Some(upload("k", "a1")));
    assert_eq!(store.upload(&at("u-1", "other", "a1")).await?, None);
    Ok(())
}

async fn parts(store: &Store) -> Result<(), StoreError> {
    let (one, two) = (at("u-1", "k", "a1"), at("u-1", "k", "a2"));
    assert!(!put_part(store, &at("u-1", "k", "a9"), 1, b"x").await?);
    let large = pattern(2_500_000);
    for (number, body) in [
        (3, &b"three"[..]),
        (1, &large),
        (2, b"two"),
        (1, b"one"),
        (9, &large),
    ] {
        assert!(put_part(store, &one, number, body).await?);
    }
    assert!(put_part(store, &two, 1, b"other").await?);
    let expected = [part(1, b"one"), part(2, b"two"), part(3, b"three")];
    assert_eq!(store.parts(&one, 0, 3).await?, expected);
    assert_eq!(store.parts(&one, 2, 1).await?, expected[2..]);
    let object = completed("k", "a1", b"onethree");
    assert!(
        !store
            .complete_upload(one.clone(), vec![1, 4], object.clone())
            .await?
    );
    assert_eq!(
        store.parts(&one, 0, 9).await?.len(),
        4,
        "nothing has changed"
    );
    assert!(
        store
            .complete_upload(one.clone(), vec![1, 3], object.clone())
            .await?
    );
    assert_eq!(
        read(store, "u-1", "k", None).await?,
        Some((object.clone(), b"onethree".to_vec()))
    );
    assert_eq!(store.upload(&one).await?, None);
    assert_eq!(store.parts(&one, 0, 9).await?, []);
    assert!(
        !store
            .complete_upload(one.clone(), vec![1, 3], object)
            .await?
    );
    assert!(!put_part(store, &one, 1, b"late").await?);
    assert!(store.abort_upload(two).await?);
    Ok(())
}

/// Bodies of which the parts do not end where rows or chunks do.
async fn sizes(store: &Store) -> Result<(), StoreError> {
    let cases: [&[usize]; 6] = [
        &[0],
        &[5],
        &[2_000_000],
        &[1 << 20, 0],
        &[1_048_577, 1 << 20, 3, 0, 2_222_222],
        &[262_144, 262_145, 1],
    ];
    for (count, sizes) in cases.into_iter().enumerate() {
        let whole = pattern(sizes.iter().sum());
        let id = format!("b{count}");
        let upload_at = at("u-1", "k", &id);
        assert!(
            store
                .begin_upload("u-1".to_owned(), upload("k", &id))
                .await?
        );
        let (mut start, mut numbers) = (0, Vec::new());
        for (size, number) in sizes.iter().zip(1..) {
            assert!(put_part(store, &upload_at, number, &whole[start..start + size]).await?);
            start += size;
            numbers.push(number);
        }
        let object = completed("k", &id, &whole);
        assert!(
            store
                .complete_upload(upload_at, numbers, object.clone())
                .await?
        );
        let (found, bytes) = read(store, "u-1", "k", None).await?.expect("it is there");
        assert!(found == object && bytes == whole, "{sizes:?}");
        let (from, to) = (whole.len() / 3, whole.len() - whole.len() / 4);
        let range = Some(from as u64..to as u64);
        let (_, bytes) = read(store, "u-1", "k", range).await?.expect("it is there");
        assert!(bytes == whole[from..to], "a part of {sizes:?}");
    }
    Ok(())
}
