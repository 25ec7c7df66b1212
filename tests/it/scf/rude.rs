//! Functions that misbehave: what becomes of their events, of other events, and of what they have started.
//!
//! Follows: SCF reference, sections 3.2 to 3.7.

use std::path::Path;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::scf::Function;
use bytes::Bytes;

use super::rig::{Rig, python};

/// Real time for what never comes: only for functions that do not answer.
const SOON: Duration = Duration::from_millis(300);
/// In real time.
const LIMIT: Duration = Duration::from_secs(90);
/// The functions that do not answer, or not each time.
const SILENT: [&str; 3] = ["forks-and-hangs", "ignores-signals", "hangs-in-its-answer"];

/// The function of `rude.py` with this name, without retries.
fn rude(kind: &str) -> Function {
    Function {
        retry_num: 0,
        // A busy machine may need long for a flood.
        timeout: LIMIT,
        timeout_after: SILENT.contains(&kind).then_some(SOON),
        ..python(kind, &["rude.py", kind])
    }
}

/// Whether a process runs. One that has ended has no command line, whether or not anybody has waited for it.
fn runs(id: &str) -> bool {
    let words = std::fs::read(Path::new("/proc").join(id).join("cmdline"));
    !words.unwrap_or_default().is_empty()
}

/// What two events come to: the status and the result of each.
async fn two_events(kind: &str, events: [&str; 2]) -> (Rig, [(u16, String); 2]) {
    let rig = Rig::new([rude(kind)]);
    rig.play(kind, &events[..1]).await;
    rig.play(kind, &events[1..]).await;
    rig.scf.stop().await;
    let ends = [1, 2].map(|number| {
        let mut attempts = rig.attempts(number);
        assert_eq!(attempts.len(), 1, "{attempts:?}");
        let attempt = attempts.remove(0);
        (attempt.status, attempt.result)
    });
    (rig, ends)
}

#[tokio::test]
async fn a_grandchild_that_ignores_signals_is_gone_with_its_instance() {
    let rig = Rig::new([rude("forks")]);
    let reply = rig.reply("forks", "{}").await;
    let pid = std::str::from_utf8(&reply.ret_msg).unwrap().to_owned();
    assert!(runs(&pid), "a grandchild that lives");
    rig.scf.stop().await;
    assert!(!runs(&pid));
}

#[tokio::test]
async fn a_child_that_prints_for_ever_does_not_keep_a_timeout_from_ending() {
    let (rig, ends) = two_events("forks-and-hangs", ["1", "2"]).await;
    assert_eq!(ends.map(|(status, _)| status), [433, 433]);
    assert_eq!(rig.instances().len(), 2);
    let lines = rig.lines(1, 1);
    assert!(lines.iter().any(|line| line == "parent"), "{}", lines.len());
    assert!(lines.len() <= 5000, "{}", lines.len());
}

#[tokio::test]
async fn whoever_ignores_signals_is_ended_all_the_same() {
    let rig = Rig::new([rude("ignores-signals")]);
    let pid = |reply: Bytes| String::from_utf8(reply.to_vec()).unwrap();
    let first = pid(rig.reply("ignores-signals", "1").await.ret_msg);
    assert!(runs(&first));
    rig.play("ignores-signals", &["hang"]).await;
    assert_eq!(rig.attempts(2)[0].status, 433);
    assert!(!runs(&first), "a timeout ends it");
    let second = pid(rig.reply("ignores-signals", "1").await.ret_msg);
    assert_ne!(first, second);
    rig.scf.stop().await;
    assert!(!runs(&second), "the end of the stage does, too");
}

