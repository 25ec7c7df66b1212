//! `backlot send` and `POST /_backlot/events`: events of MPS that go to the function that is bound to their type.

use serde_json::Value;

use super::kit::{Place, Up};

const BOUND: &str = "functions:\n  notify: { runtime: Python3.10, handler: index.main_handler }\n\
                     triggers: { WorkflowTask: notify, EditMediaTask: null }\n";

const CODE: &str = "def main_handler(event, context):\n    \
    task = event['WorkflowTaskEvent']\n    \
    print('task', task['TaskId'], task['Status'])\n    \
    if task['Status'] == 'BAD':\n        raise ValueError('as asked')\n    return len(task['TaskId'])\n";

fn bound(arguments: &str) -> Up {
    let place = Place::new();
    place.write("backlot.yaml", BOUND);
    place.write("index.py", CODE);
    place.up(arguments)
}

/// The events that functions were to get.
fn events(up: &Up) -> Vec<Value> {
    let journal = up.client().journal();
    let queued = journal
        .iter()
        .filter(|record| record["what"] == "invocation-queued");
    queued
        .map(|record| {
            assert_eq!(record["source"], "MPS_TRIGGER");
            serde_json::from_str(record["event"].as_str().expect("text")).expect("JSON")
        })
        .collect()
}

#[test]
fn a_made_up_event_goes_to_the_bound_function() {
    let up = bound("");
    let ended = up.backlot("send workflow --wait --set WorkflowTaskEvent.Status=PROCESSING");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = "`notify` gets `WorkflowTask` as invocation 1, request id ";
    assert!(ended.stdout.starts_with(said), "{}", ended.stdout);
    for part in [
        "task 2600000001-WorkflowTask-",
        "PROCESSING",
        "invocation 1, attempt 1: 200 in",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let ended = up.backlot("send workflow --profile modern");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ids: Vec<_> = events(&up)
        .iter()
        .map(|event| event["WorkflowTaskEvent"]["TaskId"].clone())
        .collect();
    assert!(
        ids.len() == 2 && ids[0] != ids[1],
        "each is about a task of its own: {ids:?}"
    );
    let finished = up.client().journal();
    let finished = finished
        .iter()
        .filter(|record| record["what"] == "task-finished");
    let finished: Vec<_> = finished.map(|record| record["task_id"].clone()).collect();
    assert_eq!(finished, ids);
}

#[test]
fn a_captured_event_is_delivered_byte_for_byte_unless_it_is_changed() {
    let up = bound("");
    let event = r#"{"EventType":  "WorkflowTask", "WorkflowTaskEvent": {"TaskId": "1-a", "Status": "FINISH"}, "x": 1.0}"#;
    up.place.write("event.json", event);
    let ended = up.backlot("send event.json --wait");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = up.line("send -").input(event.as_bytes()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let journal = up.client().journal();
    let queued: Vec<_> = journal
        .iter()
        .filter(|record| record["what"] == "invocation-queued")
        .map(|record| record["event"].as_str().expect("text"))
        .collect();
    assert_eq!(queued, [event, event]);
    let ended = up.backlot("send event.json --wait --set WorkflowTaskEvent.TaskId=2-b");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("task 2-b FINISH"), "{}", ended.stderr);
}

#[test]
fn an_event_that_no_function_gets_is_an_error() {
    let up = bound("");
    let ended = up.backlot("send edit");
    assert_eq!(ended.code, Some(4), "{ended:?}");
    let said = "no function is bound to `EditMediaTask`, so the event is not delivered; bind one";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let journal = up.client().journal();
    assert!(
        journal
            .iter()
            .any(|record| record["what"] == "trigger-missing"),
        "{journal:?}"
    );
}

#[test]
fn waiting_tells_that_the_function_failed() {
    let up = bound("--clock virtual");
    let ended = up.backlot("send workflow --wait --set WorkflowTaskEvent.Status=BAD");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for part in ["attempt 3: 430", "given up (execution-error)"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let large = format!(
        r#"{{"EventType":"WorkflowTask","x":"{}"}}"#,
        "x".repeat(128 * 1024)
    );
    let ended = up.line("send - --wait").input(large.as_bytes()).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let said = "error: `notify` does not get the event: refused with 406";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn what_is_no_event_of_mps_is_refused_with_what_to_do() {
    let up = bound("");
    up.place.write("cos.json", r#"{"Records": []}"#);
    up.place
        .write("other.json", r#"{"EventType": "BatchTask"}"#);
    for (arguments, part) in [
        ("send cos.json", "backlot invoke FUNCTION --async"),
        ("send other.json", "`BatchTask` is not an event type"),
        ("send backlot.yaml", "is not JSON"),
        ("send workflw", "did you mean `workflow`?"),
        (
            "send workflow --set Nope=1",
            "names a member `Nope` that the event does not have",
        ),
        (
            "send workflow --set EventType.Name=1",
            "`EventType` is a string",
        ),
        ("send cos.json --profile modern", "is for made-up events"),
    ] {
        let ended = up.backlot(arguments);
        assert_eq!(ended.code, Some(2), "{arguments}: {ended:?}");
        assert!(ended.stderr.contains(part), "{arguments}: {}", ended.stderr);
    }
    assert!(events(&up).is_empty());
    let ended = Place::new()
        .backlot("send workflow --listen 127.0.0.1:9")
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("start one with `backlot up`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_route_answers_as_described() {
    let up = bound("");
    let ask = |query: &str, body: &[u8]| {
        let path = format!("/_backlot/events{query}");
        up.client().ask("POST", &path, "", body)
    };
    let sent = ask(
        "?kind=workflow&set=WorkflowTaskEvent.Status%3DX&set=New%3D1&force=1",
        b"",
    );
    assert_eq!(sent.status, 202, "{sent:?}");
    let sent: Value = serde_json::from_str(&sent.text()).expect("JSON");
    assert_eq!(sent["deliveries"][0]["function"], "notify", "{sent}");
    assert_eq!(sent["deliveries"][0]["refused"], Value::Null, "{sent}");
    let event = &events(&up)[0];
    assert_eq!(
        (&event["WorkflowTaskEvent"]["Status"], &event["New"]),
        (&"X".into(), &1.into())
    );
    for (query, body, status) in [
        ("", &b""[..], 400),
        ("?kind=workflow", b"{}", 400),
        ("?kind=workflow&set=New%3D1", b"", 400),
        ("?kind=edit", b"", 404),
        ("", b"{", 400),
    ] {
        assert_eq!(ask(query, body).status, status, "{query}");
    }
    let page = "Origin: http://evil.example\r\n";
    let refused = up
        .client()
        .ask("POST", "/_backlot/events?kind=workflow", page, b"");
    assert_eq!(refused.status, 403, "{refused:?}");
}
