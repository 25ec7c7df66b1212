//! How an attempt can end, and what becomes of the instance.

use backlot::scf::{Function, InProcess};

use super::rig::{Rig, python, trouble};

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
