//! The items of the reference's checklist about instances and their runtime API: SCF reference, section 19, items 1 to 11.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use backlot::fault::{Matcher, Rule, Rules, Verdict};
use backlot::scf::{Embedded, Function, InProcess, RuntimeClient};
use bytes::Bytes;
use hyper::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::{Rig, python, trouble};

/// Real time for what never comes.
const SOON: Duration = Duration::from_millis(200);

/// A function without retries whose code is `code`.
fn function<F>(code: impl Fn(Embedded) -> F + Send + Sync + 'static) -> Function
where
    F: Future<Output = ()> + Send + 'static,
{
    Function {
        retry_num: 0,
        memory_mb: 256,
        ..Function::in_process("api", InProcess::new(code))
    }
}

/// Checklist 19.1.
#[tokio::test]
async fn item_01_a_bootstrap_must_be_there_executable_and_runnable() {
    let folder = tempfile::tempdir().unwrap();
    let bootstrap = folder.path().join("bootstrap");
    let rig = Rig::new([Function {
        retry_num: 0,
        ..Function::folder("archive", folder.path())
    }]);
    rig.play("archive", &["{}"]).await;
    std::fs::write(&bootstrap, "#!/no/such/interpreter\n").unwrap();
    rig.play("archive", &["{}"]).await;
    std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();
    rig.play("archive", &["{}"]).await;
    rig.scf.stop().await;
    for (number, text) in [
        (1, r"ReloadFail: Bootstrap not found\n"),
        (2, r"ReloadFail: Bootstrap not executable\n"),
        (3, r"ReloadFail: Bootstrap not executable\n"),
    ] {
        let attempt = &rig.attempts(number)[0];
        assert_eq!((attempt.status, attempt.duration_ms), (443, 0));
        assert!(attempt.result.contains(text), "{}", attempt.result);
        assert_eq!(rig.lines(number, 1), Vec::<String>::new());
    }
    let (_, reason) = rig.instances().pop().unwrap();
    let reason = reason.unwrap();
    assert!(reason.contains("`#!` line"), "{reason}");
}

/// Checklist 19.2.
#[tokio::test]
async fn item_02_a_process_that_is_never_ready_misses_its_window_and_is_replaced() {
    let rig = Rig::new([Function {
        init_timeout_after: Some(SOON),
        ..trouble("never-ready")
    }]);
    rig.play("never-ready", &["{}", "{}"]).await;
    rig.scf.stop().await;
    let attempt = &rig.attempts(1)[0];
    assert_eq!((attempt.status, attempt.duration_ms), (450, 65_000));
    assert!(
        attempt
            .result
            .contains("Initialization timed out after 65 seconds")
    );
    assert_eq!(rig.attempts(2)[0].ended, 130);
    assert_eq!(rig.instances().len(), 2);
}

/// Checklist 19.3.
#[tokio::test]
async fn item_03_what_is_printed_before_ready_is_in_the_first_log_only() {
    let rig = Rig::new([python("echo", &["echo.py"])]);
    let first = rig.reply("echo", "1").await;
    let second = rig.reply("echo", "2").await;
    rig.scf.stop().await;
    assert_eq!(rig.lines(1, 1)[0], "initialized");
    assert!(first.log.contains("\ninitialized\n"), "{first:?}");
    assert!(!rig.lines(2, 1).contains(&"initialized".to_owned()));
    assert!(!second.log.contains("initialized"), "{second:?}");
}

/// An event whose spelling a parser would not keep.
const EVENT: &str = "{\"Time\": 11.261677742004395,\n \"n\": 1E2, \"u\": \"\\u4e2d\"}";

/// Checklist 19.4.
#[tokio::test]
async fn item_04_next_gives_the_same_event_again_until_it_has_a_result() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        client.ready().await.unwrap();
        client.ready().await.unwrap();
        let first = client.next().await.unwrap();
        let second = client.next().await.unwrap();
        assert_eq!(first.body(), second.body());
        assert_eq!(first.body(), EVENT, "byte for byte");
        for name in ["request_id", "memory_limit_in_mb", "time_limit_in_ms"] {
            assert_eq!(first.headers()[name], second.headers()[name]);
        }
        let text = format!(
            "{} {} {}",
            first.headers()["memory_limit_in_mb"].to_str().unwrap(),
            first.headers()["time_limit_in_ms"].to_str().unwrap(),
            first.headers()["request_id"].to_str().unwrap(),
        );
        client.response(text).await.unwrap();
        client.next().await.map(drop).unwrap_err();
    })]);
    let reply = rig.reply("api", EVENT).await;
    rig.scf.stop().await;
    let expected = format!("256 3000 {}", reply.request_id);
    assert_eq!(reply.ret_msg, expected);
}

