//! Events that wait outlive the process: they are in the data folder.

use serde_json::{Value, json};

use super::cloud_api::{ok, zip};
use super::kit::{Client, Lines, Place, Up};
use super::state::ask;

const FUNCTIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/functions");

/// A place where an upload runs the function `hears`, which is `trouble.py` with this argument.
fn place(kind: &str) -> Place {
    let place = Place::new();
    configure(&place, kind);
    place
}

fn configure(place: &Place, kind: &str) {
    let program = format!("[python3, {FUNCTIONS}/trouble.py, {kind}]");
    place.write(
        "backlot.yaml",
        &format!(
            "buckets: [archive-1250000000]\n\
             functions:\n  hears:\n    command: {program}\n    cos-triggers: [{{ bucket: archive-1250000000 }}]\n"
        ),
    );
}

fn up(place: Place) -> Up {
    place.up("--seed 1 --data data")
}

/// Ends it without a chance to write anything, and returns its folder.
fn kill(up: Up) -> Place {
    up.running.signal("KILL");
    assert_eq!(up.running.end().code, None);
    up.place
}

fn upload(client: Client) {
    assert_eq!(ask(client, "PUT", "a", b"1").status, 200);
}

/// The first record of this kind, as soon as it is there.
fn until(client: Client, what: &str) -> Value {
    let mut lines = Lines::of(client.send("GET", "/_backlot/journal?follow=true", "", b""));
    loop {
        let line = lines.next("{").expect("the journal goes on");
        let record: Value = serde_json::from_str(&line).expect("a record");
        if record["what"] == what {
            return record;
        }
    }
}

#[test]
fn a_retry_outlives_a_kill_with_its_attempts_and_its_time() {
    let before = up(place("fails"));
    upload(before.client());
    let queued = until(before.client(), "invocation-queued");
    let retry = until(before.client(), "retry-scheduled");
    let after = up(kill(before));
    let health = after.client().get("/_backlot/health");
    assert_eq!(health["kept"]["retries"], 1, "{health}");
    assert_eq!(health["kept"]["next"], retry["due"]);
    let again = until(after.client(), "invocation-queued");
    for member in ["request_id", "event", "source", "function"] {
        assert_eq!(again[member], queued[member], "{member}");
    }
    let planned = until(after.client(), "retry-scheduled");
    assert_eq!(planned["attempt"], 2);
    assert_eq!(planned["due"], retry["due"]);
    let due = retry["due"].as_str().expect("a time");
    let status = after.backlot("status").stdout;
    let row = format!("1 event for the next attempt, the first at {due}");
    assert!(status.contains(&row), "{status}");
    let stopped = after.backlot("stop");
    let said = format!(
        "1 event waits in the data folder until the next start; the next attempt is due at {due}"
    );
    assert!(stopped.stderr.contains(&said), "{stopped:?}");
    assert_eq!(after.running.end().code, Some(0));
    // A clock that jumps comes to the exact times without a wait.
    let jumping = after.place.up("--seed 1 --data data --clock virtual");
    let dropped = until(jumping.client(), "dropped");
    assert_eq!(dropped["reason"], "execution-error");
    let journal = jumping.client().journal();
    let starts = journal
        .iter()
        .filter(|record| record["what"] == "attempt-started");
    let starts: Vec<_> = starts
        .map(|record| (&record["attempt"], &record["at"]))
        .collect();
    assert_eq!(starts.len(), 2, "{journal:#?}");
    assert_eq!(starts[0], (&Value::from(2), &retry["due"]));
    assert_eq!(starts[1].0, &Value::from(3));
    let health = jumping.client().get("/_backlot/health");
    assert_eq!(health["kept"]["retries"], 0, "{health}");
}

