//! Which requests are which events, and what those who listen are told.

use backlot::base::seed::Seed;
use backlot::cos::event::{Shape, payload};
use backlot::signal::FunctionTarget;
use serde_json::Value;

use crate::cos::client::{Ask, BUCKET, Running};

/// The changes so far, as `name key version size`, and forgotten.
fn changes(running: &Running) -> Vec<String> {
    let changes = std::mem::take(
        &mut *running
            .changes
            .lock()
            .expect("no code panics while it adds a change"),
    );
    let told = changes.iter().map(|changed| {
        let version = if changed.version_id.is_empty() {
            "-"
        } else {
            "version"
        };
        let name = changed
            .event_name
            .strip_prefix("cos:Object")
            .expect("its beginning");
        format!("{name} {} {version} {}", changed.key, changed.size)
    });
    told.collect()
}

async fn ask(running: &Running, ask: Ask, status: u16) -> String {
    let answered = running.ask(ask).await;
    assert_eq!(answered.status, status, "{}", answered.text());
    let version = answered.header("x-cos-version-id");
    version.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_way_to_change_an_object_has_its_event() {
    let running = Running::start().await;
    let source = format!("{BUCKET}.cos.ap-guangzhou.myqcloud.com/a");
    ask(&running, Ask::new("PUT", "/a").body(b"12345"), 200).await;
    let copy = Ask::new("PUT", "/b").header("x-cos-copy-source", &source);
    ask(&running, copy, 200).await;
    ask(
        &running,
        Ask::new("POST", "/c?append&position=0").body(b"1"),
        200,
    )
    .await;
    ask(&running, Ask::new("DELETE", "/a"), 204).await;
    ask(&running, Ask::new("DELETE", "/never-there"), 204).await;
    assert_eq!(
        changes(&running),
        [
            "Created:Put a - 5",
            "Created:Copy b - 5",
            "Remove:Delete a - 0"
        ]
    );
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let on = Ask::new("PUT", "/?versioning").body(enabled.as_bytes());
    ask(&running, on, 200).await;
    let version = ask(&running, Ask::new("PUT", "/v").body(b"1"), 200).await;
    ask(&running, Ask::new("DELETE", "/v"), 204).await;
    let of_version = format!("/v?versionId={version}");
    ask(&running, Ask::new("DELETE", &of_version), 204).await;
    assert_eq!(
        changes(&running),
        [
            "Created:Put v version 1",
            "Remove:DeleteMarkerCreated v version 0",
            "Remove:Delete v version 0",
        ]
    );
    let broken = Ask::new("PUT", "/broken").header("Content-MD5", "no digest");
    ask(&running, broken.body(b"1"), 400).await;
    assert_eq!(changes(&running), [""; 0], "what fails is no event");
    running.stop().await;
}

#[tokio::test]
async fn the_event_tells_who_sent_what() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/dir/%C3%BC%20.txt")
        .header("Content-Type", "text/plain")
        .header("x-cos-meta-owner", "demo")
        .body(b"0123456789abcdef");
    let answered = running.ask(put).await;
    let changed = running.changes.lock().unwrap()[0].clone();
    let event = payload(
        &changed,
        "ap-guangzhou",
        &FunctionTarget::named("example-function"),
        Shape::Documented,
        Seed(7),
    );
    let event: Value = serde_json::from_slice(&event).unwrap();
    let record = &event["Records"][0];
    let object = &record["cos"]["cosObject"];
    assert_eq!(
        object["meta"]["x-cos-request-id"],
        answered.header("x-cos-request-id").unwrap()
    );
    assert_eq!(object["meta"]["Content-Type"], "text/plain");
    assert_eq!(object["meta"]["x-cos-meta-owner"], "demo");
    assert_eq!(object["key"], "/1250000000/archive/dir/ü .txt");
    assert_eq!(
        object["url"],
        "http://archive-1250000000.cos.ap-guangzhou.myqcloud.com/dir/%C3%BC%20.txt"
    );
    assert_eq!(object["size"], 16);
    let parameters = &record["event"]["requestParameters"];
    assert_eq!(parameters["requestSourceIP"], "127.0.0.1");
    let authorization = parameters["requestHeaders"]["Authorization"]
        .as_str()
        .unwrap();
    assert!(
        authorization.starts_with("q-sign-algorithm=sha1&q-ak=AKIDEXAMPLE&q-sign-time="),
        "{authorization}"
    );
    running.stop().await;
}

/// The event is like the sample of the reference: the same members in the same order, of the same types.
#[test]
fn the_event_has_the_members_of_the_sample() {
    use backlot::base::json::Value as Json;

    fn outline(value: &Json, path: &str, out: &mut Vec<String>) {
        match value {
            Json::Object(members) => {
                for (name, value) in members {
                    outline(value, &format!("{path}.{name}"), out);
                }
            }
            Json::Array(items) => {
                for item in items {
                    outline(item, &format!("{path}[]"), out);
                }
            }
            Json::String(_) => out.push(format!("{path}: text")),
            Json::Number(_) => out.push(format!("{path}: number")),
            _ => out.push(format!("{path}: other")),
        }
    }

    let sample = include_str!("../../vectors/cos/syn-scf-event-put.json");
    let mut expected = Vec::new();
    outline(&Json::parse(sample).unwrap(), "", &mut expected);
    let changed = backlot::signal::ObjectChanged {
        event_name: "cos:ObjectCreated:Put".into(),
        bucket: "examplebucket-1250000000".into(),
        key: "dir/a.txt".into(),
        size: 16,
        etag: String::new(),
        storage_class: "STANDARD".into(),
        at: "2023-11-14T22:13:20Z".parse().unwrap(),
        version_id: String::new(),
        request_id: "R".into(),
        source_ip: "192.0.2.10".into(),
        secret_id: "AKIDEXAMPLE".into(),
        meta: vec![
            ("content-type".into(), "text/plain".into()),
            ("x-cos-meta-owner".into(), "demo".into()),
        ],
        lane: backlot::journal::Lane::Stage,
    };
    let event = payload(
        &changed,
        "ap-guangzhou",
        &FunctionTarget::named("example-function"),
        Shape::Documented,
        Seed(1),
    );
    let event = Json::parse(std::str::from_utf8(&event).unwrap()).unwrap();
    let mut found = Vec::new();
    outline(&event, "", &mut found);
    assert_eq!(found, expected);
    // What does not vary is the same to the letter.
    let sample: Value = serde_json::from_str(sample).unwrap();
    let event: Value = serde_json::from_str(&event.to_string()).unwrap();
    for path in [
        "/Records/0/cos/cosObject/url",
        "/Records/0/cos/cosObject/key",
        "/Records/0/cos/cosBucket",
        "/Records/0/cos/cosNotificationId",
        "/Records/0/event/eventTime",
        "/Records/0/event/eventQueue",
    ] {
        assert_eq!(event.pointer(path), sample.pointer(path), "{path}");
    }
}
