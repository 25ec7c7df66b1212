//! Triggers of the Cloud API: over kills, resets, changes of the configuration, and in saved states.
//!
//! Follows: SCF reference, section 14.

use serde_json::{Value, json};

use super::cloud_api::{call, ok};
use super::kit::{Client, Lines, Place, Up};
use super::state::ask;

const ARCHIVE: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";
const UP: &str = "--seed 1 --data data";
const EACH_SECOND: &str = "* * * * * * *";
const NIGHTLY: &str = "0 0 3 * * * *";

/// A place with the functions `one` and `two`, and triggers of `one`.
fn project() -> Place {
    let place = Place::new();
    place.write(
        "index.py",
        "def main_handler(event, context):\n    return event\n",
    );
    configure(
        &place,
        "triggers: { WorkflowTask: one, EditMediaTask: null }\n",
    );
    place
}

fn configure(place: &Place, triggers: &str) {
    let timers = "[{ name: nightly, cron: 0 0 2 * * * * }, { name: yearly, cron: 0 0 0 1 1 * * }]";
    place.write(
        "backlot.yaml",
        &format!(
            "buckets: [archive-1250000000]\n\
             functions:\n  one: {{ runtime: Python3.10, timer-triggers: {timers} }}\n  two: {{ runtime: Python3.10 }}\n{triggers}"
        ),
    );
}

/// Ends it without a chance to write anything, and returns its folder.
#[track_caller]
fn kill(up: Up) -> Place {
    up.running.signal("KILL");
    assert_eq!(up.running.end().code, None);
    up.place
}

#[track_caller]
fn stop(up: Up) -> (Place, String) {
    up.running.signal("TERM");
    let ended = up.running.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (up.place, ended.stderr)
}

fn timer(function: &str, name: &str, cron: &str) -> Value {
    json!({ "FunctionName": function, "TriggerName": name, "Type": "timer", "TriggerDesc": cron, "Qualifier": "$DEFAULT" })
}

fn bind(function: &str, event_type: &str) -> Value {
    json!({ "ScfRegion": "ap-guangzhou", "EventType": event_type, "FunctionName": function, "Namespace": "default" })
}

/// Changes a trigger of each kind in each way, by the APIs of SCF and of MPS.
fn change(client: Client, cron: &str) {
    let scf = |action: &str, parameters: Value| ok(client, "scf", action, &parameters);
    let description = r#"{"event":"cos:ObjectCreated:*","filter":{"Prefix":"in/","Suffix":""}}"#;
    let cos = json!({
        "FunctionName": "two", "TriggerName": ARCHIVE, "Type": "cos", "TriggerDesc": description,
        "Qualifier": "$DEFAULT",
    });
    scf("CreateTrigger", cos);
    scf("CreateTrigger", timer("one", "tick", cron));
    let mut off = timer("two", "off", "0 0 * * * * *");
    off["Enable"] = json!("CLOSE");
    off["CustomArgument"] = json!("hello");
    scf("CreateTrigger", off);
    let mut nightly = timer("one", "nightly", "");
    nightly["Enable"] = json!("CLOSE");
    scf("UpdateTriggerStatus", nightly);
    scf("DeleteTrigger", timer("one", "yearly", ""));
    let unbind = json!({
        "Type": "mps", "FunctionName": "one", "ResourceId": "qcs::mps::uin/1:TriggerType/WorkflowTaskEvent",
    });
    ok(client, "mps", "UnbindTrigger", &unbind);
    ok(client, "mps", "BindTrigger", &bind("two", "WorkflowTask"));
}

/// The triggers of both functions, as the API lists them.
fn listed(client: Client) -> [Value; 2] {
    ["one", "two"].map(|function| {
        let named = json!({ "FunctionName": function });
        ok(client, "scf", "ListTriggers", &named)["Triggers"].take()
    })
}

fn names(client: Client) -> [Vec<String>; 2] {
    listed(client).map(|triggers| {
        let triggers = triggers.as_array().expect("a list").iter();
        let names = triggers.map(|trigger| trigger["TriggerName"].as_str().expect("a name"));
        names.map(str::to_owned).collect()
    })
}

/// The first event for this function from this source.
fn until(client: Client, source: &str, function: &str) -> String {
    let mut lines = Lines::of(client.send("GET", "/_backlot/journal?follow=true", "", b""));
    loop {
        let line = lines.next("{").expect("the journal goes on");
        let record: Value = serde_json::from_str(&line).expect("a record");
        if record["what"] == "invocation-queued"
            && record["source"] == source
            && record["function"] == function
        {
            return record["event"].as_str().expect("an event").to_owned();
        }
    }
}

