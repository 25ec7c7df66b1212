//! Functions of the Cloud API: over restarts, resets, and in saved states.

use serde_json::{Value, json};

use super::cloud_api::{self, zip};
use super::kit::{Client, Place, Up};

#[track_caller]
fn ok(client: Client, action: &str, parameters: &Value) -> Value {
    cloud_api::ok(client, "scf", action, parameters)
}

fn create(client: Client, name: &str, said: &str) {
    let code = format!("def main_handler(event, context):\n    return {said:?}\n");
    let call = json!({
        "FunctionName": name, "Runtime": "Python3.10", "Handler": "index.main_handler",
        "Code": {"ZipFile": zip(&code)},
    });
    ok(client, "CreateFunction", &call);
}

#[track_caller]
fn said(client: Client, name: &str) -> String {
    let answer = ok(client, "Invoke", &json!({"FunctionName": name}));
    answer["Result"]["RetMsg"]
        .as_str()
        .expect("a text")
        .to_owned()
}

fn has(client: Client, name: &str) -> bool {
    let named = json!({ "FunctionName": name });
    let answer = cloud_api::call(client, "scf", "GetFunction", &named);
    answer["Error"]["Code"] != "ResourceNotFound.FunctionName"
}

/// A place with the function `configured`, in Python.
fn project() -> Place {
    let place = Place::new();
    place.write(
        "index.py",
        "def main_handler(event, context):\n    return 'configured'\n",
    );
    place.write(
        "backlot.yaml",
        "functions:\n  configured: { runtime: Python3.10, handler: index.main_handler }\n",
    );
    place
}

#[test]
fn what_the_api_made_survives_a_restart_and_not_a_reset() {
    let up = project().up("--seed 1 --data data");
    create(up.client(), "made", "made");
    let update = json!({"FunctionName": "configured", "Timeout": 9});
    ok(up.client(), "UpdateFunctionConfiguration", &update);
    up.running.signal("TERM");
    let Up { place, running, .. } = up;
    assert_eq!(running.end().code, Some(0));

    let up = place.up("--seed 1 --data data");
    assert_eq!(said(up.client(), "made"), "\"made\"");
    assert_eq!(said(up.client(), "configured"), "\"configured\"");
    let configured = json!({"FunctionName": "configured"});
    assert_eq!(ok(up.client(), "GetFunction", &configured)["Timeout"], 9);
    assert_eq!(up.backlot("reset").code, Some(0));
    assert!(!has(up.client(), "made"));
    assert_eq!(ok(up.client(), "GetFunction", &configured)["Timeout"], 3);
    up.running.signal("TERM");
    let Up { place, running, .. } = up;
    assert_eq!(running.end().code, Some(0));

    let up = place.up("--seed 1 --data data");
    assert!(!has(up.client(), "made"), "the reset is kept as well");
}

#[test]
fn a_saved_state_has_the_functions_of_the_api() {
    let from = project().up("--seed 1 --store memory");
    create(from.client(), "made", "made");
    assert_eq!(from.backlot("state save kept").code, Some(0));
    let file = from.place.path().join("kept");

    let to = project().up("--seed 1 --data data");
    create(to.client(), "other", "other");
    let loaded = to.line("state load").arg(&file).run();
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    assert_eq!(said(to.client(), "made"), "\"made\"");
    assert_eq!(said(to.client(), "configured"), "\"configured\"");
    assert!(!has(to.client(), "other"), "it was replaced");
    // Loading what is there already is no loss of its code.
    let again = to.line("state load").arg(&file).run();
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(said(to.client(), "made"), "\"made\"");
}

#[test]
fn a_registry_that_is_damaged_is_named_at_the_start() {
    let place = project();
    std::fs::create_dir_all(place.path().join("data/registry")).unwrap();
    place.write("data/registry/parts.json", "{");
    let ended = place.backlot("up --listen 127.0.0.1:0 --data data").run();
    assert_ne!(ended.code, Some(0), "{ended:?}");
    let told = &ended.stderr;
    assert!(
        told.contains("parts.json") && told.contains("remove it"),
        "{told}"
    );
}
