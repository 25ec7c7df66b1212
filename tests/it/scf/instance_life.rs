//! What becomes of an instance between two events: kept, frozen, reclaimed.
//!
//! Follows: SCF reference, section 2.

use std::path::Path;
use std::time::Duration;

use backlot::base::clock::{Clock, DEFAULT_START};
use backlot::journal::{Lane, ScfRecord, What};
use backlot::scf::{Function, RECLAIMED};

use super::rig::{Rig, seconds, trouble};

/// Lets so many seconds pass on the virtual clock.
async fn pass(rig: &Rig, seconds: u64) {
    let scenario = rig.clock.hold("the scenario");
    let scenario = scenario.sleep(Duration::from_secs(seconds)).await;
    rig.quiet(scenario).await;
}

/// The lane, the time and the reason of each stop.
fn stops(rig: &Rig) -> Vec<(Lane, i64, String)> {
    let records = rig.journal.ordered().into_iter();
    let stops = records.filter_map(|record| match &record.what {
        What::Scf(ScfRecord::InstanceStopped { reason, .. }) => {
            Some((record.lane, seconds(&record), reason.clone()))
        }
        _ => None,
    });
    stops.collect()
}

#[tokio::test]
async fn an_idle_instance_is_reclaimed_when_its_time_has_come_and_no_event_is_needed() {
    let rig = Rig::new([Function {
        instances: 3,
        ..trouble("remembers")
    }]);
    rig.play("remembers", &["1", "2", "3"]).await;
    let now = rig.clock.now().as_second() - DEFAULT_START;
    assert_eq!(
        now, 0,
        "an idle instance does not keep a run from being idle"
    );
    assert_eq!(stops(&rig), []);
    pass(&rig, 3600).await;
    // By default after five minutes, each in the lane of its last event.
    let expected = [1, 2, 3].map(|number| (Lane::Invocation(number), 300, RECLAIMED.to_owned()));
    assert_eq!(stops(&rig), expected);
    rig.play("remembers", &["4"]).await;
    assert_eq!(
        rig.attempts(4)[0].result,
        "empty",
        "its folder went with it"
    );
    assert_eq!(rig.starts(4), [true]);
    rig.scf.stop().await;
}

#[tokio::test]
async fn an_event_in_time_keeps_an_instance() {
    let rig = Rig::new([trouble("remembers")]);
    for _ in 0..3 {
        rig.play("remembers", &["1"]).await;
        pass(&rig, 299).await;
    }
    assert_eq!(stops(&rig), []);
    pass(&rig, 1).await;
    assert_eq!(
        stops(&rig),
        [(Lane::Invocation(3), 3 * 299 + 1, RECLAIMED.to_owned())]
    );
    rig.scf.stop().await;
}

#[tokio::test]
async fn without_a_life_every_event_starts_cold() {
    let rig = Rig::new([Function {
        idle_life: Some(Duration::ZERO),
        ..trouble("remembers")
    }]);
    rig.play("remembers", &["1"]).await;
    rig.play("remembers", &["2"]).await;
    rig.scf.stop().await;
    assert_eq!([1, 2].map(|number| rig.starts(number)), [[true], [true]]);
    assert_eq!(rig.attempts(2)[0].result, "empty");
}

#[tokio::test]
async fn on_the_real_clock_an_idle_instance_is_reclaimed_too() {
    let rig = Rig::on(
        Clock::real(),
        [Function {
            idle_life: Some(Duration::from_millis(50)),
            ..trouble("tells-pid")
        }],
        None,
    );
    let reply = rig.reply("tells-pid", "1").await;
    let stopped = rig.journal.wait_for(|record| match &record.what {
        What::Scf(ScfRecord::InstanceStopped { reason, .. }) => Some(reason.clone()),
        _ => None,
    });
    let stopped = rig.clock.within(Duration::from_secs(30), stopped).await;
    assert_eq!(stopped.unwrap(), RECLAIMED);
    let pid = std::str::from_utf8(&reply.ret_msg).unwrap();
    assert!(!Path::new("/proc").join(pid).exists());
    rig.scf.stop().await;
}

/// The state of a process, as the system writes it: `S` for one that waits, `T` for one that is stopped.
fn state(pid: &str) -> char {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    rest.chars().next().unwrap()
}

#[tokio::test]
async fn freezing_is_a_switch_on_the_real_clock_as_well() {
    for (freeze, expected) in [(true, true), (false, false)] {
        let function = Function {
            freeze,
            ..trouble("tells-pid")
        };
        let rig = Rig::on(Clock::real(), [function], None);
        let first = rig.reply("tells-pid", "1").await.ret_msg;
        let pid = std::str::from_utf8(&first).unwrap();
        if freeze {
            rig.until_stopped(pid).await;
        }
        assert_eq!(state(pid) == 'T', expected, "freeze: {freeze}");
        let second = rig.reply("tells-pid", "2").await.ret_msg;
        assert_eq!(first, second, "it goes on");
        rig.scf.stop().await;
    }
}