/// Checklist 19.5.
#[tokio::test]
async fn item_05_next_has_three_headers_in_lower_case_with_underscores() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        client.ready().await.unwrap();
        let mut raw = TcpStream::connect(embedded.api).await.unwrap();
        let request =
            "GET /runtime/invocation/next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        raw.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        raw.read_to_string(&mut answer).await.unwrap();
        client.response(answer).await.unwrap();
        client.next().await.map(drop).unwrap_err();
    })]);
    let reply = rig.reply("api", EVENT).await;
    rig.scf.stop().await;
    let answer = std::str::from_utf8(&reply.ret_msg).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, EVENT);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for line in [
        "\r\nrequest_id: ",
        "\r\nmemory_limit_in_mb: 256",
        "\r\ntime_limit_in_ms: 3000",
        "\r\ncontent-type: application/json",
    ] {
        assert!(head.contains(line), "{line:?} in {head}");
    }
}

/// Checklist 19.6.
#[tokio::test]
async fn item_06_of_two_results_the_first_wins_and_both_are_answered() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        client.ready().await.unwrap();
        while client.next().await.is_ok() {
            for result in ["first", "second"] {
                let path = "/runtime/invocation/response";
                let answer = client.ask(Method::POST, path, Bytes::from(result)).await;
                assert!(!answer.unwrap().body().is_empty(), "{result}");
            }
        }
    })]);
    rig.play("api", &["1", "2"]).await;
    rig.scf.stop().await;
    for number in 1..=2 {
        let attempt = &rig.attempts(number)[0];
        assert_eq!((attempt.status, attempt.result.as_str()), (200, "first"));
    }
    assert_eq!(rig.instances().len(), 1);
}

/// Checklist 19.7.
#[tokio::test]
async fn item_07_a_response_after_an_error_does_not_undo_it() {
    let rig = Rig::new([function(|embedded| async move {
        let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
        let post = |path| (Method::POST, path, Bytes::new());
        let (method, path, body) = post("/runtime/init/ready");
        let answer = client.ask(method, path, body).await.unwrap();
        assert!(!answer.body().is_empty(), "ready");
        while client.next().await.is_ok() {
            client.error("first").await.unwrap();
            for path in ["/runtime/invocation/response", "/runtime/invocation/error"] {
                let (method, path, body) = post(path);
                let answer = client.ask(method, path, body).await.unwrap();
                assert!(!answer.body().is_empty(), "{path}");
            }
        }
    })]);
    rig.play("api", &["1", "2", "3"]).await;
    rig.scf.stop().await;
    for number in 1..=3 {
        let attempt = &rig.attempts(number)[0];
        assert_eq!(attempt.status, 430, "the failure stays");
        let result: serde_json::Value = serde_json::from_str(&attempt.result).unwrap();
        assert_eq!(result["stackTrace"], "first");
    }
    let diagnostics = rig.diagnostics();
    assert_eq!(diagnostics.len(), 6, "{diagnostics:?}");
    assert!(diagnostics[0].contains("a response was posted although no event was open"));
    assert_eq!(rig.instances().len(), 1);
}

/// Checklist 19.8.
#[tokio::test]
async fn item_08_a_result_that_is_not_json_passes_as_it_is() {
    let code =
        InProcess::handler(|_, _| async { Ok(Bytes::from_static(b"Echoing: 'no \"JSON\"'")) });
    let rig = Rig::new([Function::in_process("plain", code)]);
    let reply = rig.reply("plain", "{}").await;
    rig.scf.stop().await;
    assert_eq!(reply.ret_msg, "Echoing: 'no \"JSON\"'");
    assert_eq!((reply.status.0, reply.invoke_result), (200, 0));
}

/// Checklist 19.9. The other half of the item is the next test.
#[tokio::test]
async fn item_09_an_event_that_is_not_fetched_is_a_timeout_of_waiting() {
    let rig = Rig::new([Function {
        timeout: Duration::from_secs(1),
        timeout_after: Some(SOON),
        ..trouble("never-next")
    }]);
    rig.play("never-next", &["{}"]).await;
    rig.scf.stop().await;
    let attempt = &rig.attempts(1)[0];
    assert_eq!((attempt.status, attempt.ended), (433, 1));
    assert!(
        attempt
            .result
            .contains("Wait event timed out after 1 seconds")
    );
    let reason = Some("timed out".to_owned());
    assert_eq!(rig.instances(), [("never-next/1.1".into(), reason)]);
}

