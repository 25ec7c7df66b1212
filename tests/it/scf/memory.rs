//! What is measured of an instance's memory, and where nothing is.
//!
//! Follows: SCF reference, sections 9.2 and 13.1.

use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::journal::{NoticeRecord, ScfRecord, What, finding};
use backlot::scf::Function;

use super::rig::{Rig, trouble};

const MEGABYTE: u64 = 1024 * 1024;

/// A function that keeps 160 MB, although it may have 128. On a busy machine that takes its time.
fn hoards() -> Function {
    Function {
        timeout: Duration::from_secs(60),
        ..trouble("hoards")
    }
}

/// What the journal says of the memory of each attempt.
fn recorded(rig: &Rig) -> Vec<Option<u64>> {
    let records = rig.journal.ordered().into_iter();
    let found = records.filter_map(|record| match record.what {
        What::Scf(ScfRecord::AttemptFinished { memory_bytes, .. }) => Some(memory_bytes),
        _ => None,
    });
    found.collect()
}

#[tokio::test]
async fn on_the_real_clock_memory_is_measured_and_too_much_is_a_finding() {
    let rig = Rig::on(Clock::real(), [hoards()], None);
    let first = rig.reply("hoards", "{}").await;
    let second = rig.reply("hoards", "{}").await;
    rig.scf.stop().await;
    assert_eq!(
        first.status.0, 200,
        "it is not enforced without the help of the system"
    );
    assert!(
        first.memory_bytes > 160 * MEGABYTE,
        "{}",
        first.memory_bytes
    );
    assert!(
        second.memory_bytes >= first.memory_bytes,
        "it is the most so far"
    );
    let expected = [first.memory_bytes, second.memory_bytes].map(Some);
    assert_eq!(recorded(&rig), expected);
    let (_, usage) = first.log.rsplit_once("MemUsage:").unwrap();
    let usage: f64 = usage.strip_suffix("MB").unwrap().parse().unwrap();
    assert!(usage > 160.0, "{usage}");
    let findings: Vec<_> = rig
        .journal
        .ordered()
        .into_iter()
        .filter_map(|record| match record.what {
            What::Notice(NoticeRecord::Finding { kind, text, .. }) => Some((kind, text)),
            _ => None,
        })
        .filter(|(kind, _)| kind != finding::SHARED_TMP)
        .collect();
    let [(kind, text)] = &findings[..] else {
        panic!("once for an instance: {findings:?}");
    };
    assert_eq!(kind, "memory-exceeded");
    assert!(text.contains("more than its 128 MB"), "{text}");
}

#[tokio::test]
async fn on_the_virtual_clock_no_memory_is_in_the_journal() {
    let rig = Rig::new([hoards()]);
    let reply = rig.reply("hoards", "{}").await;
    rig.scf.stop().await;
    assert_eq!(reply.memory_bytes, 0);
    assert!(reply.log.ends_with("MemUsage:0MB"), "{}", reply.log);
    assert_eq!(recorded(&rig), [None]);
    let is_of_memory = |what: &What| matches!(what, What::Notice(NoticeRecord::Finding { kind, .. }) if kind == finding::MEMORY_EXCEEDED);
    let records = rig.journal.ordered();
    assert!(!records.iter().any(|record| is_of_memory(&record.what)));
}
