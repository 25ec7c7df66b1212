//! What the machine can do at best: bytes that are on the disk for sure, and bytes that are hashed.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::cos::store::{Durability, Kind};
use backlot_tests::measure::{ROUNDS, flush_file, median, per_second, say};
use md5::{Digest as _, Md5};
use rusqlite::{Connection, params};
use sha1::Sha1;
use tempfile::TempDir;

use crate::case::LARGE;

/// Writes of one measurement, and of one of large bodies.
const WRITES: usize = 128;
const LARGE_WRITES: usize = 16;

/// Bytes that are hashed in one measurement.
const HASHED: usize = 8 << 20;

/// What a disk takes for bodies that come in groups: one flush for each group.
pub(crate) struct Disk {
    clock: Clock,
    folder: TempDir,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self {
            clock: Clock::real(),
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// The time for one body: in a file of its own if it comes alone, behind others in one file if it comes in a group, or in
    /// a row of a database.
    pub(crate) fn time(
        &self,
        kind: Kind,
        durability: Durability,
        body: &[u8],
        group: usize,
    ) -> Duration {
        let is_large = body.len() == LARGE;
        let writes = if is_large { LARGE_WRITES } else { WRITES };
        let groups = writes / group;
        let folder = tempfile::tempdir_in(self.folder.path()).expect("a temporary folder");
        let took = match kind {
            Kind::Fs => self.files(folder.path(), durability, body, groups, group),
            Kind::Sqlite | Kind::Memory => {
                let database = database(folder.path(), durability);
                let watch = self.clock.stopwatch();
                rows(&database, body, groups, group);
                watch.elapsed()
            }
        };
        took / u32::try_from(groups * group).expect("a few")
    }

    fn files(
        &self,
        folder: &Path,
        durability: Durability,
        body: &[u8],
        groups: usize,
        group: usize,
    ) -> Duration {
        let is_full = durability == Durability::Full;
        let mut log = File::create(folder.join("log")).expect("a file");
        let watch = self.clock.stopwatch();
        for number in 0..groups {
            let path = folder.join(number.to_string());
            if group == 1 && is_full {
                flush_file(&path, body);
            } else if group == 1 {
                std::fs::write(&path, body).expect("room on the disk");
            } else {
                for _ in 0..group {
                    log.write_all(body).expect("room on the disk");
                }
                if is_full {
                    log.sync_data().expect("a disk that flushes");
                }
            }
        }
        watch.elapsed()
    }
}

fn database(folder: &Path, durability: Durability) -> Connection {
    let database = Connection::open(folder.join("limit.sqlite")).expect("a database");
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Relaxed => "NORMAL",
    };
    let setup = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
         CREATE TABLE body (id INTEGER PRIMARY KEY, bytes BLOB);"
    );
    database.execute_batch(&setup).expect("a table");
    database
}

fn rows(database: &Connection, body: &[u8], groups: usize, group: usize) {
    for _ in 0..groups {
        let transaction = database.unchecked_transaction().expect("a transaction");
        for _ in 0..group {
            transaction
                .execute("INSERT INTO body (bytes) VALUES (?1)", params![body])
                .expect("a row");
        }
        transaction.commit().expect("a commit");
    }
}

/// The time to take the MD5 of a body, when `threads` do so side by side.
pub(crate) fn md5(body: &[u8], threads: usize) -> Duration {
    // Enough to make starting threads cheap.
    let times = (HASHED / body.len()).max(1);
    let hash = || {
        for _ in 0..times {
            std::hint::black_box(Md5::digest(body));
        }
    };
    let watch = Clock::real().stopwatch();
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(hash);
        }
        hash();
    });
    watch.elapsed() / u32::try_from(times * threads).expect("some thousand")
}

/// Prints what the machine can do.
pub(crate) fn describe() {
    let disk = Disk::new();
    let small = vec![b'x'; 1 << 10];
    let writes = |kind, durability, group| {
        let times = (0..ROUNDS).map(|_| disk.time(kind, durability, &small, group));
        let rate = median(times.map(|time| per_second(1, time)).collect());
        format!("{rate:>9.0} /s")
    };
    let (fs, sqlite, full) = (Kind::Fs, Kind::Sqlite, Durability::Full);
    say(&format!("write + fsync, 1 KiB   {}", writes(fs, full, 1)));
    say(&format!("… 16 for each flush    {}", writes(fs, full, 16)));
    say(&format!(
        "SQLite commit, 1 KiB   {}",
        writes(sqlite, full, 1)
    ));
    say(&format!(
        "… 16 for each flush    {}",
        writes(sqlite, full, 16)
    ));
    let large = vec![b'x'; 1 << 20];
    let mut copy = vec![0; large.len()];
    let per_byte = |name: &str, speed: f64| say(&format!("{name:<22} {speed:>9.2} GiB/s"));
    per_byte("MD5", speed(|| Md5::digest(&large)));
    per_byte("SHA-1", speed(|| Sha1::digest(&large)));
    per_byte("CRC-64", speed(|| crc64(&large)));
    per_byte("memcpy", speed(|| copy.copy_from_slice(&large)));
}

fn crc64(bytes: &[u8]) -> u64 {
    let mut digest = crc64fast::Digest::new();
    digest.write(bytes);
    digest.sum64()
}

/// GiB per second of what takes a MiB.
fn speed<T>(mut work: impl FnMut() -> T) -> f64 {
    const TIMES: usize = 32;
    let clock = Clock::real();
    let speeds = (0..ROUNDS).map(|_| {
        let watch = clock.stopwatch();
        for _ in 0..TIMES {
            std::hint::black_box(work());
        }
        per_second(TIMES, watch.elapsed()) / 1024.0
    });
    median(speeds.collect())
}
