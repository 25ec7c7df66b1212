//! Calls of the Cloud API of a running emulator.

use std::io::{Cursor, Write as _};

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::http::auth::tc3;
use backlot::stage::owner_keys;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::{HeaderMap, HeaderName};
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::kit::Client;

/// `Response` of a call to `scf` or `mps`, which the owner of a stage with `--seed 1` signs.
#[track_caller]
pub(super) fn call(client: Client, service: &str, action: &str, parameters: &Value) -> Value {
    let version = match service {
        "mps" => "2019-06-12",
        _ => "2018-04-16",
    };
    let host = format!("{service}.tencentcloudapi.com");
    let body = parameters.to_string();
    let timestamp = Clock::real().client_now().as_second();
    let mut headers = HeaderMap::new();
    let mut head = String::new();
    for (name, value) in [
        ("host", host.clone()),
        ("content-type", "application/json".to_owned()),
        ("x-tc-action", action.to_owned()),
        ("x-tc-version", version.to_owned()),
        ("x-tc-timestamp", timestamp.to_string()),
    ] {
        let header: HeaderName = name.parse().expect("a header name");
        headers.insert(header, value.parse().expect("a header value"));
        let name = if name == "host" { "Host" } else { name };
        head = head + name + ": " + &value + "\r\n";
    }
    let signed = tc3::Signed {
        method: "POST",
        hosts: &[&host],
        query: "",
        headers: &headers,
        body: body.as_bytes(),
        service: None,
    };
    let signature = tc3::sign(&signed, &[], &owner_keys(Seed(1)), service, timestamp);
    let head = format!("{head}Authorization: {signature}\r\n");
    let mut answer = client.ask("POST", "/", &head, body.as_bytes()).json();
    answer["Response"].take()
}

/// [`call`] of one that succeeds.
#[track_caller]
pub(super) fn ok(client: Client, service: &str, action: &str, parameters: &Value) -> Value {
    let answer = call(client, service, action, parameters);
    assert_eq!(answer.get("Error"), None, "{action}: {answer}");
    answer
}

/// A zip with this text as `index.py`, in base64.
pub(super) fn zip(text: &str) -> String {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("index.py", SimpleFileOptions::default())
        .expect("a zip in memory");
    zip.write_all(text.as_bytes()).expect("a zip in memory");
    BASE64.encode(zip.finish().expect("a zip in memory").into_inner())
}
