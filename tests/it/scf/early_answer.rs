//! Node handlers that answer by `callback` while their event loop still has work: the caller need not wait for it.
//!
//! Follows: SCF reference, section 6.4, `callbackWaitsForEmptyEventLoop`.

use std::time::Duration;

use backlot::journal::{Lane, ScfRecord, What};
use backlot::scf::Function;
use backlot::scf::shim::HandlerRuntime;
use rustix::fs::{CWD, FileType, Mode};
use tempfile::TempDir;

use super::rig::Rig;

/// In real time.
const LIMIT: Duration = Duration::from_secs(30);

/// A function `answers`, and the folder of its code.
fn function(handler: &str) -> (TempDir, Function) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = format!("exports.main_handler = {handler};\n");
    std::fs::write(folder.path().join("index.js"), text).expect("room on the disk");
    let runtime = HandlerRuntime::parse("Nodejs18.15").expect("a supported runtime");
    let runtime = runtime.expect("a runtime that calls a handler");
    let function = Function::handler("answers", runtime, "index.main_handler", folder.path());
    (folder, function)
}

/// Status and result of the only attempt, when it is over.
async fn only_attempt(rig: &Rig) -> (u16, String) {
    let finished = rig.journal.wait_for(|record| match &record.what {
        What::Scf(ScfRecord::AttemptFinished { status, result, .. }) => {
            Some((*status, result.as_text().expect("text").to_owned()))
        }
        _ => None,
    });
    let finished = rig
        .clock
        .within(LIMIT, finished)
        .await
        .expect("the attempt ends in time");
    rig.quiet(rig.clock.hold("the test")).await;
    assert_eq!(rig.attempts(1).len(), 1, "{:?}", rig.lane(1));
    finished
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_has_its_answer_before_the_event_loop_is_empty() {
    let (folder, function) = function(
        "(event, context, callback) => {\n  require('fs').readFile('pipe', (error, text) => console.log(`late ${text}`));\n  \
         console.log('early');\n  callback(null, 'mine');\n}",
    );
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let rig = Rig::new([function]);
    let reply = rig.reply("answers", "{}").await;
    assert_eq!(
        (reply.status.0, &reply.ret_msg[..]),
        (200, &b"\"mine\""[..])
    );
    assert_eq!(reply.log, "", "the run has not ended");
    let records = rig.lane(1);
    let is_over = |what: &What| matches!(what, What::Scf(ScfRecord::AttemptFinished { .. }));
    assert!(
        !records.iter().any(|record| is_over(&record.what)),
        "{records:?}"
    );
    std::fs::write(pipe, "work").unwrap();
    assert_eq!(only_attempt(&rig).await, (200, "\"mine\"".into()));
    let lines: Vec<_> = rig
        .journal
        .ordered()
        .into_iter()
        .filter_map(|record| match record.what {
            What::Scf(ScfRecord::LogLine { text, .. }) if record.lane == Lane::Invocation(1) => {
                text.rsplit('\t').next().map(str::to_owned)
            }
            _ => None,
        })
        .collect();
    assert_eq!(lines, ["early", "late work"], "both belong to the event");
    rig.scf.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_never_ends_times_out_after_the_answer() {
    let (_folder, function) = function(
        "(event, context, callback) => { setInterval(() => {}, 1000); callback(null, 'mine'); }",
    );
    let rig = Rig::new([Function {
        timeout_after: Some(Duration::from_millis(500)),
        ..function
    }]);
    let reply = rig.reply("answers", "{}").await;
    assert_eq!(
        (reply.status.0, &reply.ret_msg[..]),
        (200, &b"\"mine\""[..])
    );
    let (status, result) = only_attempt(&rig).await;
    assert_eq!(status, 433);
    let message = "\"errorMessage\":\"Async invoking task timed out after 3 seconds\"";
    assert!(result.contains(message), "{result}");
    rig.scf.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_an_empty_event_loop_comes_with_the_log() {
    let (_folder, function) =
        function("(event, context, callback) => { console.log('said'); callback(null, 'mine'); }");
    let rig = Rig::new([function]);
    let reply = rig.reply("answers", "{}").await;
    assert_eq!(&reply.ret_msg[..], b"\"mine\"");
    assert!(reply.log.contains("said"), "{}", reply.log);
    rig.scf.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_does_not_wait_for_the_event_loop() {
    let (_folder, function) = function(
        "(event, context, callback) => { setInterval(() => {}, 1000); if (event) callback(new Error('no')); else throw 5; }",
    );
    let rig = Rig::new([function]);
    for event in ["1", "0"] {
        let reply = rig.reply("answers", event).await;
        assert_eq!(reply.status.0, 430, "{reply:?}");
    }
    rig.scf.stop().await;
}
