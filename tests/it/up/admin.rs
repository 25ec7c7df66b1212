//! The operator's API `/_backlot/…`: its description is true, and foreign pages are refused.

use backlot::admin::OPENAPI;
use backlot::admin::route::ROUTES;
use serde_json::{Value, json};

use super::kit::{Lines, Up};

#[test]
fn the_description_and_the_routes_agree() {
    let described: Value = serde_json::from_str(OPENAPI).expect("JSON");
    let mut found = Vec::new();
    for (path, methods) in described["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let names = operation["parameters"].as_array().into_iter().flatten();
            let names: Vec<_> = names
                .map(|part| part["name"].as_str().expect("a name"))
                .collect();
            found.push((path.clone(), method.to_uppercase(), names));
            assert!(operation["responses"]["403"].is_object(), "{method} {path}");
        }
    }
    let mut routes: Vec<_> = ROUTES
        .iter()
        .map(|route| {
            let path = format!("/_backlot{}", route.path);
            (path, route.method.to_string(), route.parameters.to_vec())
        })
        .collect();
    found.sort();
    routes.sort();
    assert_eq!(found, routes);
}

#[test]
fn every_operation_answers_as_described() {
    let up = Up::start("--clock virtual");
    let client = up.client();
    let described: Value = serde_json::from_str(OPENAPI).expect("JSON");
    let state = client.ask("GET", "/_backlot/state", "", b"").body;
    // What needs a function is tested where there is one.
    let apart = ["/stop", "/invoke", "/events", "/code"];
    for route in ROUTES.iter().filter(|route| !apart.contains(&route.path)) {
        let path = format!("/_backlot{}", route.path);
        let method = route.method.as_str();
        let body = match (method, route.path) {
            (_, "/clock/advance") => br#"{"by":"90s"}"#.to_vec(),
            ("PUT", "/faults") => b"[]".to_vec(),
            ("PUT", "/state") => state.clone(),
            _ => Vec::new(),
        };
        let answered = client.ask(method, &path, "", &body);
        let responses = &described["paths"][&path][method.to_lowercase()]["responses"];
        assert_eq!(answered.status, 200, "{method} {path}: {answered:?}");
        let content_type = answered.header("content-type");
        let known = &responses["200"]["content"];
        assert!(
            known.get(content_type).is_some(),
            "{method} {path}: {content_type} in {known}"
        );
        let wrong = client.ask("PATCH", &path, "", b"");
        assert_eq!(wrong.status, 405, "{path}");
        assert!(wrong.header("allow").contains(method), "{wrong:?}");
    }
    assert_eq!(
        client.ask("GET", "/_backlot/openapi.json", "", b"").text(),
        OPENAPI
    );
    assert_eq!(client.ask("POST", "/_backlot/stop", "", b"").status, 202);
    assert_eq!(up.running.end().code, Some(0));
}

#[test]
fn what_is_not_there_is_refused_aloud() {
    let up = Up::start("");
    for (path, status, expected) in [
        ("/_backlot", 404, "openapi.json"),
        ("/_backlot/helth", 404, "there is no `/_backlot/helth`"),
        ("/_backlot/health?x=1", 400, "there is no parameter `x`"),
        ("/_backlot/journal?since=x", 400, "is not a number"),
        (
            "/_backlot/idle?horizon=soon",
            400,
            "expected a number of seconds",
        ),
        (
            "/_backlot/journal?follow=maybe",
            400,
            "expected `true` or `false`",
        ),
        (
            "/_backlot/logs?function=nobody",
            404,
            "there is no function `nobody`",
        ),
    ] {
        let answered = up.client().ask("GET", path, "", b"");
        assert_eq!(answered.status, status, "{path}: {answered:?}");
        assert!(
            answered.text().contains(expected),
            "{path}: {}",
            answered.text()
        );
    }
}

