//! What the stores cost by themselves, beside what the disk can do in the same run.
//!
//! `cargo bench -p backlot-tests --bench store` prints the tables; `-- 1000000` does the second one with so many objects.
//! Figures are medians of several rounds.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::cos::store::contract::{bucket, read, record};
use backlot::cos::store::{self, At, Durability, Kind, ObjectRecord, Slot, Store, StoreSettings};
use bytes::Bytes;

const ROUNDS: usize = 7;

/// Operations of a round.
const COUNT: u16 = 320;

/// Bytes of an object: those of a typical event.
const SIZE: usize = 1200;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(measure());
}

async fn measure() {
    let kinds = [Kind::Sqlite, Kind::Fs];
    say("objects of 1200 bytes, acknowledged when they survive a loss of power\n");
    say("          clients   PUT/s   new file, flushed   bytes replaced, flushed   ratios");
    for kind in kinds {
        for clients in [1, 16] {
            puts(kind, clients).await;
        }
    }
    let many = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(100_000);
    say(&format!("\nwith {many} objects, in microseconds\n"));
    say(
        "            open   HEAD    GET    PUT   page of 1000   (a bucket with 1000 objects: HEAD, GET, PUT, page)",
    );
    for kind in kinds {
        sizes(kind, many).await;
    }
}

