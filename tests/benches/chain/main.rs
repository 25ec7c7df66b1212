//! Events per second through the whole chain, beside what the machine itself can do in the same run.
//!
//! `cargo bench -p backlot-tests --bench chain` prints the table; `-- fs` only its rows for that store. Every figure is a median of several rounds; the ratio is to the bare
//! loop: the same handler process against a server that keeps nothing, checks nothing and writes nothing down.

mod bare;
mod limits;
mod stage;

use std::time::Duration;

use backlot::cos::store::{Durability, Kind};
use backlot_tests::measure::say;

/// The function that is measured.
const HANDLER: &str = env!("CARGO_BIN_EXE_bootstrap-under-test");

/// What one configuration does.
#[derive(Clone, Copy, Debug)]
struct Figures {
    /// Events per second with all of them queued.
    rate: f64,
    /// From delivery to the archived object, one event at a time.
    p50: Duration,
    /// The same, for the slowest of a hundred.
    p99: Duration,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(measure());
}

async fn measure() {
    let event = stage::event();
    say(&format!("one event has {} bytes\n", event.len()));

    let echo = limits::echo(&event).await;
    let fsync = limits::fsync(&event);
    say(&format!("hyper echo, one connection      {echo:>8.0} /s"));
    say(&format!("write + fsync of one file       {fsync:>8.0} /s"));

    let bare = bare::measure(&event).await;
    say(&format!(
        "bare loop, one instance         {:>8.0} /s\n",
        bare.rate
    ));

    // Cargo adds options of its own.
    let only = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    say("store    durability  instances   events/s   of bare      p50       p99");
    for (kind, durability) in [
        (Kind::Memory, Durability::Relaxed),
        (Kind::Sqlite, Durability::Relaxed),
        (Kind::Sqlite, Durability::Full),
        (Kind::Fs, Durability::Relaxed),
        (Kind::Fs, Durability::Full),
    ] {
        if only.as_ref().is_some_and(|only| *only != kind.to_string()) {
            continue;
        }
        for instances in [1, 4] {
            let figures = stage::measure(&event, kind, durability, instances).await;
            row(kind, durability, instances, &figures, bare.rate);
        }
    }
}

fn row(kind: Kind, durability: Durability, instances: usize, figures: &Figures, bare: f64) {
    let durability = format!("{durability:?}").to_lowercase();
    say(&format!(
        "{:<8} {durability:<10}  {instances:>9}   {:>8.0}   {:>6.2}x   {:>5.2} ms  {:>5.2} ms",
        kind.to_string(),
        figures.rate,
        figures.rate / bare,
        figures.p50.as_secs_f64() * 1e3,
        figures.p99.as_secs_f64() * 1e3,
    ));
}
