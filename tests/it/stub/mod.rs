//! Calls to other hosts: a function with nothing but Python's standard library, the stage's proxy, and stubs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod after_answer;
mod answers;
mod claims;
mod egress;

use std::path::Path;
use std::time::Duration;

use backlot::base::source::SourceFile;
use backlot::cos::store::Kind;
use backlot::journal::{HttpRecord, Lane, What};
use backlot::scenario::load;
use backlot::scenario::run::{Finished, RunSettings, run};
use backlot::stage::StoreChoice;
use serde_json::{Value, json};

/// Plays a scenario whose function `caller` makes the calls that its event lists.
async fn play(stubs: &str, calls: &Value, claims: &str) -> Finished {
    play_within("20s", stubs, calls, claims).await
}

/// Runs the scenario with a time limit of the function.
async fn play_within(limit: &str, stubs: &str, calls: &Value, claims: &str) -> Finished {
    let script = backlot_tests::project().join("tests/functions/caller.py");
    let script = script.display();
    let text = format!(
        "may-lose: true\nfunctions:\n  caller: {{ command: [python3, \"{script}\"], timeout: {limit}, retries: 0, dead-letter: lost }}\n\
         archive: {{ bucket: unused-1250000000 }}\nbuckets: [unused-1250000000]\n{stubs}\nsteps:\n  - send-event:\n      \
         function: caller\n      event: {calls}\n{claims}\n"
    );
    run_scenario("calls.yaml", text).await
}

/// Runs a scenario whose functions are its own.
async fn run_scenario(name: &str, text: String) -> Finished {
    let config = backlot_tests::config_with("/bin/true");
    let source = SourceFile::new(Path::new(name), text);
    let loaded = load::read(&source, &config).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let settings = RunSettings {
        store: StoreChoice::temporary(Kind::Memory),
        patience: Duration::from_secs(60),
        snapshots: None,
        import: None,
        export: None,
    };
    run(&loaded, &settings).await.unwrap()
}

/// What the function says came of its calls.
#[track_caller]
fn answers(finished: &Finished) -> Value {
    let deliveries = finished.outcome.deliveries();
    let (status, answer) = deliveries
        .get(1)
        .expect("a delivery")
        .attempts
        .last()
        .expect("an attempt")
        .clone();
    let answer = String::from_utf8_lossy(&answer);
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

/// The calls as snapshots show them.
fn shown(finished: &Finished) -> Vec<&str> {
    let lines = finished.text.lines().map(str::trim);
    let lines = lines.filter(|line| line.contains("://") || line.starts_with("CONNECT "));
    // What the function was told and what it says is shown as well.
    let is_call = |line: &&str| {
        line.split(' ')
            .next()
            .is_some_and(|word| word.chars().all(|letter| letter.is_ascii_uppercase()))
    };
    lines.filter(is_call).collect()
}

/// The calls in the journal, with their lanes.
fn recorded(finished: &Finished) -> Vec<(Lane, &What)> {
    let records = finished.outcome.records.iter();
    let calls =
        records.filter(|record| matches!(record.what, What::Http(HttpRecord::OutboundCall { .. })));
    calls.map(|record| (record.lane, &record.what)).collect()
}