#[test]
fn what_was_under_way_is_run_once_more_and_what_was_finished_is_not() {
    let before = up(place("slow"));
    upload(before.client());
    let queued = until(before.client(), "invocation-queued");
    until(before.client(), "attempt-started");
    let place = kill(before);
    configure(&place, "tells-pid");
    let after = up(place);
    let again = until(after.client(), "invocation-queued");
    assert_eq!(again["request_id"], queued["request_id"]);
    let started = until(after.client(), "attempt-started");
    assert_eq!(started["attempt"], 1);
    let finished = until(after.client(), "attempt-finished");
    assert_eq!(finished["status"], 200);
    let last = up(kill(after));
    let health = last.client().get("/_backlot/health");
    assert_eq!(health["kept"]["queued"], 0, "{health}");
    let journal = last.client().journal();
    let is_queued = |record: &Value| record["what"] == "invocation-queued";
    assert!(!journal.iter().any(is_queued), "{journal:#?}");
}

#[test]
fn events_for_a_function_that_is_gone_stay_and_a_reset_removes_them() {
    let before = up(place("slow"));
    upload(before.client());
    until(before.client(), "attempt-started");
    let place = kill(before);
    let without = place.up("--seed 1 --data data --no-functions");
    let kept = without.client().get("/_backlot/health")["kept"].clone();
    assert_eq!(kept["queued"], 1, "{kept}");
    without.running.signal("TERM");
    let place = without.place;
    let ended = without.running.end();
    assert!(
        ended.stderr.contains("there is no function `hears`"),
        "{ended:?}"
    );
    let with = up(place);
    until(with.client(), "attempt-started");
    assert_eq!(with.backlot("reset").code, Some(0));
    let last = up(kill(with));
    let kept = last.client().get("/_backlot/health")["kept"].clone();
    assert_eq!(kept["queued"], 0, "{kept}");
}

#[test]
fn a_folder_of_an_earlier_version_is_used_and_a_damaged_file_is_refused() {
    let first = up(place("slow"));
    let place = kill(first);
    let file = place.path().join("data/events.jsonl");
    std::fs::remove_file(&file).expect("it is made at the start");
    let place = kill(up(place));
    assert!(file.exists());
    std::fs::write(&file, "{\"format\":1}\nnonsense\n").expect("room on the disk");
    let ended = place.backlot("up --listen 127.0.0.1:0 --data data").run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("line 2 of"), "{}", ended.stderr);
}

/// Request ids and versions of the events in the journal, as soon as there are `count`.
fn versions(client: Client, count: usize) -> Vec<(Value, Value)> {
    let mut lines = Lines::of(client.send("GET", "/_backlot/journal?follow=true", "", b""));
    let mut found = Vec::new();
    while found.len() < count {
        let line = lines.next("{").expect("the journal goes on");
        let record: Value = serde_json::from_str(&line).expect("a record");
        if record["what"] == "invocation-queued" {
            found.push((record["request_id"].clone(), record["version"].clone()));
        }
    }
    found
}

#[test]
fn an_event_keeps_the_version_that_its_alias_has_chosen() {
    let before = up(Place::new());
    let scf = |action: &str, parameters: Value| ok(before.client(), "scf", action, &parameters);
    let code = zip("def main_handler(event, context):\n    raise ValueError()\n");
    scf(
        "CreateFunction",
        json!({"FunctionName": "split", "Runtime": "Python3.10", "Handler": "index.main_handler", "Code": {"ZipFile": code}}),
    );
    for _ in 0..2 {
        scf("PublishVersion", json!({"FunctionName": "split"}));
    }
    let routing = json!({"AdditionalVersionWeights": [{"Version": "2", "Weight": 0.5}]});
    scf(
        "CreateAlias",
        json!({"FunctionName": "split", "Name": "live", "FunctionVersion": "1", "RoutingConfig": routing}),
    );
    for _ in 0..8 {
        scf(
            "Invoke",
            json!({"FunctionName": "split", "Qualifier": "live", "InvocationType": "Event"}),
        );
    }
    let chosen = versions(before.client(), 8);
    let of = |version: &str| {
        chosen
            .iter()
            .filter(|(_, chosen)| chosen == version)
            .count()
    };
    assert!(of("1") > 0 && of("2") > 0, "{chosen:?}");
    let after = up(kill(before));
    assert_eq!(versions(after.client(), 8), chosen);
}