/// Checklist 19.9.
#[tokio::test]
async fn item_09_an_event_without_a_result_is_a_timeout_of_the_task() {
    let rig = Rig::new([Function {
        timeout_after: Some(SOON),
        ..trouble("slow")
    }]);
    rig.play("slow", &["{}", "{}"]).await;
    rig.scf.stop().await;
    for (number, started, ended) in [(1, 0, 3), (2, 3, 6)] {
        let attempt = &rig.attempts(number)[0];
        assert_eq!((attempt.started, attempt.ended), (started, ended));
        assert_eq!((attempt.status, attempt.duration_ms), (433, 3000));
        assert!(
            attempt
                .result
                .contains("Invoking task timed out after 3 seconds")
        );
        assert_eq!(rig.lines(number, 1), ["slow starts", "slow has an event"]);
    }
    let reason = || Some("timed out".to_owned());
    let expected = [("slow/1.1".into(), reason()), ("slow/1.2".into(), reason())];
    assert_eq!(rig.instances(), expected);
}

/// Checklist 19.10.
#[tokio::test]
async fn item_10_an_end_with_an_event_is_439_and_the_next_instance_is_new() {
    let rig = Rig::new([trouble("crash")]);
    rig.play("crash", &["{}", "{}"]).await;
    rig.scf.stop().await;
    let attempt = &rig.attempts(1)[0];
    assert_eq!((attempt.status, attempt.duration_ms), (439, 0));
    assert!(
        attempt
            .result
            .contains("Process exited before completing request")
    );
    assert_eq!(
        rig.lines(2, 1),
        ["crash starts", "crash has an event", "last words"]
    );
    let reason = || Some("exited with code 3".to_owned());
    let expected = [
        ("crash/1.1".into(), reason()),
        ("crash/1.2".into(), reason()),
    ];
    assert_eq!(rig.instances(), expected);
}

/// Checklist 19.10.
#[tokio::test]
async fn item_10_an_event_whose_process_was_killed_is_tried_again() {
    let rig = Rig::new([Function {
        retry_num: 1,
        ..trouble("crash")
    }]);
    rig.play("crash", &["{}"]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let found: Vec<_> = attempts
        .iter()
        .map(|attempt| (attempt.started, attempt.status))
        .collect();
    assert_eq!(found, [(0, 439), (60, 439)]);
    assert_eq!(rig.instances().len(), 2);
}

/// Checklist 19.11.
#[tokio::test]
async fn item_11_private_files_survive_a_warm_event_and_vanish_after_433_and_439() {
    let rig = Rig::new([Function {
        timeout_after: Some(Duration::from_secs(2)),
        ..trouble("remembers")
    }]);
    let mut found = Vec::new();
    for event in [
        r#""a""#,
        r#""b""#,
        r#""hang""#,
        r#""c""#,
        r#""d""#,
        r#""die""#,
        r#""e""#,
    ] {
        let reply = rig.reply("remembers", event).await;
        let said = String::from_utf8(reply.ret_msg.to_vec()).unwrap();
        let said = if reply.status.0 == 200 {
            said
        } else {
            String::new()
        };
        found.push((reply.status.0, said));
    }
    rig.scf.stop().await;
    let expected = [
        (200, "empty"),
        (200, "kept"),
        (433, ""),
        (200, "empty"),
        (200, "kept"),
        (439, ""),
        (200, "empty"),
    ];
    assert_eq!(
        found,
        expected.map(|(status, said)| (status, said.to_owned()))
    );
    assert_eq!(rig.instances().len(), 3);
}

/// Checklist 19.11.
#[tokio::test]
async fn item_11_private_files_vanish_after_434() {
    let rule = Rule {
        name: "out of memory".into(),
        on: Matcher {
            attempt: Some(2),
            ..Matcher::default()
        },
        nth: None,
        times: None,
        verdict: Verdict::Fail {
            status: 434,
            code: String::new(),
        },
    };
    let function = Function {
        retry_num: 2,
        ..trouble("remembers")
    };
    let rig = Rig::with_faults([function], Some(Rules::new(vec![rule])));
    rig.play("remembers", &[r#""fail""#]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1);
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [430, 434, 430]);
    let text = "\"errorMessage\":\"Task memory exceeded 128 MB\"";
    assert!(attempts[1].result.contains(text), "{attempts:?}");
    for attempt in [&attempts[0], &attempts[2]] {
        assert!(
            attempt.result.contains(r#""stackTrace":"empty""#),
            "{attempt:?}"
        );
    }
    let reasons = ["memory exceeded", "stage stopped"].map(|reason| Some(reason.to_owned()));
    let found: Vec<_> = rig
        .instances()
        .into_iter()
        .map(|(_, reason)| reason)
        .collect();
    assert_eq!(found, reasons);
}
