//! Functions of the Cloud API: over restarts, resets, and in saved states.

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::http::auth::tc3;
use backlot::stage::owner_keys;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::kit::{Client, Place, Up};

const HOST: &str = "scf.tencentcloudapi.com";

/// A call that the owner of a stage with `--seed 1` signs.
#[track_caller]
fn call(client: Client, action: &str, parameters: &Value) -> Value {
    let body = parameters.to_string();
    let timestamp = Clock::real().client_now().as_second();
    let mut headers = HeaderMap::new();
    let mut head = String::new();
    for (name, value) in [
        ("host", HOST.to_owned()),
        ("content-type", "application/json".to_owned()),
        ("x-tc-action", action.to_owned()),
        ("x-tc-version", "2018-04-16".to_owned()),
        ("x-tc-timestamp", timestamp.to_string()),
    ] {
        let header: HeaderName = name.parse().expect("a header name");
        headers.insert(header, value.parse().expect("a header value"));
        let name = if name == "host" { "Host" } else { name };
        head = head + name + ": " + &value + "\r\n";
    }
    let signed = tc3::Signed {
        method: "POST",
        hosts: &[HOST],
        query: "",
        headers: &headers,
        body: body.as_bytes(),
        service: None,
    };
    let signature = tc3::sign(&signed, &[], &owner_keys(Seed(1)), "scf", timestamp);
    let head = format!("{head}Authorization: {signature}\r\n");
    let mut answer = client.ask("POST", "/", &head, body.as_bytes()).json();
    answer["Response"].take()
}

#[track_caller]
fn ok(client: Client, action: &str, parameters: &Value) -> Value {
    let answer = call(client, action, parameters);
    assert_eq!(answer.get("Error"), None, "{action}: {answer}");
    answer
}

fn zip(text: &str) -> String {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("index.py", SimpleFileOptions::default())
        .expect("a zip in memory");
    zip.write_all(text.as_bytes()).expect("a zip in memory");
    BASE64.encode(zip.finish().expect("a zip in memory").into_inner())
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
    let answer = call(client, "GetFunction", &json!({"FunctionName": name}));
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
