//! How long `backlot up` takes until it serves, and what it occupies: beside a bare hyper server and a bare process, started
//! in the same run on the same machine.
//!
//! `cargo bench -p backlot-tests --bench up` prints the tables; `-- 5000` fills stores with 5,000 objects instead of 100,000.
//! Every figure is a median of several rounds. `BACKLOT_PROGRAM=PATH` measures another build.

mod client;
mod echo;
mod full;
mod process;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use backlot::base::clock::Clock;
use process::{Occupied, Process};

/// How many times everything is started.
const ROUNDS: usize = 11;
/// Requests before a program is looked at again.
const REQUESTS: usize = 1000;
/// Objects in a store that is not empty.
const OBJECTS: usize = 100_000;
/// The program that is measured, unless another is named.
const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");

/// One program as it was measured.
struct Measured {
    /// Until it says that it serves.
    ready: Duration,
    /// Until a request was answered with success.
    answered: Duration,
    /// Then.
    idle: Occupied,
    /// After some requests.
    used: Occupied,
}

fn main() {
    if std::env::args().any(|argument| argument == echo::FLAG) {
        return echo::serve();
    }
    let objects = std::env::args().find_map(|argument| argument.parse().ok());
    let objects = objects.unwrap_or(OBJECTS);
    let clock = Clock::real();
    let backlot = std::env::var_os("BACKLOT_PROGRAM").map_or_else(|| BACKLOT.into(), PathBuf::from);
    say(&format!(
        "medians of {ROUNDS} starts; RSS idle, and after {REQUESTS} requests\n"
    ));
    say(
        "program                                 ready   answered   RSS (of it anonymous)      after requests",
    );

    let spawned = median((0..ROUNDS).map(|_| process::to_the_end(&clock, "true")));
    say(&format!(
        "{:<36} {:>8}",
        "process that does nothing",
        ms(spawned)
    ));
    let this = std::env::current_exe().expect("this program is a file");
    let peer = || Process::start(&clock, &this, &[echo::FLAG], Path::new("/"));
    row(
        "bare hyper server",
        (0..ROUNDS).map(|_| measure(&clock, peer(), client::plain)),
    );

    let empty = |store: &str, is_new: bool| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut arguments = up(store);
        if store != "memory" {
            arguments.extend(["--data", "data"]);
        }
        let start = || Process::start(&clock, &backlot, &arguments, folder.path());
        if !is_new {
            measure(&clock, start(), client::signed);
        }
        measure(&clock, start(), client::signed)
    };
    row("memory", (0..ROUNDS).map(|_| empty("memory", true)));
    for store in ["sqlite", "fs"] {
        let name = format!("{store}, new folder");
        row(&name, (0..ROUNDS).map(|_| empty(store, true)));
        let name = format!("{store}, started before");
        row(&name, (0..ROUNDS).map(|_| empty(store, false)));
    }
    for store in ["sqlite", "fs"] {
        let folder = full::folder(store, objects);
        let mut arguments = up(store);
        arguments.extend(["--data", "data"]);
        let start = || Process::start(&clock, &backlot, &arguments, folder.path());
        let name = format!("{store}, {objects} objects");
        row(
            &name,
            (0..ROUNDS).map(|_| measure(&clock, start(), client::signed)),
        );
    }
}

fn up(store: &str) -> Vec<&str> {
    let flags = "up --listen 127.0.0.1:0 --seed 1 --no-functions --store";
    flags.split(' ').chain([store]).collect()
}

/// Measures a program that was just started, and ends it.
fn measure(clock: &Clock, process: Process, request: fn(&Clock) -> String) -> Measured {
    let (ready, address) = process.until_ready();
    let request = request(clock);
    let mut connection = client::connect(address);
    client::ask(&mut connection, &request);
    let answered = process.elapsed();
    let idle = process.occupies();
    for _ in 0..REQUESTS {
        client::ask(&mut connection, &request);
    }
    let used = process.occupies();
    drop(connection);
    process.end();
    Measured {
        ready,
        answered,
        idle,
        used,
    }
}

fn row(name: &str, rounds: impl Iterator<Item = Measured>) {
    let rounds: Vec<Measured> = rounds.collect();
    let of = |value: fn(&Measured) -> Duration| median(rounds.iter().map(value));
    let kib = |value: fn(&Measured) -> u64| median(rounds.iter().map(value));
    say(&format!(
        "{name:<36} {:>8}   {:>8}   {:>6} KiB ({:>6} KiB)   {:>6} KiB ({:>6} KiB)",
        ms(of(|round| round.ready)),
        ms(of(|round| round.answered)),
        kib(|round| round.idle.resident),
        kib(|round| round.idle.anonymous),
        kib(|round| round.used.resident),
        kib(|round| round.used.anonymous),
    ));
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn say(line: &str) {
    // A closed stdout is no reason to fail.
    drop(writeln!(std::io::stdout(), "{line}"));
}
