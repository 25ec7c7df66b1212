//! Events that want a cold or a warm start.

use std::time::Duration;

use backlot::scf::Function;
use backlot::signal::StartWanted;

use super::rig::{Rig, python, trouble};

fn said(rig: &Rig, number: u32) -> String {
    rig.attempts(number).last().unwrap().result.clone()
}

#[tokio::test]
async fn an_event_that_wants_a_cold_start_gets_a_new_instance() {
    let rig = Rig::new([trouble("remembers")]);
    for start in [StartWanted::Any, StartWanted::Any, StartWanted::Cold] {
        rig.play_on("remembers", "1", start).await;
    }
    rig.scf.stop().await;
    assert_eq!(
        [1, 2, 3].map(|number| said(&rig, number)),
        ["empty", "kept", "empty"]
    );
    let starts = [1, 2, 3].map(|number| rig.starts(number));
    assert_eq!(starts, [[true], [false], [true]]);
    let expected = [
        ("remembers/1.1", "a cold start was wanted"),
        ("remembers/1.2", "stage stopped"),
    ];
    let expected = expected.map(|(name, reason)| (name.to_owned(), Some(reason.to_owned())));
    assert_eq!(rig.instances(), expected);
}

#[tokio::test]
async fn an_event_that_wants_a_warm_start_finds_an_instance_that_is_ready() {
    let rig = Rig::new([python("echo", &["echo.py"])]);
    rig.play_on("echo", "1", StartWanted::Warm).await;
    rig.play_on("echo", "2", StartWanted::Warm).await;
    rig.scf.stop().await;
    assert_eq!([1, 2].map(|number| rig.starts(number)), [[false], [false]]);
    assert_eq!(
        rig.lines(1, 1),
        ["out 1", "err 1", "no end"],
        "without what init printed"
    );
    assert_eq!(rig.attempts(1)[0].result, "1");
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn an_instance_that_is_started_ahead_may_miss_its_window() {
    let rig = Rig::new([Function {
        init_timeout_after: Some(Duration::from_millis(200)),
        ..trouble("never-ready")
    }]);
    rig.play_on("never-ready", "1", StartWanted::Warm).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1)[0].status, 450);
    assert_eq!(rig.starts(1), [true]);
}

#[tokio::test]
async fn a_retry_takes_the_instance_that_is_there() {
    let rig = Rig::new([Function {
        retry_num: 1,
        ..trouble("fails")
    }]);
    rig.play_on("fails", "1", StartWanted::Cold).await;
    rig.scf.stop().await;
    assert_eq!(rig.starts(1), [true, false]);
    assert_eq!(rig.instances().len(), 1);
}
