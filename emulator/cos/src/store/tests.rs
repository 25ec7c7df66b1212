//! What every kind of store has to do: the contract, and what concerns files and databases alone.

use std::ops::Bound;

use super::contract::{bucket, check, pattern, put, read};
use super::*;

fn settings(kind: Kind, folder: &tempfile::TempDir) -> StoreSettings {
    StoreSettings {
        kind,
        path: match kind {
            Kind::Sqlite => folder.path().join("data/objects.sqlite"),
            _ => folder.path().join("data"),
        },
        durability: Durability::Relaxed,
    }
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    check(open(&StoreSettings::memory()).unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn files_and_databases_keep_the_contract() {
    for kind in [Kind::Fs, Kind::Sqlite] {
        for durability in [Durability::Relaxed, Durability::Full] {
            let folder = tempfile::tempdir().unwrap();
            let settings = StoreSettings {
                durability,
                ..settings(kind, &folder)
            };
            check(open(&settings).unwrap()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_stored_is_there_when_the_store_opens_again() {
    for kind in [Kind::Fs, Kind::Sqlite] {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(kind, &folder);
        let large = pattern(2_500_000);
        {
            let store = open(&settings).unwrap();
            assert!(store.create_bucket(bucket("b-1")).await.unwrap());
            for key in contract::HOSTILE_KEYS {
                assert!(put(&store, "b-1", key, key.as_bytes(), 9).await.unwrap());
            }
            assert!(put(&store, "b-1", "large", &large, 1 << 20).await.unwrap());
            for name in ["cors", "inventory/A.b", "gone"] {
                let bytes = name.to_owned().into();
                assert!(store.put_document("b-1", name, bytes).await.unwrap());
            }
            assert!(store.remove_document("b-1", "gone").await.unwrap());
            let mut staged = store.stage().await.unwrap();
            staged.write(large.clone().into()).await.unwrap();
            // As if the process had ended in the middle of an upload.
            if kind == Kind::Sqlite {
                std::mem::forget(staged);
            }
        }
        let store = open(&settings).unwrap();
        assert_eq!(store.buckets().await.unwrap(), [bucket("b-1")]);
        let documents = store.documents("b-1", "").await.unwrap();
        let kept = ["cors", "inventory/A.b"];
        assert_eq!(documents, kept.map(|name| (name.to_owned(), name.into())));
        for key in contract::HOSTILE_KEYS {
            let (_, body) = read(&store, "b-1", key, None).await.unwrap().unwrap();
            assert_eq!(body, key.as_bytes());
        }
        let (_, body) = read(&store, "b-1", "large", None).await.unwrap().unwrap();
        assert!(body == large);
        assert!(put(&store, "b-1", "new", &large, 1 << 20).await.unwrap());
        let (_, body) = read(&store, "b-1", "large", None).await.unwrap().unwrap();
        assert!(body == large, "new bodies do not get old numbers");
    }
}

#[tokio::test]
async fn a_second_opener_is_refused_until_the_first_has_gone() {
    for kind in [Kind::Fs, Kind::Sqlite] {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(kind, &folder);
        let first = open(&settings).unwrap();
        let error = open(&settings).unwrap_err();
        assert!(
            matches!(&error, StoreError::Busy { path } if *path == settings.path),
            "{error}"
        );
        assert!(error.to_string().contains("in use by another process"));
        drop(first);
        open(&settings).unwrap();
    }
}

#[test]
fn an_unknown_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fs = settings(Kind::Fs, &folder);
    drop(open(&fs).unwrap());
    for other in ["backlot objects 1", "backlot objects 9"] {
        std::fs::write(fs.path.join(".backlot/format"), format!("{other}\n")).unwrap();
        let error = open(&fs).unwrap_err().to_string();
        assert!(error.contains(&format!("`{other}`")), "{error}");
    }

    let sqlite = StoreSettings {
        path: folder.path().join("x.sqlite"),
        ..settings(Kind::Sqlite, &folder)
    };
    drop(open(&sqlite).unwrap());
    let db = rusqlite::Connection::open(&sqlite.path).unwrap();
    db.pragma_update(None, "user_version", 9).unwrap();
    drop(db);
    let error = open(&sqlite).unwrap_err().to_string();
    assert!(error.contains("the format `9`"), "{error}");
    std::fs::write(&sqlite.path, "this is a text file, not a database at all").unwrap();
    let error = open(&sqlite).unwrap_err().to_string();
    assert!(error.contains("not a database"), "{error}");
}

#[test]
fn a_place_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    // A path below a file cannot be created by anybody, not even by root.
    let mut places = vec![
        (Kind::Fs, file.join("data")),
        (Kind::Sqlite, file.join("x.sqlite")),
    ];
    if cfg!(target_os = "linux") {
        // Nor can anything below the kernel's own folders.
        places.push((Kind::Fs, "/sys/kernel/backlot".into()));
        places.push((Kind::Fs, "/sys/kernel".into()));
        places.push((Kind::Sqlite, "/sys/kernel/x.sqlite".into()));
    }
    for (kind, path) in places {
        let settings = StoreSettings {
            kind,
            path,
            durability: Durability::Full,
        };
        let error = open(&settings).unwrap_err();
        assert!(
            matches!(&error, StoreError::NotWritable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("make the folder writable"));
    }
}

#[tokio::test]
async fn objects_are_files_that_a_person_can_open() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(Kind::Fs, &folder);
    let store = open(&settings).unwrap();
    store.create_bucket(bucket("b-1")).await.unwrap();
    put(&store, "b-1", "in/照片.json", b"{}", 9).await.unwrap();
    let file = settings.path.join("b-1/in/照片.json");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}");
    std::fs::write(settings.path.join("b-1/mine"), "mine").unwrap();
    put(&store, "b-1", "mine", b"object", 9).await.unwrap();
    put(&store, "b-1", "mine/below", b"object", 9)
        .await
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(settings.path.join("b-1/mine")).unwrap(),
        "mine"
    );
    std::fs::write(&file, "longer").unwrap();
    let error = read(&store, "b-1", "in/照片.json", None).await.unwrap_err();
    assert!(error.to_string().contains("is damaged"), "{error}");
}

#[tokio::test]
async fn a_database_of_the_first_format_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(Kind::Sqlite, &folder);
    std::fs::create_dir_all(settings.path.parent().unwrap()).unwrap();
    let db = rusqlite::Connection::open(&settings.path).unwrap();
    db.execute_batch(catalog::FIRST).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    let old = contract::record("key", b"old");
    let json = |record: &ObjectRecord| serde_json::to_string(record).unwrap();
    let named = serde_json::to_string(&bucket("b-1")).unwrap();
    db.execute("INSERT INTO buckets VALUES ('b-1', ?1)", [named])
        .unwrap();
    db.execute(
        "INSERT INTO objects VALUES ('b-1', 'key', 'null', 1, 3, ?1)",
        [json(&old)],
    )
    .unwrap();
    db.execute("INSERT INTO chunks VALUES (1 << 20, ?1)", [b"old"])
        .unwrap();
    drop(db);
    let store = open(&settings).unwrap();
    let found = read(&store, "b-1", "key", None).await.unwrap();
    assert_eq!(found, Some((old, b"old".to_vec())));
    put(&store, "b-1", "key", b"new", 9).await.unwrap();
    let listed = store.list("b-1", Bound::Unbounded, 9).await.unwrap();
    assert_eq!(listed, [contract::record("key", b"new").into()]);
}

/// Leaves the database no room to grow beyond some pages more than it has now.
async fn limit(store: &Store, more: i64) {
    let limit = move |db: &rusqlite::Connection| {
        let pages: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
        db.pragma_update_and_check(None, "max_page_count", pages + more, |_| Ok(()))
    };
    store.catalog.writes.write("limit", limit).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_does_not_fit_changes_nothing() {
    for kind in [Kind::Memory, Kind::Sqlite, Kind::Fs] {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(kind, &folder);
        let store = open(&settings).unwrap();
        store.create_bucket(bucket("old-1")).await.unwrap();
        let large = pattern(2_000_000);
        for (key, body) in [("a", &b"old"[..]), ("b", &large)] {
            assert!(put(&store, "old-1", key, body, 1 << 20).await.unwrap());
        }
        limit(&store, 3).await;
        let mut batch = store.batch(Scope::Replace);
        batch.add_bucket(bucket("new-1"));
        let filled = async {
            for number in 0..200 {
                let key = format!("{number}/{}", "k".repeat(300));
                let body = pattern(100 * number);
                let record = contract::record(&key, &body);
                contract::batches::add(&store, &mut batch, "new-1", &record, &body).await?;
            }
            Ok(())
        };
        // It may be full while bodies arrive, or not before everything is committed.
        let ended = match filled.await {
            Ok(()) => store.commit_batch(batch).await,
            Err(error) => {
                drop(batch);
                Err(error)
            }
        };
        let error = ended.unwrap_err();
        assert!(error.is_full(), "{kind}: {error:?}");
        assert_eq!(store.buckets().await.unwrap(), [bucket("old-1")], "{kind}");
        for (key, body) in [("a", &b"old"[..]), ("b", &large)] {
            let (_, found) = read(&store, "old-1", key, None).await.unwrap().unwrap();
            assert!(found == body, "{kind}: {key}");
        }
        limit(&store, 1000).await;
        assert!(put(&store, "old-1", "c", b"new", 9).await.unwrap());
        if kind == Kind::Fs {
            let staging = settings.path.join(".backlot/staging");
            assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);
        }
    }
}

#[test]
fn a_database_that_is_gone_or_empty_is_not_replaced_by_a_new_one() {
    for kind in [Kind::Sqlite, Kind::Fs] {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(kind, &folder);
        drop(open(&settings).unwrap());
        let database = match kind {
            Kind::Fs => settings.path.join(".backlot/catalog.sqlite"),
            _ => settings.path.clone(),
        };
        let remains = match kind {
            Kind::Fs => settings.path.clone(),
            _ => folder.path().join("data/objects.sqlite-lock"),
        };
        std::fs::write(&database, "").unwrap();
        for what in ["empty", "gone"] {
            let error = open(&settings).unwrap_err();
            assert!(matches!(&error, StoreError::Gone { .. }), "{what}: {error}");
            let text = error.to_string();
            for named in [&database, &remains] {
                assert!(text.contains(named.to_str().unwrap()), "{text}");
            }
            assert!(super::check(&settings).is_err(), "{what}");
            if what == "empty" {
                std::fs::remove_file(&database).unwrap();
            }
        }
        assert!(!database.exists());
        // What the message says to do works.
        match kind {
            Kind::Fs => std::fs::remove_dir_all(&remains).unwrap(),
            _ => std::fs::remove_file(&remains).unwrap(),
        }
        drop(open(&settings).unwrap());
    }
}

#[tokio::test]
async fn folders_of_buckets_without_a_catalog_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(Kind::Fs, &folder);
    let store = open(&settings).unwrap();
    store.create_bucket(bucket("b-1")).await.unwrap();
    drop(store);
    std::fs::remove_dir_all(settings.path.join(".backlot")).unwrap();
    let error = open(&settings).unwrap_err();
    assert!(matches!(&error, StoreError::Gone { .. }), "{error}");
    assert!(settings.path.join("b-1").exists());
}

#[tokio::test]
async fn damage_of_a_database_is_found() {
    for kind in [Kind::Sqlite, Kind::Fs] {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(kind, &folder);
        let store = open(&settings).unwrap();
        store.create_bucket(bucket("b-1")).await.unwrap();
        for number in 0..100 {
            let key = format!("{number}/{}", "k".repeat(300));
            assert!(put(&store, "b-1", &key, b"x", 9).await.unwrap());
        }
        let error = super::check(&settings).unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error}");
        drop(store);
        assert_eq!(super::check(&settings).unwrap(), [""; 0], "{kind}");
        let database = match kind {
            Kind::Fs => settings.path.join(".backlot/catalog.sqlite"),
            _ => settings.path.clone(),
        };
        let mut bytes = std::fs::read(&database).unwrap();
        // Every page but the first, in its header.
        let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
        for at in (page..bytes.len()).step_by(page) {
            bytes[at..at + 8].fill(0x55);
        }
        std::fs::write(&database, bytes).unwrap();
        let found = super::check(&settings);
        assert!(found.map_or(true, |found| !found.is_empty()), "{kind}");
    }
}
