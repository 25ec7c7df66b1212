//! What `UpdateFunctionEventInvokeConfig` has set: over kills, new code, resets, and in saved states.
//!
//! Follows: SCF reference, sections 10.1, 10.2 and 15.2.

use serde_json::{Value, json};

use super::cloud_api::{ok, zip};
use super::kit::{Client, Lines, Place, Up};

const UP: &str = "--seed 1 --data data";

/// A place with the function `configured`, in Python.
fn project() -> Place {
    let place = Place::new();
    place.write(
        "index.py",
        "def main_handler(event, context):\n    return 1\n",
    );
    place.write(
        "backlot.yaml",
        "functions:\n  configured: { runtime: Python3.10, retries: 2, event-age: 1h }\n",
    );
    place
}

#[track_caller]
fn kill(up: Up) -> Place {
    up.running.signal("KILL");
    assert_eq!(up.running.end().code, None);
    up.place
}

fn set(client: Client, function: &str, config: &Value) {
    let wanted = json!({ "FunctionName": function, "AsyncTriggerConfig": config });
    ok(client, "scf", "UpdateFunctionEventInvokeConfig", &wanted);
}

/// `RetryNum` and `MsgTTL` of a function.
#[track_caller]
fn found(client: Client, function: &str) -> (i64, i64) {
    let named = json!({ "FunctionName": function });
    let answer = ok(client, "scf", "GetFunctionEventInvokeConfig", &named);
    let config = &answer["AsyncTriggerConfig"];
    let number = |value: &Value| value.as_i64().expect("a number");
    (
        number(&config["RetryConfig"][0]["RetryNum"]),
        number(&config["MsgTTL"]),
    )
}

fn create(client: Client, name: &str) {
    let call = json!({
        "FunctionName": name, "Runtime": "Python3.10", "Handler": "index.main_handler",
        "Code": { "ZipFile": zip("def main_handler(event, context):\n    return 1\n") },
    });
    ok(client, "scf", "CreateFunction", &call);
}

#[test]
fn retries_of_functions_of_both_kinds_outlive_a_kill_and_not_a_reset() {
    let up = project().up(UP);
    create(up.client(), "made");
    set(
        up.client(),
        "made",
        &json!({ "MsgTTL": 60, "RetryConfig": [{ "RetryNum": 1 }] }),
    );
    set(
        up.client(),
        "configured",
        &json!({ "RetryConfig": [{ "RetryNum": 0 }] }),
    );
    let place = kill(up);
    // What the API has not set is as configured now.
    place.write(
        "backlot.yaml",
        "functions:\n  configured: { runtime: Python3.10, retries: 2, event-age: 2h, timeout: 7s }\n",
    );
    let up = place.up(UP);
    assert_eq!(found(up.client(), "made"), (1, 60));
    assert_eq!(found(up.client(), "configured"), (0, 7200));
    let named = json!({ "FunctionName": "configured" });
    let function = ok(up.client(), "scf", "GetFunction", &named);
    assert_eq!(function["Timeout"], 7, "it is not changed otherwise");
    // Other changes, and versions, leave it as it is.
    let update = json!({ "FunctionName": "made", "Timeout": 9 });
    ok(up.client(), "scf", "UpdateFunctionConfiguration", &update);
    let made = json!({ "FunctionName": "made" });
    ok(up.client(), "scf", "PublishVersion", &made);
    assert_eq!(found(up.client(), "made"), (1, 60));
    let up = kill(up).up(UP);
    assert_eq!(found(up.client(), "made"), (1, 60));
    assert_eq!(up.backlot("reset").code, Some(0));
    assert_eq!(found(up.client(), "configured"), (2, 7200));
    let up = kill(up).up(UP);
    assert_eq!(found(up.client(), "configured"), (2, 7200));
}

#[test]
fn new_code_keeps_what_the_api_has_changed_and_a_reset_does_not() {
    let up = project().up(UP);
    set(
        up.client(),
        "configured",
        &json!({ "RetryConfig": [{ "RetryNum": 0 }] }),
    );
    let update = json!({ "FunctionName": "configured", "Timeout": 9 });
    ok(up.client(), "scf", "UpdateFunctionConfiguration", &update);
    up.place.write(
        "index.py",
        "def main_handler(event, context):\n    return 2\n",
    );
    let mut lines = Lines::of(
        up.client()
            .send("GET", "/_backlot/journal?follow=true", "", b""),
    );
    while !lines
        .next("{")
        .expect("the journal goes on")
        .contains("code-replaced")
    {}
    let named = json!({ "FunctionName": "configured" });
    let answer = ok(up.client(), "scf", "Invoke", &named);
    assert_eq!(answer["Result"]["RetMsg"], "2");
    assert_eq!(found(up.client(), "configured"), (0, 3600));
    let timeout = || ok(up.client(), "scf", "GetFunction", &named)["Timeout"].clone();
    assert_eq!(timeout(), 9);
    assert_eq!(up.backlot("reset").code, Some(0));
    assert_eq!(found(up.client(), "configured"), (2, 3600));
    assert_eq!(timeout(), 3, "the configuration's");
    let answer = ok(up.client(), "scf", "Invoke", &named);
    assert_eq!(answer["Result"]["RetMsg"], "2", "on the new code");
}

#[test]
fn a_saved_state_has_the_retries_and_a_new_function_of_the_name_has_its_own() {
    let from = project().up("--seed 1 --store memory");
    set(from.client(), "configured", &json!({ "MsgTTL": 90 }));
    create(from.client(), "made");
    set(from.client(), "made", &json!({ "MsgTTL": 60 }));
    assert_eq!(from.backlot("state save kept").code, Some(0));
    let to = project().up(UP);
    let file = from.place.path().join("kept");
    let loaded = to.line("state load").arg(&file).run();
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    assert_eq!(found(to.client(), "configured"), (2, 90));
    assert_eq!(found(to.client(), "made"), (2, 60));
    let made = json!({ "FunctionName": "made" });
    ok(to.client(), "scf", "DeleteFunction", &made);
    create(to.client(), "made");
    assert_eq!(found(to.client(), "made"), (2, 21_600));
}
