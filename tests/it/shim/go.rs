//! Go binaries: one that stands for Go with what Go has sent, and a real one where Go is installed.
//!
//! Follows: SCF reference, sections 4.1 (`_LAMBDA_SERVER_PORT`), 5 and 6.5.

use std::os::unix::fs::PermissionsExt as _;

use backlot::scf::Function;
use backlot_tests::command::CommandLine;
use backlot_tests::measure::say;
use backlot_tests::project;
use serde_json::json;

use super::kit::{Answer, Code};

/// The answers of a binary `main`.
async fn answers(code: &Code, events: &[&str]) -> Vec<Answer> {
    let function = Function {
        handler: "main".into(),
        ..code.function()
    };
    code.run(function, events).await
}

/// What stands for a Go binary.
fn recorded() -> Code {
    let source = project().join("tests/functions/recorded_go.py");
    let code = Code::of("Go1", "");
    std::fs::copy(source, code.path().join("main")).expect("room on the disk");
    code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binary_is_called_by_net_rpc() {
    let answers = answers(&recorded(), &["1", "2", "5", "3", "1", "9", "1"]).await;
    let found: Vec<_> = answers
        .iter()
        .map(|answer| (answer.status, &answer.lines[..]))
        .collect();
    let expected = [
        (200, "1"),
        (430, "2"),
        (200, "5"),
        (430, "3"),
        (200, "1"),
        (439, "9"),
        (200, "1"),
    ];
    let expected = expected.map(|(status, payload)| (status, vec![format!("payload {payload}")]));
    let expected: Vec<_> = expected
        .iter()
        .map(|(status, lines)| (*status, &lines[..]))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(answers[0].text, r#"{"a":1}"#);
    assert_eq!(answers[1].json()["stackTrace"], "errorString: no");
    assert_eq!(answers[2].text, "", "an empty result");
    let panic = "runtimeError: boom\n    at main.handle (main.go:300)\n    at main.main (x.go:7)";
    assert_eq!(answers[3].json()["stackTrace"], panic);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binary_that_ends_before_it_listens_never_becomes_ready() {
    let code = recorded();
    code.write("main", "#!/bin/sh\necho no port\nexit 3\n");
    let answers = answers(&code, &["1"]).await;
    assert_eq!(answers[0].status, 450, "{answers:?}");
    assert_eq!(answers[0].lines, ["no port"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_binary_is_a_missing_handler() {
    let code = recorded();
    std::fs::remove_file(code.path().join("main")).unwrap();
    let answers = answers(&code, &["1"]).await;
    assert_eq!(answers[0].status, 437, "{answers:?}");
    assert_eq!(
        answers[0].json()["errorMessage"],
        "HandlerNotFound: main does not exist"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_go_binary_runs() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("go").is_file()) {
        say(
            "skipped: there is no `go` in PATH; install it (Debian: `apt install golang-go`) to run this test",
        );
        return;
    }
    let code = Code::of("Go1", "");
    let source = project().join("tests/functions/handler.go");
    let cache = tempfile::tempdir().expect("a temporary folder");
    let cache = cache.path().to_str().expect("UTF-8");
    let go = CommandLine::new("go", &code.path())
        .args("build -o main")
        .arg(source);
    let built = go.env("GOCACHE", cache).env("CGO_ENABLED", "0").run();
    assert_eq!(built.code, Some(0), "{built:?}");
    let events = [
        r#"{"k":1.50}"#,
        "\"error\"",
        "\"rpc\"",
        "2",
        "\"panic\"",
        "3",
        "\"exit\"",
        "4",
    ];
    let answers = answers(&code, &events).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(
        statuses,
        [200, 430, 430, 200, 430, 200, 439, 200],
        "{answers:?}"
    );
    let result = |event: serde_json::Value, count: u32| {
        json!({
            "event": event, "id": 36, "namespace": "default", "name": "notify", "version": "$LATEST", "limits": [128, 3000],
            "environment": { "SCF_NAMESPACE": "default" }, "count": count, "in time": true,
        })
    };
    assert_eq!(answers[0].json(), result(json!({ "k": 1.5 }), 1));
    assert_eq!(answers[0].lines, [r#"got {"k":1.50}"#]);
    assert_eq!(answers[1].json()["stackTrace"], "errorString: no");
    assert_eq!(answers[2].json()["stackTrace"], "the call failed");
    assert_eq!(
        answers[3].json(),
        result(json!(2), 4),
        "a warm instance keeps its state"
    );
    assert_eq!(
        answers[5].json(),
        result(json!(3), 1),
        "a panic ends the instance"
    );
    assert_eq!(answers[7].json(), result(json!(4), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_binaries_run_side_by_side() {
    let code = recorded();
    let mode = std::fs::metadata(code.path().join("main"))
        .expect("a file")
        .permissions()
        .mode();
    assert_ne!(mode & 0o111, 0, "it is executable");
    let runs = (0..4).map(|_| answers(&code, &["1", "5"]));
    for answers in futures_util::future::join_all(runs).await {
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{answers:?}"
        );
    }
}
