//! What an instance does between its answer and the next event.

use std::path::Path;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::journal::{Lane, NoticeRecord, Record, ScfRecord, What, finding};
use backlot::scf::Function;
use backlot_tests::command::CommandLine;

use super::rig::{Rig, folder, python};

/// Runs that have to leave the same journal.
const RUNS: usize = 20;
/// In real time.
const LIMIT: Duration = Duration::from_secs(30);

fn leaves_work() -> Function {
    Function {
        retry_num: 0,
        ..python("leaves-work", &["leaves_work.py"])
    }
}

fn node(name: &str, file: &str) -> Function {
    Function {
        retry_num: 0,
        ..Function::command(name, ["node", file], folder())
    }
}

/// The findings, with their lanes.
fn findings(rig: &Rig) -> Vec<(Lane, String)> {
    let records = rig.journal.ordered().into_iter();
    let findings = records.filter_map(|record| match record.what {
        // That depends on what the machine allows.
        What::Notice(NoticeRecord::Finding { kind, .. }) if kind == finding::SHARED_TMP => None,
        What::Notice(NoticeRecord::Finding { text, .. }) => Some((record.lane, text)),
        _ => None,
    });
    findings.collect()
}

async fn journal_of(
    function: Function,
    name: &str,
    batches: &[&[&str]],
) -> (Rig, Vec<serde_json::Value>) {
    let rig = Rig::new([function]);
    for batch in batches {
        rig.play(name, batch).await;
    }
    rig.scf.stop().await;
    let journal = rig
        .journal
        .ordered()
        .iter()
        .map(Record::repeatable)
        .collect();
    (rig, journal)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_soon_after_its_answer_spoils_no_other_event() {
    let mut first = None;
    for _ in 0..RUNS {
        let function = node("leaves-work", "leaves_work.mjs");
        let events: &[&[&str]] = &[&[r#"{"die":3}"#], &["{}"]];
        let (rig, journal) = journal_of(function, "leaves-work", events).await;
        let statuses = [1, 2].map(|number| rig.attempts(number)[0].status);
        assert_eq!(statuses, [200, 200]);
        let expected = [
            ("leaves-work/1.1".into(), Some("exited with code 1".into())),
            ("leaves-work/1.2".into(), Some("stage stopped".into())),
        ];
        assert_eq!(rig.instances(), expected);
        assert_eq!(first.get_or_insert_with(|| journal.clone()), &journal);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_at_once_after_its_answer_leaves_one_journal() {
    let mut first = None;
    for _ in 0..RUNS {
        let events: &[&[&str]] = &[&[r#"{"exit":1}"#, r#"{"exit":1}"#], &[r#"{"exit":1}"#]];
        let (rig, journal) = journal_of(leaves_work(), "leaves-work", events).await;
        assert_eq!(rig.instances().len(), 3);
        assert_eq!(first.get_or_insert_with(|| journal.clone()), &journal);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_asks_ahead_gets_its_own_answers() {
    let mut first = None;
    for _ in 0..RUNS {
        let function = node("asks-ahead", "asks_ahead.mjs");
        let events = [1, 2, 3, 4, 5].map(|n| format!(r#"{{"n":{n}}}"#));
        let events = events.each_ref().map(String::as_str);
        let (rig, journal) = journal_of(function, "asks-ahead", &[&events]).await;
        let answers = [1, 2, 3, 4, 5].map(|number| rig.attempts(number)[0].result.clone());
        assert_eq!(answers, ["1", "2", "3", "4", "5"]);
        assert_eq!(rig.diagnostics(), Vec::<String>::new());
        assert_eq!(first.get_or_insert_with(|| journal.clone()), &journal);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_that_asks_ahead_gets_its_own_answers_and_a_remark() {
    let function = Function {
        timeout: LIMIT,
        ..node("asks-ahead", "asks_ahead.mjs")
    };
    // Longer than a busy machine takes for a tenth of a second.
    let events = [1, 2, 3].map(|n| format!(r#"{{"n":{n},"slow":1500}}"#));
    let events = events.each_ref().map(String::as_str);
    let (rig, _) = journal_of(function, "asks-ahead", &[&events]).await;
    let answers = [1, 2, 3].map(|number| rig.attempts(number)[0].result.clone());
    assert_eq!(answers, ["1", "2", "3"]);
    let remarks = rig.diagnostics();
    assert!(
        remarks.iter().any(|text| text.contains("given out again")),
        "{remarks:?}"
    );
}

#[tokio::test]
async fn what_is_left_behind_is_a_finding_and_is_told_once() {
    let rig = Rig::new([leaves_work()]);
    rig.play("leaves-work", &["{}"]).await;
    assert_eq!(findings(&rig), []);
    rig.play("leaves-work", &[r#"{"child":1}"#]).await;
    rig.play("leaves-work", &["{}"]).await;
    rig.play("leaves-work", &[r#"{"sleep":1000}"#]).await;
    rig.play("leaves-work", &["{}"]).await;
    rig.scf.stop().await;
    let [(child_lane, child), (thread_lane, thread)] = &findings(&rig)[..] else {
        panic!("{:?}", findings(&rig));
    };
    assert_eq!(
        (*child_lane, *thread_lane),
        (Lane::Invocation(2), Lane::Invocation(4))
    );
    assert!(
        child.contains("what it had started still ran: `sleep`"),
        "{child}"
    );
    assert!(
        thread.contains("a thread of it still ran or slept"),
        "{thread}"
    );
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn a_frozen_instance_stands_still_and_goes_on_with_its_next_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("count");
    let rig = Rig::new([leaves_work()]);
    let pid = rig.reply("leaves-work", r#"{"pid":1}"#).await.ret_msg;
    let pid = String::from_utf8(pid.to_vec()).unwrap();
    rig.until_stopped(&pid).await;
    let event = serde_json::json!({ "count": path }).to_string();
    rig.reply("leaves-work", event).await;
    rig.until_stopped(&pid).await;
    let size = || std::fs::metadata(&path).unwrap().len();
    let before = size();
    for _ in 0..100 {
        // Another process gets its turn in between.
        CommandLine::new("true", Path::new("/")).run();
    }
    assert_eq!(size(), before, "it stands still");
    assert_eq!(rig.reply("leaves-work", "{}").await.status.0, 200);
    assert!(size() > before, "it went on");
    rig.scf.stop().await;
    assert!(!std::path::Path::new("/proc").join(&pid).exists());
}

#[tokio::test]
async fn an_instance_that_is_not_frozen_goes_on_and_its_end_is_recorded_when_it_happens() {
    let function = Function {
        freeze: false,
        ..node("leaves-work", "leaves_work.mjs")
    };
    let rig = Rig::on(Clock::real(), [function], None);
    rig.play("leaves-work", &[r#"{"die":50}"#]).await;
    let stopped = rig.journal.wait_for(|record| match &record.what {
        What::Scf(ScfRecord::InstanceStopped { reason, .. }) => Some(reason.clone()),
        _ => None,
    });
    let reason = rig.clock.within(LIMIT, stopped).await.unwrap();
    assert_eq!(reason, "exited with code 1");
    rig.play("leaves-work", &["{}"]).await;
    rig.scf.stop().await;
    let expected = [
        ("leaves-work/1.1".into(), Some("exited with code 1".into())),
        ("leaves-work/1.2".into(), Some("stage stopped".into())),
    ];
    assert_eq!(rig.instances(), expected);
}