/// Whether the triggers that [`change`] makes set off their functions.
#[track_caller]
fn run(up: &Up) {
    let client = up.client();
    assert_eq!(ask(client, "PUT", "in/a", b"1").status, 200);
    assert!(until(client, "COS", "two").contains("in/a"));
    let sent = up.backlot("send workflow");
    assert!(sent.stdout.starts_with("`two` gets"), "{sent:?}");
}

#[test]
fn triggers_of_both_apis_outlive_a_kill_and_timers_go_on() {
    let up = project().up(UP);
    change(up.client(), EACH_SECOND);
    let before = listed(up.client());
    let up = kill(up).up(UP);
    let after = listed(up.client());
    assert_eq!(after, before);
    assert!(until(up.client(), "TRIGGER_TIMER", "one").contains("\"tick\""));
    run(&up);
    let (place, told) = stop(up);
    assert!(!told.contains("is left out"), "{told}");
    let up = place.up(UP);
    assert_eq!(listed(up.client()), before, "a second time");
    run(&up);
}

#[test]
fn a_reset_goes_back_to_the_triggers_of_the_configuration_for_good() {
    let up = project().up(UP);
    let configured = names(up.client());
    assert_eq!(
        configured,
        [
            vec![
                "WorkflowTaskEvent".to_owned(),
                "nightly".to_owned(),
                "yearly".to_owned()
            ],
            Vec::new()
        ]
    );
    change(up.client(), NIGHTLY);
    assert_ne!(names(up.client()), configured);
    let reset = up.backlot("reset");
    assert_eq!(reset.code, Some(0), "{reset:?}");
    assert_eq!(names(up.client()), configured);
    let up = kill(up).up(UP);
    assert_eq!(names(up.client()), configured);
    let sent = up.backlot("send workflow");
    assert!(sent.stdout.starts_with("`one` gets"), "{sent:?}");
}

#[test]
fn a_saved_state_has_the_triggers_of_the_api() {
    let from = project().up("--seed 1 --store memory");
    change(from.client(), NIGHTLY);
    let before = names(from.client());
    let saved = from.backlot("state save kept");
    assert_eq!(saved.code, Some(0), "{saved:?}");
    let file = from.place.path().join("kept");
    let to = project().up(UP);
    let other = timer("two", "other", "0 0 * * * * *");
    ok(to.client(), "scf", "CreateTrigger", &other);
    let loaded = to.line("state load").arg(&file).run();
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    assert_eq!(names(to.client()), before, "what was there is replaced");
    run(&to);
    let to = kill(to).up(UP);
    assert_eq!(names(to.client()), before);
    run(&to);
}

#[test]
fn triggers_whose_place_the_configuration_takes_are_told_and_come_back() {
    let up = project().up(UP);
    ok(
        up.client(),
        "mps",
        "BindTrigger",
        &bind("two", "EditMediaTask"),
    );
    let place = kill(up);
    configure(
        &place,
        "triggers: { WorkflowTask: null, EditMediaTask: one }\n",
    );
    let up = place.up(UP);
    let sent = up.backlot("send edit");
    assert!(sent.stdout.starts_with("`one` gets"), "{sent:?}");
    let (place, told) = stop(up);
    for part in [
        "the trigger `EditMediaTaskEvent` (`mps`) of the function `two`, which the API has made or changed, is left out",
        "`one` is already bound to `EditMediaTask`",
    ] {
        assert!(told.contains(part), "{told}");
    }
    configure(
        &place,
        "triggers: { WorkflowTask: one, EditMediaTask: null }\n",
    );
    let up = place.up(UP);
    let sent = up.backlot("send edit");
    assert!(sent.stdout.starts_with("`two` gets"), "{sent:?}");
}

#[test]
fn a_deleted_function_takes_its_triggers_with_it_for_good() {
    let up = project().up(UP);
    change(up.client(), NIGHTLY);
    let gone = json!({ "FunctionName": "two" });
    ok(up.client(), "scf", "DeleteFunction", &gone);
    let up = kill(up).up(UP);
    let answer = call(up.client(), "scf", "ListTriggers", &gone);
    assert_eq!(
        answer["Error"]["Code"], "ResourceNotFound.Function",
        "{answer}"
    );
    // The place of its MPS trigger is free.
    ok(
        up.client(),
        "mps",
        "BindTrigger",
        &bind("one", "WorkflowTask"),
    );
    let (_place, told) = stop(up);
    assert!(!told.contains("is left out"), "{told}");
}
