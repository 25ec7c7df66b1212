//! Large objects in little memory: a child of this program stores one in parts, reads it, and says how much it needed.
//!
//! `BACKLOT_LARGE_MIB` says how large; the limit is the same for every size.

use std::path::Path;
use std::process::Command;

use backlot::cos::store::contract::{bucket, uploads, versions};
use backlot::cos::store::{self, At, Durability, Kind, PartRecord, StoreSettings};
use futures_util::TryStreamExt as _;
use hyper::body::Bytes;

/// What the process may hold at any time, in KiB.
const MOST: u64 = 64 * 1024;

/// MiB of a part.
const PART: u64 = 32;

fn mebibytes() -> u64 {
    let wanted = std::env::var("BACKLOT_LARGE_MIB");
    wanted.map_or(160, |wanted| wanted.parse().unwrap())
}

/// A mebibyte that tells where it belongs.
fn mebibyte(number: u64) -> Bytes {
    let mut bytes = vec![u8::try_from(number % 251).unwrap(); 1 << 20];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes.into()
}

/// The most memory that this process has held, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn store_and_read(kind: Kind, folder: &Path) {
    let settings = StoreSettings {
        kind,
        path: folder.join("store"),
        durability: Durability::Relaxed,
    };
    let store = store::open(&settings).unwrap();
    store.create_bucket(bucket("b-1")).await.unwrap();
    let upload = uploads::upload("large", "0a");
    assert!(store.begin_upload("b-1".to_owned(), upload).await.unwrap());
    let at = uploads::at("b-1", "large", "0a");
    let mut numbers = Vec::new();
    let firsts = (0..mebibytes()).filter(|index| index % PART == 0);
    for (first, number) in firsts.zip(1..) {
        let end = (first + PART).min(mebibytes());
        let mut staged = store.stage().await.unwrap();
        for index in first..end {
            staged.write(mebibyte(index)).await.unwrap();
        }
        let part = PartRecord {
            size: (end - first) << 20,
            ..uploads::part(number, &number.to_le_bytes())
        };
        assert!(staged.commit_part(at.clone(), part).await.unwrap());
        numbers.push(number);
    }
    let mut record = versions::version("large", "null", 1, b"");
    record.size = mebibytes() << 20;
    assert!(store.complete_upload(at, numbers, record).await.unwrap());
    let (record, body) = store
        .open(At::current("b-1", "large"))
        .await
        .unwrap()
        .unwrap();
    let mut stream = body.stream(0..record.size);
    let (mut rest, mut number) = (Vec::new(), 0);
    while let Some(chunk) = stream.try_next().await.unwrap() {
        rest.extend_from_slice(&chunk);
        if rest.len() >= 1 << 20 {
            assert!(rest[..1 << 20] == mebibyte(number), "mebibyte {number}");
            rest.drain(..1 << 20);
            number += 1;
        }
    }
    assert_eq!((rest.len(), number), (0, mebibytes()));
}

/// Not a test: what the child does.
#[test]
#[ignore = "runs in the children of the test below"]
fn keeper() {
    let Ok(kind) = std::env::var("BACKLOT_LARGE_STORE") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(store_and_read(kind.parse().unwrap(), folder.path()));
    let peak = peak();
    assert!(peak < MOST, "{kind} needed {peak} KiB");
}

#[test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "asks Linux how much memory was needed"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "memory is measured in a process of its own"
)]
fn large_objects_need_little_memory() {
    for kind in [Kind::Fs, Kind::Sqlite] {
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cos::large::keeper", "--ignored"])
            .env("BACKLOT_LARGE_STORE", kind.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
    }
}
