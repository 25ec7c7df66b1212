//! State loads, imports and uploads whose process is killed at any moment: what was acknowledged is there, and of what was not,
//! all or nothing.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waking, Poll};

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::cos::store::contract::uploads;
use backlot::cos::store::{self, Durability, Kind, Store, StoreSettings};
use backlot::cos::{Cos, Listener, Settings, Upload};
use backlot::http::auth::Keyring;
use backlot::journal::Lane;
use backlot_tests::measure::say;
use tokio::io::{AsyncRead, AsyncSeek, AsyncSeekExt as _, ReadBuf};

use super::killed::{self, Child, seed, times};

const REGION: &str = "ap-guangzhou";

/// A bucket that is always there.
const BUCKET: &str = "always-1250000000";

/// What is there: bytes by bucket and key. A bucket without objects has one entry with an empty key.
type State = BTreeMap<(String, String), Vec<u8>>;

/// What a child does as its n-th act in a round.
#[derive(Clone, Debug)]
enum Act {
    /// Replaces everything.
    Load(State),
    /// Adds to what is there.
    Import(State),
    Put(String, Vec<u8>),
    /// In parts.
    Upload(String, Vec<Vec<u8>>),
}

struct Draw {
    seed: Seed,
    place: [String; 2],
}

impl Draw {
    fn below(&self, what: &str, below: u64) -> u64 {
        let [round, number] = &self.place;
        self.seed.draw(&["act", round, number, what]).below(below)
    }

    fn body(&self, what: &str) -> Vec<u8> {
        let most = [100, 90_000, 1_300_000]
            [usize::try_from(self.below(&format!("{what} most"), 3)).unwrap()];
        let size = self.below(what, most);
        let first = u8::try_from(self.below(&format!("{what} byte"), 256)).unwrap();
        (0..size)
            .map(|at| first.wrapping_add((at % 251) as u8))
            .collect()
    }

    /// Objects of some buckets; keys of different draws meet.
    fn state(&self) -> State {
        let mut state = State::new();
        let other = format!("b{}-1250000000", self.below("bucket", 3));
        for bucket in [BUCKET, &other] {
            for number in 0..=self.below(bucket, 9) {
                let what = format!("{bucket} {number}");
                let key = format!("k{}/{number}", self.below(&what, 2));
                state.insert((bucket.to_owned(), key), self.body(&what));
            }
        }
        state
    }
}

impl Act {
    fn draw(seed: Seed, round: u64, number: u64) -> Self {
        let place = [round, number].map(|part| part.to_string());
        let draw = Draw { seed, place };
        let key = format!("k0/{}", draw.below("key", 4));
        match draw.below("kind", 8) {
            0..3 => Self::Load(draw.state()),
            3..5 => Self::Import(draw.state()),
            5..7 => Self::Put(key, draw.body("body")),
            _ => Self::Upload(key, ["1", "2", "3"].map(|part| draw.body(part)).into()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Load(_) => "loads",
            Self::Import(_) => "imports",
            Self::Put(..) => "uploads",
            Self::Upload(..) => "uploads in parts",
        }
    }

    fn apply(self, state: &mut State) {
        match self {
            Self::Load(loaded) => *state = loaded,
            Self::Import(files) => state.extend(files),
            Self::Put(key, body) => drop(state.insert((BUCKET.to_owned(), key), body)),
            Self::Upload(key, parts) => {
                state.insert((BUCKET.to_owned(), key), parts.concat());
            }
        }
    }

    async fn perform(self, cos: &Cos, store: &Store, id: &str) {
        match self {
            Self::Load(state) => {
                let objects = state.len() as u64;
                let saved = Telling(saved(state).await);
                assert_eq!(cos.load(saved).await.unwrap(), objects);
            }
            Self::Import(state) => import(cos, state).await,
            Self::Put(key, body) => put(cos, BUCKET, key, body).await,
            Self::Upload(key, parts) => {
                let upload = uploads::upload(&key, id);
                assert!(store.begin_upload(BUCKET.to_owned(), upload).await.unwrap());
                let at = uploads::at(BUCKET, &key, id);
                for (body, number) in parts.iter().zip(1..) {
                    assert!(uploads::put_part(store, &at, number, body).await.unwrap());
                    killed::say("step");
                }
                let record = uploads::completed(&key, id, &parts.concat());
                let completed = store.complete_upload(at, vec![1, 2, 3], record).await;
                assert!(completed.unwrap());
            }
        }
    }
}

/// A saved state that says a word whenever some of it is read, so that a process is killed while it loads.
struct Telling(tokio::fs::File);

impl AsyncRead for Telling {
    fn poll_read(
        mut self: Pin<&mut Self>,
        waking: &mut Waking<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.0).poll_read(waking, into);
        if polled.is_ready() {
            killed::say("step");
        }
        polled
    }
}

impl AsyncSeek for Telling {
    fn start_seek(mut self: Pin<&mut Self>, to: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.0).start_seek(to)
    }

    fn poll_complete(mut self: Pin<&mut Self>, waking: &mut Waking<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_complete(waking)
    }
}

