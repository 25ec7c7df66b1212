//! Stores whose process is killed at any moment: what was acknowledged is there, and nothing is there by halves.
//!
//! A child of this very program changes objects and says so on its standard output; it is killed after a drawn number of
//! those words, and then the store is opened and compared with what the child must have done. `BACKLOT_CRASHES` says how
//! often, `BACKLOT_CRASH_SEED` from which seed.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use backlot::base::digest::Digests;
use backlot::base::seed::Seed;
use backlot::cos::store::contract::{bucket, uploads, versions};
use backlot::cos::store::{
    self, At, Durability, Kind, ObjectRecord, Start, Store, StoreSettings, VersionId,
};
use futures_util::TryStreamExt as _;

use super::killed::{self, Child, seed, times};

const BUCKET: &str = "b-1";

/// How many change objects side by side, each its own.
const WRITERS: u64 = 3;

/// One change, as drawn.
#[derive(Clone, Debug, PartialEq)]
enum Change {
    Put(ObjectRecord, Vec<u8>),
    /// An upload in parts, from its beginning to its end.
    Upload(ObjectRecord, Vec<Vec<u8>>),
    Mark(ObjectRecord),
    Remove(String, String),
    /// Tags, if it is there.
    Tag(String, String, String),
}

/// What should be there, by key and version id.
type State = BTreeMap<(String, String), (ObjectRecord, Vec<u8>)>;

impl Change {
    /// The change that a writer makes as its n-th one in a round.
    fn draw(seed: Seed, round: u64, writer: u64, number: u64) -> Self {
        let draw = |what: &str, below: u64| {
            let position = [round, writer, number].map(|part| part.to_string());
            let [round, writer, number] = &position;
            seed.draw(&["crash", round, writer, number, what])
                .below(below)
        };
        let key = format!("w{writer}/{}", draw("key", 3));
        let version_id = ["null", "X", "x"][usize::try_from(draw("slot", 3)).unwrap()];
        let sequence = 1 + round * 1_000_000 + number;
        let body = |what: &str| {
            let most = [100, 300_000, 1_200_000]
                [usize::try_from(draw(&format!("{what} most"), 3)).unwrap()];
            let size = draw(what, most);
            let first = u8::try_from(draw(&format!("{what} byte"), 256)).unwrap();
            (0..size)
                .map(|at| first.wrapping_add((at % 251) as u8))
                .collect::<Vec<u8>>()
        };
        match draw("kind", 10) {
            0..4 => {
                let body = body("body");
                Self::Put(versions::version(&key, version_id, sequence, &body), body)
            }
            4..7 => {
                let parts: Vec<_> = (0..=draw("parts", 3))
                    .map(|part| body(&format!("part {part}")))
                    .collect();
                let mut record = versions::version(&key, version_id, sequence, &parts.concat());
                record.upload_id = Some(format!("{round:04x}{writer:02x}{number:08x}"));
                Self::Upload(record, parts)
            }
            7 => Self::Mark(versions::marker(&key, version_id, sequence)),
            8 => Self::Remove(key, version_id.to_owned()),
            _ => Self::Tag(key, version_id.to_owned(), number.to_string()),
        }
    }

    fn apply(&self, state: &mut State) {
        match self {
            Self::Put(record, body) => put(state, record, body.clone()),
            Self::Upload(record, parts) => put(state, record, parts.concat()),
            Self::Mark(record) => put(state, record, Vec::new()),
            Self::Remove(key, version_id) => drop(state.remove(&(key.clone(), version_id.clone()))),
            Self::Tag(key, version_id, value) => {
                if let Some((record, _)) = state.get_mut(&(key.clone(), version_id.clone())) {
                    record.tags = vec![("k".to_owned(), value.clone())];
                }
            }
        }
    }

    async fn perform(&self, store: &Store) {
        match self {
            Self::Put(record, body) => commit(store, record, body).await,
            Self::Mark(record) => commit(store, record, b"").await,
            Self::Upload(record, parts) => {
                let id = record.upload_id.clone().unwrap();
                let upload = uploads::upload(&record.key, &id);
                assert!(store.begin_upload(BUCKET.to_owned(), upload).await.unwrap());
                let at = uploads::at(BUCKET, &record.key, &id);
                let mut numbers = Vec::new();
                for (body, number) in parts.iter().zip(1..) {
                    assert!(uploads::put_part(store, &at, number, body).await.unwrap());
                    numbers.push(number);
                }
                assert!(
                    store
                        .complete_upload(at, numbers, record.clone())
                        .await
                        .unwrap()
                );
            }
            Self::Remove(key, version_id) => {
                store
                    .remove(At::version(BUCKET, key, &VersionId(version_id.clone())))
                    .await
                    .unwrap();
            }
            Self::Tag(key, version_id, value) => {
                let version_id = VersionId(version_id.clone());
                if let Some(mut record) = store
                    .object(At::version(BUCKET, key, &version_id))
                    .await
                    .unwrap()
                {
                    record.tags = vec![("k".to_owned(), value.clone())];
                    assert!(
                        store
                            .update_object(BUCKET.to_owned(), record)
                            .await
                            .unwrap()
                    );
                }
            }
        }
    }
}

