//! What the stores cost by themselves: how long one takes to open, and single operations in a small and in a large bucket.
//!
//! `cargo bench -p backlot-tests --bench store` prints the table; `-- 1000000` with so many objects instead of 100,000. What
//! requests cost over the wire, and what the disk allows, is in the bench `cos`.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::{Clock, Stopwatch};
use backlot::cos::store::contract::{bucket, read, record};
use backlot::cos::store::{self, At, Durability, Kind, Store, StoreSettings};
use backlot_tests::measure::{ROUNDS, median, say};
use bytes::Bytes;

/// Operations of a round.
const COUNT: u16 = 300;

/// Bytes of an object: those of a typical event.
const BODY: &[u8] = &[7; 1200];

/// Objects of the small bucket.
const FEW: usize = 1000;

/// Changes at the same time while buckets are filled.
const FILLERS: usize = 64;

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok());
    let many = numbers.next().unwrap_or(100_000);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    say("objects of 1200 bytes, durability relaxed, one operation at a time, microseconds\n");
    say("store     objects     open    HEAD     GET     PUT   page of 1000");
    for kind in [Kind::Sqlite, Kind::Fs] {
        runtime.block_on(measure(kind, many));
    }
}

async fn measure(kind: Kind, many: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Clock::real();
    for (name, count) in [("few-1", FEW), ("many-1", many)] {
        let store = open(kind, folder.path());
        store.create_bucket(bucket(name)).await.expect("a bucket");
        fill(&store, name, count).await;
        drop(store);
        let mut opened = Vec::new();
        for _ in 0..ROUNDS {
            let watch = clock.stopwatch();
            let store = open(kind, folder.path());
            opened.push(micros(watch.elapsed()));
            drop(store);
        }
        let store = open(kind, folder.path());
        let [head, get, put, page] = operations(&store, &clock, name, count).await;
        let opened = median(opened);
        let kind = kind.to_string();
        say(&format!(
            "{kind:<8} {count:>8} {opened:>8.0} {head:>7.1} {get:>7.1} {put:>7.1} {page:>14.0}"
        ));
    }
}

async fn fill(store: &Arc<Store>, bucket: &str, count: usize) {
    let tasks = (0..FILLERS).map(|filler| {
        let (store, bucket) = (Arc::clone(store), bucket.to_owned());
        tokio::spawn(async move {
            for number in (filler..count).step_by(FILLERS) {
                put(&store, &bucket, &key(number)).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
}

/// Medians of HEAD, GET, PUT and a page of a list.
async fn operations(store: &Store, clock: &Clock, bucket: &str, count: usize) -> [f64; 4] {
    let mut taken: [Vec<f64>; 4] = Default::default();
    let each = |watch: Stopwatch| micros(watch.elapsed()) / f64::from(COUNT);
    // Keys that are far from one another.
    let some = |round: usize, number: u16| {
        let at = round * usize::from(COUNT) + usize::from(number);
        key(at.wrapping_mul(7919) % count)
    };
    for round in 0..ROUNDS {
        let watch = clock.stopwatch();
        for number in 0..COUNT {
            let key = some(round, number);
            let found = store.object(At::current(bucket, &key)).await;
            assert!(found.expect("a store that reads").is_some());
        }
        taken[0].push(each(watch));
        let watch = clock.stopwatch();
        for number in 0..COUNT {
            let found = read(store, bucket, &some(round, number), None).await;
            assert!(found.expect("a store that reads").is_some());
        }
        taken[1].push(each(watch));
        let watch = clock.stopwatch();
        for number in 0..COUNT {
            put(store, bucket, &some(round, number)).await;
        }
        taken[2].push(each(watch));
        let watch = clock.stopwatch();
        let page = store.list(bucket, Bound::Unbounded, 1000).await;
        taken[3].push(micros(watch.elapsed()));
        assert_eq!(page.expect("a store that lists").len(), 1000);
    }
    taken.map(median)
}

fn key(number: usize) -> String {
    format!("mps/2024/{:02}/{number:08}.json", number % 31)
}

async fn put(store: &Store, bucket: &str, key: &str) {
    let mut staged = store.stage().await.expect("a body begins");
    let body = Bytes::from_static(BODY);
    staged.write(body).await.expect("a body");
    let stored = staged.commit(bucket.to_owned(), record(key, BODY));
    assert!(stored.await.expect("a store that writes"));
}

fn open(kind: Kind, folder: &Path) -> Arc<Store> {
    let settings = StoreSettings {
        kind,
        path: folder.join("store"),
        durability: Durability::Relaxed,
    };
    store::open(&settings).expect("a store opens")
}

fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}
