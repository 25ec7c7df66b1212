//! How an attempt can end, and what becomes of the instance.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use backlot::scf::{Function, InProcess};

use super::rig::{Rig, python, trouble};

/// Real time for what never comes.
const SOON: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_process_answers_and_stays_warm() {
    let rig = Rig::new([python("echo", &["echo.py"])]);
    rig.play("echo", &[r#"{"z": 1.50, "a": null}"#, "2"]).await;
    rig.scf.stop().await;
    let first = &rig.attempts(1)[0];
    assert_eq!((first.status, first.duration_ms), (200, 0));
    assert_eq!(first.result, r#"{"z": 1.50, "a": null}"#, "byte for byte");
    assert_eq!(rig.attempts(2)[0].result, "2");
    let expected = [("echo/1.1".into(), Some("stage stopped".into()))];
    assert_eq!(rig.instances(), expected);
}

#[tokio::test]
async fn a_node_process_answers() {
    let function = Function::command("node-echo", ["node", "echo.mjs"], super::rig::folder());
    let rig = Rig::new([function]);
    rig.play("node-echo", &[r#"{"a":1}"#]).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1)[0].result, r#"{"a":1}"#);
    let line = &rig.lines(1, 1)[0];
    assert!(line.ends_with(" 3000"), "{line}");
}

#[tokio::test]
async fn a_timeout_is_charged_to_the_clock_and_ends_the_instance() {
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

#[tokio::test]
async fn an_event_that_is_not_fetched_times_out_with_another_text() {
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
}

#[tokio::test]
async fn a_process_that_is_never_ready_is_replaced() {
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

#[tokio::test]
async fn a_process_that_ends_before_it_is_ready_is_reported_at_once() {
    let rig = Rig::new([trouble("exits-before-ready")]);
    rig.play("exits-before-ready", &["{}"]).await;
    rig.scf.stop().await;
    let attempt = &rig.attempts(1)[0];
    assert_eq!((attempt.status, attempt.duration_ms), (450, 0));
    assert_eq!(rig.lines(1, 1), ["exits-before-ready starts"]);
    let reason = Some("exited with code 7".to_owned());
    assert_eq!(rig.instances(), [("exits-before-ready/1.1".into(), reason)]);
}

#[tokio::test]
async fn a_crash_ends_the_attempt_at_once_and_keeps_the_last_words() {
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

#[tokio::test]
async fn the_end_of_the_first_process_is_the_end_of_all() {
    let rig = Rig::new([trouble("leaves-child")]);
    rig.play("leaves-child", &["{}"]).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1)[0].status, 439);
    let diagnostics = rig.diagnostics();
    assert!(diagnostics[0].contains("`exec`"), "{diagnostics:?}");
}

#[tokio::test]
async fn an_answer_without_waiting_for_its_receipt_counts() {
    let rig = Rig::new([trouble("answers-and-exits")]);
    rig.play("answers-and-exits", &["1", "2", "3"]).await;
    rig.scf.stop().await;
    for number in 1..=3 {
        let attempt = &rig.attempts(number)[0];
        assert_eq!((attempt.status, attempt.result.as_str()), (200, "gone"));
    }
    let reason = Some("exited with code 0".to_owned());
    let expected = [1, 2, 3].map(|n| (format!("answers-and-exits/1.{n}"), reason.clone()));
    assert_eq!(rig.instances(), expected);
}

#[tokio::test]
async fn an_error_of_the_function_keeps_the_instance() {
    let rig = Rig::new([trouble("fails")]);
    rig.play("fails", &["{}", "{}"]).await;
    rig.scf.stop().await;
    let attempt = &rig.attempts(2)[0];
    assert_eq!(attempt.status, 430);
    let result: serde_json::Value = serde_json::from_str(&attempt.result).unwrap();
    assert_eq!(result["stackTrace"], r#"{"msg":"upload refused"}"#);
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn a_panic_in_process_is_an_exit() {
    let code = InProcess::handler(|_, _| async { panic!("on purpose") });
    let rig = Rig::new([Function {
        retry_num: 0,
        ..Function::in_process("panics", code)
    }]);
    rig.play("panics", &["{}"]).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1)[0].status, 439);
    let expected = [("panics/1.1".into(), Some("panicked".into()))];
    assert_eq!(rig.instances(), expected);
}

#[tokio::test]
async fn a_command_needs_its_program_and_its_folder() {
    let attempt_once = |name: &str, command: &str, dir: &str| Function {
        retry_num: 0,
        ..Function::command(name, [command], dir)
    };
    let rig = Rig::new([
        attempt_once("no-program", "no-such-program", "/"),
        attempt_once("no-folder", "true", "/no/such/folder"),
    ]);
    rig.play("no-program", &["{}"]).await;
    rig.play("no-folder", &["{}"]).await;
    rig.scf.stop().await;
    assert_eq!(
        [1, 2].map(|number| rig.attempts(number)[0].status),
        [443, 443]
    );
    let reason = |what: &str| Some(format!("there is nothing at `{what}`"));
    let expected = [
        ("no-program/1.1".into(), reason("no-such-program")),
        ("no-folder/1.1".into(), reason("/no/such/folder")),
    ];
    assert_eq!(rig.instances(), expected);
}

#[tokio::test]
async fn a_bootstrap_must_be_there_executable_and_runnable() {
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