#[tokio::test]
async fn a_flood_on_both_streams_is_cut_and_the_function_answers() {
    let (rig, ends) = two_events("floods", ["1", "2"]).await;
    let flooded = || (200, "flooded".to_owned());
    assert_eq!(ends, [flooded(), flooded()]);
    for number in [1, 2] {
        let lines = rig.lines(number, 1);
        assert!(lines.len() <= 5000, "{}", lines.len());
        assert!(lines.iter().all(|line| line.len() <= 8 * 1024));
        assert_eq!(lines[0].len(), 1000);
    }
    let said = rig.diagnostics();
    let lost = |text: &String| text.contains("not in the log, whose limit is 5000 lines or 1 MB");
    assert_eq!(said.iter().filter(|text| lost(text)).count(), 2, "{said:?}");
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn a_flood_after_the_answer_is_frozen() {
    let (rig, ends) = two_events("floods-for-ever", ["1", "2"]).await;
    let flooding = || (200, "flooding".to_owned());
    assert_eq!(ends, [flooding(), flooding()]);
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn standard_input_is_empty_and_may_be_closed() {
    let (rig, ends) = two_events("reads-stdin", ["1", "again"]).await;
    let empty = || (200, "read 0".to_owned());
    assert_eq!(ends, [empty(), empty()]);
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn a_function_that_closes_its_output_goes_on_without_a_log() {
    let (rig, ends) = two_events("closes-all", ["1", "2"]).await;
    let silent = || (200, "silent".to_owned());
    assert_eq!(ends, [silent(), silent()]);
    assert_eq!(rig.lines(1, 1), ["last line"]);
    assert_eq!(rig.lines(2, 1), Vec::<String>::new());
    let expected = [("closes-all/1.1".into(), Some("stage stopped".into()))];
    assert_eq!(rig.instances(), expected);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced_in_the_log_and_kept_in_the_answer() {
    let rig = Rig::new([rude("prints-bytes")]);
    let reply = rig.reply("prints-bytes", "{}").await;
    rig.scf.stop().await;
    assert_eq!(reply.ret_msg, b"caf\xe9"[..]);
    let lines = rig.lines(1, 1);
    assert_eq!(lines, ["caf\u{fffd} \u{fffd}\u{fffd}", "中\0\u{1b}[31m\r"]);
    assert!(reply.log.contains("caf\u{fffd}"), "{}", reply.log);
}

#[tokio::test]
async fn an_end_in_the_middle_of_an_answer_is_no_answer() {
    let (rig, ends) = two_events("dies-in-its-answer", ["1", "2"]).await;
    for (status, result) in ends {
        assert_eq!(status, 439, "{result}");
        assert!(!result.contains("half"), "{result}");
    }
    assert_eq!(rig.instances().len(), 2);
}

#[tokio::test]
async fn an_answer_that_never_ends_is_a_timeout() {
    let (rig, ends) = two_events("hangs-in-its-answer", ["1", "2"]).await;
    for (status, result) in ends {
        assert_eq!(status, 433);
        assert!(result.contains("Invoking task timed out"), "{result}");
    }
    assert_eq!(rig.instances().len(), 2);
}

#[tokio::test]
async fn an_answer_that_was_broken_off_may_be_given_again() {
    let (rig, ends) = two_events("breaks-off-its-answer", ["1", "2"]).await;
    let whole = || (200, "whole".to_owned());
    assert_eq!(ends, [whole(), whole()]);
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn a_second_answer_is_taken_and_changes_nothing() {
    let (rig, ends) = two_events("answers-twice", ["1", "2"]).await;
    let first = |event: &str| (200, format!("first of {event}"));
    assert_eq!(ends, [first("1"), first("2")]);
    // What it printed about the second answer came after the event's end.
    assert_eq!(rig.lines(2, 1), ["200 {}"]);
    let said = rig.diagnostics();
    assert!(
        said[0].contains("although no event was open for it"),
        "{said:?}"
    );
}

#[tokio::test]
async fn an_answer_to_another_path_is_no_answer() {
    let (rig, ends) = two_events("answers-elsewhere", ["1", "2"]).await;
    let here = || (200, "here".to_owned());
    assert_eq!(ends, [here(), here()]);
    assert_eq!(rig.lines(1, 1), ["elsewhere: 404"]);
}

#[tokio::test]
async fn an_answer_under_an_id_that_no_event_has_is_taken_with_a_remark() {
    let (rig, ends) = two_events("answers-under-a-wrong-id", ["1", "2"]).await;
    let to = |event: &str| (200, format!("to {event}"));
    assert_eq!(ends, [to("1"), to("2")]);
    let said = rig.diagnostics();
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("`nobody`, which no event has"), "{said:?}");
}

#[tokio::test]
async fn an_end_by_a_signal_keeps_the_last_words() {
    let (rig, ends) = two_events("kills-itself", ["1", "2"]).await;
    assert_eq!(ends.map(|(status, _)| status), [439, 439]);
    assert_eq!(rig.lines(2, 1), ["goodbye"]);
    let killed = || Some("killed by signal 9".to_owned());
    let expected = [
        ("kills-itself/1.1".into(), killed()),
        ("kills-itself/1.2".into(), killed()),
    ];
    assert_eq!(rig.instances(), expected);
}

#[tokio::test]
async fn a_function_that_kills_its_group_does_not_kill_the_emulator() {
    let (rig, ends) = two_events("kills-its-group", ["1", "2"]).await;
    assert_eq!(ends.map(|(status, _)| status), [439, 439]);
    assert_eq!(rig.instances().len(), 2);
}

#[tokio::test]
async fn whoever_leaves_the_group_answers_and_is_gone_with_the_instance() {
    let rig = Rig::new([rude("leaves-its-group")]);
    let reply = rig.reply("leaves-its-group", "{}").await;
    assert_eq!(reply.status.0, 200);
    let pid = std::str::from_utf8(&reply.ret_msg).unwrap().to_owned();
    assert!(runs(&pid));
    rig.scf.stop().await;
    assert!(!runs(&pid));
}

#[tokio::test]
async fn a_flood_is_bounded_on_the_real_clock_too() {
    let rig = Rig::on(Clock::real(), [rude("floods"), rude("kills-itself")], None);
    let ended = rig.clock.within(LIMIT, async {
        rig.play("floods", &["1"]).await;
        rig.play("kills-itself", &["2"]).await;
    });
    ended.await.expect("both end in time");
    rig.scf.stop().await;
    let statuses = [1, 2].map(|number| rig.attempts(number)[0].status);
    assert_eq!(statuses, [200, 439]);
    assert!(rig.lines(1, 1).len() <= 5000);
}
