//! Stores on a disk that is full. A small file system in memory is the disk, where the system lets this process mount one;
//! elsewhere the test says that it was skipped.

use std::path::{Path, PathBuf};

use backlot::cos::store::contract::{batches, bucket, pattern, put, read, record};
use backlot::cos::store::{self, At, Durability, Kind, Scope, StoreSettings, VersionId};
use backlot_tests::command::CommandLine;
use backlot_tests::measure::say;
use tempfile::TempDir;

const BUCKET: &str = "b-1";

/// A file system of 32 MiB.
struct Disk(TempDir);

impl Disk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = CommandLine::new("mount", Path::new("/"))
            .args("-t tmpfs -o size=32m tmpfs")
            .arg(folder.path())
            .run();
        if mounted.code == Some(0) {
            return Some(Self(folder));
        }
        say(&format!(
            "SKIPPED: no file system can be mounted here: {}",
            mounted.stderr.trim()
        ));
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Leaves no byte.
    fn fill(&self) {
        let zeros = vec![0; 64 << 20];
        let filled = std::fs::write(self.path("filler"), zeros).unwrap_err();
        assert_eq!(filled.kind(), std::io::ErrorKind::StorageFull);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let line = CommandLine::new("umount", Path::new("/"));
        drop(line.arg("--lazy").arg(self.0.path()).run());
    }
}

async fn full(kind: Kind) {
    let Some(disk) = Disk::mount() else {
        return;
    };
    let settings = StoreSettings {
        kind,
        path: disk.path("store"),
        durability: Durability::Full,
    };
    let store = store::open(&settings).unwrap();
    store.create_bucket(bucket(BUCKET)).await.unwrap();
    let body = pattern(30_000);
    let mut stored = 0;
    let full = loop {
        match put(&store, BUCKET, &stored.to_string(), &body, 9000).await {
            Ok(is_stored) => assert!(is_stored),
            Err(error) => break error,
        }
        stored += 1;
        if stored == 200 {
            disk.fill();
        }
    };
    assert!(full.is_full(), "{kind}: {full:?}");

    let mut batch = store.batch(Scope::Replace);
    batch.add_bucket(bucket("new-1"));
    let large = pattern(9_000_000);
    let loaded = batches::add(&store, &mut batch, "new-1", &record("x", &large), &large).await;
    assert!(loaded.unwrap_err().is_full(), "{kind}");
    drop(batch);
    for key in 0..stored {
        let found = read(&store, BUCKET, &key.to_string(), None).await.unwrap();
        assert!(found.unwrap().1 == body, "{kind}: {key}");
    }
    let null = VersionId::default();
    for key in 0..stored {
        let key = key.to_string();
        let removed = store.remove(At::version(BUCKET, &key, &null)).await;
        assert!(removed.unwrap(), "{kind}: {key}");
    }
    // There is room again.
    for key in 0..stored / 2 {
        let again = put(&store, BUCKET, &key.to_string(), &body, 9000).await;
        assert!(again.unwrap(), "{kind}: {key}");
    }
    drop(store);
    let store = store::open(&settings).unwrap();
    let found = read(&store, BUCKET, "0", None).await.unwrap();
    assert!(found.unwrap().1 == body, "{kind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_can_be_removed_from_a_database_on_a_full_disk() {
    full(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_can_be_removed_from_files_on_a_full_disk() {
    full(Kind::Fs).await;
}