#[test]
fn real_time_cannot_be_moved_and_virtual_time_can() {
    let real = Up::start("");
    for path in ["/_backlot/clock/advance", "/_backlot/clock/run-until-idle"] {
        let answered = real.client().ask("POST", path, "", br#"{"by":"1s"}"#);
        assert_eq!(answered.status, 409, "{answered:?}");
        assert!(
            answered.text().contains("--clock virtual"),
            "{}",
            answered.text()
        );
    }
    let moved = Up::start("--clock virtual");
    assert_eq!(
        moved.client().get("/_backlot/clock")["now"],
        "2024-01-01T00:00:00Z"
    );
    let answered = moved
        .client()
        .ask("POST", "/_backlot/clock/advance", "", br#"{"by":"90s"}"#);
    assert_eq!(answered.json()["now"], "2024-01-01T00:01:30Z");
    let wrong = moved
        .client()
        .ask("POST", "/_backlot/clock/advance", "", br#"{"by":90}"#);
    assert_eq!(wrong.status, 400, "{wrong:?}");
}

#[test]
fn faults_are_replaced_while_it_runs() {
    let up = Up::start("");
    let client = up.client();
    assert_eq!(client.get("/_backlot/faults"), json!([]));
    let rules = json!([{
        "name": "closed",
        "on": { "service": "cos", "operation": "GetService" },
        "do": { "fail": { "status": 503, "code": "SlowDown" } },
    }]);
    let put = client.ask("PUT", "/_backlot/faults", "", rules.to_string().as_bytes());
    assert_eq!(put.json(), rules);
    let wrong = client.ask("PUT", "/_backlot/faults", "", b"[{\"do\": \"explode\"}]");
    assert_eq!(wrong.status, 400, "{wrong:?}");
    assert!(wrong.text().contains("explode"), "{}", wrong.text());
    assert_eq!(
        client.get("/_backlot/faults"),
        rules,
        "a mistake changes nothing"
    );
    assert_eq!(up.backlot("reset").code, Some(0));
    assert_eq!(client.get("/_backlot/faults"), json!([]));
}

#[test]
fn the_root_says_where_things_are() {
    let up = Up::start("");
    let answered = up.client().ask("GET", "/", "", b"");
    assert_eq!(answered.status, 501, "{answered:?}");
    assert_eq!(
        answered.text(),
        "backlot is running; COS paths are `/<bucket>/<key>`, admin API at `/_backlot/openapi.json`\n"
    );
}

#[test]
fn the_journal_can_be_followed_to_the_end() {
    let up = Up::start("");
    let client = up.client();
    let mut lines = Lines::of(client.send("GET", "/_backlot/journal?follow=true", "", b""));
    let accept = "Accept: text/event-stream\r\nLast-Event-ID: 0\r\n";
    let mut events = Lines::of(client.send("GET", "/_backlot/journal", accept, b""));
    assert!(lines.next("{").expect("a record").contains("stage-started"));
    client.ask("GET", "/", "Host: nobody.example\r\n", b"");
    let refused = lines.next("{").expect("a record");
    assert!(
        refused.contains("request-refused") && refused.contains("nobody.example"),
        "{refused}"
    );
    assert_eq!(events.next("id: ").expect("an event"), "id: 1");
    assert_eq!(
        events.next("data: ").expect("an event"),
        format!("data: {refused}")
    );
    up.backlot("reset");
    assert!(lines.next("{").expect("a record").contains("stage-reset"));
    let journal = client.journal();
    assert_eq!(
        (journal.len(), &journal[0]["number"]),
        (1, &json!(2)),
        "earlier ones are forgotten"
    );
    let later = client.ask("GET", "/_backlot/journal?since=3", "", b"");
    assert_eq!((later.status, later.text().as_str()), (200, ""));
    up.running.signal("TERM");
    assert_eq!(lines.next("{"), None, "the answer ends with the stage");
    assert_eq!(up.running.end().code, Some(0));
}

#[test]
fn no_answer_holds_a_secret() {
    let up = Up::start("");
    let env = up.backlot("env").stdout;
    let key = env
        .lines()
        .find_map(|line| line.strip_prefix("export TENCENTCLOUD_SECRETKEY="));
    let key = key.expect("a key").trim_matches('\'');
    assert!(key.len() >= 32, "{key}");
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let path = format!("/_backlot{}", route.path);
        let answered = up.client().ask("GET", &path, "", b"");
        assert!(!answered.text().contains(key), "{path}");
    }
}
