//! What COS costs over the wire, beside what the machine itself can do in the same run.
//!
//! `cargo bench -p backlot-tests --bench cos` prints the tables. `-- fs put` prints only rows that have all of these words;
//! `--small` fills the bucket with 1,000 objects only, `--million` measures one with 1,000,000 as well, which takes long.
//!
//! Server, echo and client are processes of their own. Every figure is a median of rounds, and the limits are measured in
//! turns with the operation.

mod case;
mod client;
mod echo;
mod emulator;
mod limits;
mod measure;
mod population;

use backlot::base::clock::Clock;
use backlot::cos::store::{Durability, Kind};
use backlot_tests::measure::{per_second, say};
use case::Case;
use client::Clients;
use echo::Echo;
use emulator::Emulator;
use limits::Disk;
use population::{FILLERS, Population};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == echo::ARGUMENT) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        return runtime.block_on(echo::serve());
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // Cargo adds options of its own.
    let words = arguments.iter().filter(|word| !word.starts_with("--"));
    let words: Vec<_> = words.collect();
    let whole = if has("--small") { 1_000 } else { 100_000 };
    let mut sizes = vec![1_000, whole];
    sizes.dedup();
    if has("--million") {
        sizes.push(1_000_000);
    }

    limits::describe();
    let echo = Echo::start();
    let disk = Disk::new();
    for kind in [Kind::Sqlite, Kind::Fs] {
        for &objects in &sizes {
            let mut cases = case::all(kind, objects, objects == whole);
            cases.retain(|case| {
                let name = case.to_string();
                words.iter().all(|word| name.contains(word.as_str()))
            });
            if !cases.is_empty() {
                measure(kind, objects, &cases, &echo, &disk);
            }
        }
    }
}

/// Measures all cases of one store and one number of objects.
fn measure(kind: Kind, objects: usize, cases: &[Case], echo: &Echo, disk: &Disk) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut population = Population::new(objects);
    let of = |wanted| cases.iter().filter(move |case| case.durability == wanted);

    let emulator = Emulator::start(folder.path(), kind, Durability::Relaxed);
    let clock = Clock::real();
    let watch = clock.stopwatch();
    population.fill(&mut Clients::connect(emulator.address, FILLERS));
    let rate = per_second(objects, watch.elapsed());
    say(&format!(
        "\n{kind}: {objects} objects put, {rate:.0} /s, without flushing"
    ));
    measure::title();
    for case in of(Durability::Relaxed) {
        measure::row(case, &emulator, echo, disk, &mut population);
    }
    emulator.stop();

    let watch = clock.stopwatch();
    let emulator = Emulator::start(folder.path(), kind, Durability::Full);
    let ready = watch.elapsed();
    let idle = emulator.running.resident_memory();
    for case in of(Durability::Full) {
        measure::row(case, &emulator, echo, disk, &mut population);
    }
    let busy = emulator.running.resident_memory();
    emulator.stop();
    say(&format!(
        "ready after {:.0} ms; {idle} MiB of memory at first, {busy} MiB at last",
        ready.as_secs_f64() * 1e3
    ));
}