/// Changes per second, beside flushes of the same number of bytes.
async fn puts(kind: Kind, clients: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(kind, folder.path(), Durability::Full);
    store.create_bucket(bucket("b-1")).await.expect("a bucket");
    let clock = Clock::real();
    let (mut stored, mut new, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
    // Taken in turns, because the disk is not the same from one second to the next.
    for round in 0..ROUNDS {
        new.push(rate(&clock, || flush_new(folder.path(), round)));
        replaced.push(rate(&clock, || flush_replaced(folder.path())));
        let watch = clock.stopwatch();
        let tasks = (0..clients).map(|client| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in 0..usize::from(COUNT) / clients {
                    put(&*store, &format!("{round}/{client}/{number}")).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("no panic");
        }
        stored.push(per_second(watch.elapsed()));
    }
    let (stored, new, replaced) = (median(stored), median(new), median(replaced));
    say(&format!(
        "{:<8} {clients:>8} {stored:>7.0} {new:>19.0} {replaced:>25.0}   {:.2} {:.2}",
        kind.to_string(),
        stored / new,
        stored / replaced
    ));
}

fn flush_new(folder: &Path, round: usize) {
    for number in 0..COUNT {
        let path = folder.join(format!("flush-{round}-{number}"));
        let mut file = std::fs::File::create(path).expect("a file");
        file.write_all(&[7; SIZE]).expect("room on the disk");
        file.sync_all().expect("a disk that flushes");
    }
}

fn flush_replaced(folder: &Path) {
    let path = folder.join("replaced");
    if !path.exists() {
        std::fs::write(&path, vec![0; usize::from(COUNT) * 4096]).expect("room on the disk");
    }
    let mut file = std::fs::File::options()
        .write(true)
        .open(path)
        .expect("a file");
    file.sync_all().expect("a disk that flushes");
    for number in 0..u64::from(COUNT) {
        file.seek(SeekFrom::Start(number * 4096))
            .expect("a position");
        file.write_all(&[7; SIZE]).expect("room on the disk");
        file.sync_data().expect("a disk that flushes");
    }
}

/// What single operations take in a small and in a large bucket, and how long it takes to open a store.
async fn sizes(kind: Kind, many: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(kind, folder.path(), Durability::Relaxed);
    let clock = Clock::real();
    for (name, count) in [("b-1", many), ("s-1", 1000)] {
        store.create_bucket(bucket(name)).await.expect("a bucket");
        fill(&store, name, count).await;
    }
    drop(store);
    let mut opened = Vec::new();
    for _ in 0..ROUNDS {
        let watch = clock.stopwatch();
        let store = open(kind, folder.path(), Durability::Relaxed);
        opened.push(micros(watch.elapsed()));
        drop(store);
    }
    let store = open(kind, folder.path(), Durability::Relaxed);
    let large = operations(&*store, "b-1", many).await;
    let small = operations(&*store, "s-1", 1000).await;
    let shown = |of: [f64; 4]| of.map(|micros| format!("{micros:.0}"));
    let ([head, get, put, page], small) = (shown(large), shown(small));
    say(&format!(
        "{:<8} {:>7.0} {head:>6} {get:>6} {put:>6} {page:>14}   ({})",
        kind.to_string(),
        median(opened),
        small.join(", ")
    ));
}

async fn fill(store: &Arc<dyn Store>, bucket: &str, count: usize) {
    let tasks = (0..64).map(|client| {
        let (store, bucket) = (Arc::clone(store), bucket.to_owned());
        tokio::spawn(async move {
            for number in (client..count).step_by(64) {
                put_in(&*store, &bucket, &key(number)).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
}

/// Microseconds of HEAD, GET, PUT and a page of a list.
async fn operations(store: &dyn Store, bucket: &str, count: usize) -> [f64; 4] {
    let clock = Clock::real();
    let (mut heads, mut gets, mut puts, mut pages) = Default::default();
    let some = |round: usize, number: u16| {
        let at = round * usize::from(COUNT) + usize::from(number);
        key(at.wrapping_mul(7919) % count)
    };
    for round in 0..ROUNDS {
        let each = |watch: Duration| micros(watch) / f64::from(COUNT);
        let watch = clock.stopwatch();
        for number in 0..COUNT {
            let key = some(round, number);
            let found = store.object(At::current(bucket, &key)).await;
            assert!(found.expect("a store that reads").is_some());
        }
        Vec::push(&mut heads, each(watch.elapsed()));
        let watch = clock.stopwatch();
        for number in 0..COUNT {
            let key = some(round, number);
            let found = read(store, bucket, &key, None).await;
            assert!(found.expect("a store that reads").is_some());
        }
        Vec::push(&mut gets, each(watch.elapsed()));
        let watch = clock.stopwatch();
        for number in 0..COUNT {
            put_in(store, bucket, &some(round, number)).await;
        }
        Vec::push(&mut puts, each(watch.elapsed()));
        let watch = clock.stopwatch();
        let page: Vec<ObjectRecord> = store
            .scan(bucket, Bound::Unbounded, 1000)
            .await
            .expect("a store that lists");
        assert_eq!(page.len(), 1000.min(count));
        Vec::push(&mut pages, micros(watch.elapsed()));
    }
    [median(heads), median(gets), median(puts), median(pages)]
}

fn key(number: usize) -> String {
    format!("mps/2024/{:02}/{number:08}.json", number % 31)
}

async fn put(store: &dyn Store, key: &str) {
    put_in(store, "b-1", key).await;
}

async fn put_in(store: &dyn Store, bucket: &str, key: &str) {
    let mut staged = store.stage().await.expect("a body begins");
    let bytes = Bytes::from_static(&[7; SIZE]);
    staged.write(bytes.clone()).await.expect("a body");
    let mut record = record(key, &[]);
    record.size = SIZE as u64;
    record.slot = Slot::default();
    let stored = staged.commit(bucket.to_owned(), record).await;
    assert!(stored.expect("a store that writes"));
}

fn open(kind: Kind, folder: &Path, durability: Durability) -> Arc<dyn Store> {
    let path = folder.join("store");
    let settings = StoreSettings {
        kind,
        path,
        durability,
    };
    store::open(&settings).expect("a store opens")
}

fn rate(clock: &Clock, work: impl FnOnce()) -> f64 {
    let watch = clock.stopwatch();
    work();
    per_second(watch.elapsed())
}

fn per_second(took: Duration) -> f64 {
    f64::from(COUNT) / took.as_secs_f64()
}

fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn say(line: &str) {
    // Nobody to read is no reason to fail.
    drop(writeln!(std::io::stdout(), "{line}"));
}