fn cos(store: Arc<Store>) -> Cos {
    let context = Context::new(&Clock::real(), Seed(7));
    let (settings, listener) = (Settings::default(), Listener::none());
    Cos::new(context, Keyring::default(), store, settings, listener)
}

fn settings(kind: Kind, folder: &Path) -> StoreSettings {
    StoreSettings {
        kind,
        path: folder.join("store"),
        durability: Durability::Relaxed,
    }
}

async fn put(cos: &Cos, bucket: &str, key: String, body: Vec<u8>) {
    let upload = Upload {
        bucket: bucket.to_owned(),
        key,
        body: body.into(),
        ..Upload::default()
    };
    cos.put_object(Lane::Stage, upload).await.unwrap();
}

/// A file with a saved state.
async fn saved(state: State) -> tokio::fs::File {
    let other = cos(store::open(&StoreSettings::memory()).unwrap());
    for ((bucket, key), body) in state {
        other.create_bucket(&bucket, REGION).await.unwrap();
        put(&other, &bucket, key, body).await;
    }
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().unwrap());
    other.save(&mut file).await.unwrap();
    file.rewind().await.unwrap();
    file
}

async fn import(cos: &Cos, state: State) {
    let mut import = cos.import();
    let objects = state.len() as u64;
    for ((bucket, key), body) in state {
        import.bucket(&bucket, REGION).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &body).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        import.file(&bucket, &key, file).await.unwrap();
        killed::say("step");
    }
    assert_eq!(import.finish().await.unwrap(), objects);
}

/// Not a test: what the child does, until it is killed.
#[test]
#[ignore = "runs in the children of the tests below"]
fn actor() {
    let Some(child) = Child::this() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store::open(&settings(child.kind, child.folder())).unwrap();
        let cos = cos(Arc::clone(&store));
        for number in 0.. {
            let id = format!("{:04x}{number:08x}", child.round);
            let act = Act::draw(child.seed, child.round, number);
            act.perform(&cos, &store, &id).await;
            killed::say(&format!("done {number}"));
        }
    });
}

async fn found(cos: &Cos) -> State {
    let objects = cos.all_objects().await.unwrap().into_iter();
    objects
        .map(|stored| ((stored.bucket, stored.record.key), stored.body.to_vec()))
        .collect()
}

/// For messages: what is where, without bytes.
fn outline(state: &State) -> Vec<String> {
    let lines = state.iter();
    lines
        .map(|((bucket, key), body)| format!("{bucket}/{key}: {} bytes", body.len()))
        .collect()
}

/// Nothing is left of what a killed process had on its way.
fn is_tidy(kind: Kind, path: &Path) {
    if kind == Kind::Fs {
        let staging = path.join(".backlot/staging");
        assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);
        return;
    }
    let db = rusqlite::Connection::open(path).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM loose"), 0);
    let bodies = "SELECT count(DISTINCT id >> 20) FROM chunks WHERE id >> 20 NOT IN \
                  (SELECT body FROM objects UNION SELECT source FROM pieces)";
    assert_eq!(count(bodies), 0, "bodies of nothing");
}

async fn crash(kind: Kind, times: u64, seed: Seed) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(kind, folder.path());
    let mut state = State::new();
    {
        let cos = cos(store::open(&settings).unwrap());
        cos.create_bucket(BUCKET, REGION).await.unwrap();
    }
    let (mut acts, mut ended) = (0, 0);
    let mut during: BTreeMap<_, u64> = BTreeMap::new();
    for round in 0..times {
        let child = Child {
            kind,
            folder: folder.path().to_owned(),
            seed,
            round,
        };
        let said = child.run_and_kill("cos::crash_state::actor", &["done ", "step"], 60);
        let done = said.iter().filter(|line| line.starts_with("done ")).count() as u64;
        for number in 0..done {
            Act::draw(seed, round, number).apply(&mut state);
        }
        let mut after = state.clone();
        // The one under way may have come to its end without a word, or not.
        Act::draw(seed, round, done).apply(&mut after);
        let store = store::open(&settings).unwrap();
        let cos = cos(Arc::clone(&store));
        let found = found(&cos).await;
        assert!(
            found == state || found == after,
            "{kind}, round {round} after {done} acts: found {:#?}, expected {:#?} or {:#?}",
            outline(&found),
            outline(&state),
            outline(&after)
        );
        acts += done;
        *during
            .entry(Act::draw(seed, round, done).name())
            .or_default() += 1;
        ended += u64::from(found != state);
        state = found;
        for upload in store
            .scan_uploads(BUCKET, Bound::Unbounded, 1000)
            .await
            .unwrap()
        {
            let at = uploads::at(BUCKET, &upload.object.key, &upload.id);
            assert!(store.abort_upload(at).await.unwrap());
        }
        drop(cos);
        drop(store);
        is_tidy(kind, &settings.path);
    }
    say(&format!(
        "{kind}: {times} kills during {during:?}; {acts} acts acknowledged, {ended} had ended without a word"
    ));
}

#[tokio::test]
async fn loads_into_files_are_all_or_nothing() {
    crash(Kind::Fs, times(5), seed()).await;
}

#[tokio::test]
async fn loads_into_a_database_are_all_or_nothing() {
    crash(Kind::Sqlite, times(5), seed()).await;
}