fn put(state: &mut State, record: &ObjectRecord, body: Vec<u8>) {
    let at = (record.key.clone(), record.version_id.0.clone());
    state.insert(at, (record.clone(), body));
}

async fn commit(store: &Store, record: &ObjectRecord, body: &[u8]) {
    let mut staged = store.stage().await.unwrap();
    for piece in body.chunks(100_000) {
        staged.write(piece.to_vec().into()).await.unwrap();
    }
    assert!(
        staged
            .commit(BUCKET.to_owned(), record.clone())
            .await
            .unwrap()
    );
}

fn settings(kind: Kind, folder: &Path) -> StoreSettings {
    StoreSettings {
        kind,
        path: folder.join("store"),
        durability: Durability::Relaxed,
    }
}

/// Not a test: what the child does, until it is killed.
#[test]
#[ignore = "runs in the children of the test below"]
fn writer() {
    let Some(child) = Child::this() else {
        return;
    };
    let (seed, round) = (child.seed, child.round);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store::open(&settings(child.kind, child.folder())).unwrap();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    for number in 0.. {
                        Change::draw(seed, round, writer, number)
                            .perform(&store)
                            .await;
                        killed::say(&format!("done {writer} {number}"));
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Lets a child write and kills it; says how many changes each writer has acknowledged.
fn write_and_kill(kind: Kind, folder: &Path, seed: Seed, round: u64) -> Vec<u64> {
    let child = Child {
        kind,
        folder: folder.to_owned(),
        seed,
        round,
    };
    let mut done = vec![0; usize::try_from(WRITERS).unwrap()];
    for line in child.run_and_kill("cos::crash::writer", &["done "], 40) {
        let mut words = line.split(' ');
        if words.next() == Some("done") {
            let writer: usize = words.next().unwrap().parse().unwrap();
            done[writer] = words.next().unwrap().parse::<u64>().unwrap() + 1;
        }
    }
    done
}

/// Everything that a store shows of one writer.
async fn found(store: &Store, writer: u64) -> State {
    let prefix = format!("w{writer}/");
    let start = Start::Key(Bound::Included(&prefix));
    let mut state = State::new();
    for record in store.scan_versions(BUCKET, start, 1000).await.unwrap() {
        if !record.key.starts_with(&prefix) {
            break;
        }
        let at = At::version(BUCKET, &record.key, &record.version_id);
        let (record, body) = store.open(at).await.unwrap().unwrap();
        let chunks: Vec<_> = body.stream(0..record.size).try_collect().await.unwrap();
        let body = chunks.concat();
        let digests = Digests::of(&body);
        assert_eq!(
            (digests.size, digests.crc64),
            (record.size, record.crc64),
            "{record:?}"
        );
        put(&mut state, &record, body);
    }
    state
}

/// For messages: what is where, without bytes.
fn outline(state: &State) -> Vec<String> {
    let lines = state.values().map(|(record, _)| {
        format!(
            "{} {} born {} size {} tags {:?}",
            record.key, record.version_id.0, record.sequence, record.size, record.tags
        )
    });
    lines.collect()
}

async fn crash(kind: Kind, times: u64, seed: Seed) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(kind, folder.path());
    let store = store::open(&settings).unwrap();
    store.create_bucket(bucket(BUCKET)).await.unwrap();
    drop(store);
    let mut states = vec![State::new(); usize::try_from(WRITERS).unwrap()];
    for round in 0..times {
        let done = write_and_kill(kind, folder.path(), seed, round);
        let store = store::open(&settings).unwrap();
        for (writer, state) in (0..).zip(&mut states) {
            let count = done[usize::try_from(writer).unwrap()];
            for number in 0..count {
                Change::draw(seed, round, writer, number).apply(state);
            }
            let found = found(&store, writer).await;
            let mut after = state.clone();
            // The one under way may have come to its end without a word, or not.
            Change::draw(seed, round, writer, count).apply(&mut after);
            assert!(
                found == *state || found == after,
                "{kind}, round {round}, writer {writer} after {count} changes: found {:#?}, expected {:#?} or {:#?}",
                outline(&found),
                outline(state),
                outline(&after)
            );
            *state = found;
        }
        // Uploads that had not ended are still there, and can be given up.
        for upload in store
            .scan_uploads(BUCKET, Bound::Unbounded, 1000)
            .await
            .unwrap()
        {
            let at = uploads::at(BUCKET, &upload.object.key, &upload.id);
            assert!(store.abort_upload(at).await.unwrap());
        }
        if kind == Kind::Fs {
            let staging = settings.path.join(".backlot/staging");
            assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);
        }
    }
}

#[tokio::test]
async fn files_survive_the_end_of_their_process() {
    crash(Kind::Fs, times(15), seed()).await;
}

#[tokio::test]
async fn a_database_survives_the_end_of_its_process() {
    crash(Kind::Sqlite, times(15), seed()).await;
}
