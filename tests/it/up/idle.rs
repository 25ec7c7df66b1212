//! `backlot wait --idle` and `GET /_backlot/idle`: they answer when there is nothing to do, and say what there is otherwise.

use std::io::Read as _;
use std::thread;

use serde_json::json;

use super::kit::{Answered, Place, Up};

/// A function that reads the pipe that its event names, so that it runs until the test writes into it; and fails for the event
/// `"fail"`.
pub(super) const GATED: &str =
    "functions:\n  gated: { runtime: Python3.10, handler: index.main_handler, timeout: 60s }\n";

pub(super) const GATED_CODE: &str = "def main_handler(event, context):\n    print('got', event)\n    \
    if event == 'fail':\n        raise ValueError('as asked')\n    \
    if str(event).startswith('gate'):\n        return open(event).read()\n    return event\n";

pub(super) fn gated() -> Place {
    let place = Place::new();
    place.write("backlot.yaml", GATED);
    place.write("index.py", GATED_CODE);
    for name in ["gate1", "gate2", "gate3"] {
        place.pipe(name);
    }
    place
}

fn queue(up: &Up, event: &str) -> Answered {
    let path = "/_backlot/invoke?function=gated&type=async";
    up.client().ask("POST", path, "", event.as_bytes())
}

#[test]
fn it_is_idle_when_the_function_that_ran_has_answered() {
    let up = gated().up("");
    assert_eq!(up.client().get("/_backlot/idle")["idle"], true);
    assert_eq!(queue(&up, "\"gate1\"").status, 202);
    let busy = up.client().get("/_backlot/idle?timeout=0");
    assert_eq!(busy["idle"], false);
    assert_eq!(
        busy["busy"],
        json!(["attempt 1 of invocation 1 of function `gated`"])
    );
    // The answer to this question comes with the end of the attempt.
    let mut asked = up.client().send("GET", "/_backlot/idle", "", b"");
    up.place.write("gate1", "open");
    let mut answer = String::new();
    asked.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains(r#"{"idle":true"#), "{answer}");
    let ended = up.backlot("wait --idle --timeout 60s");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.stdout,
        format!("backlot at http://{} is idle\n", up.address)
    );
}

#[test]
fn an_event_that_waits_for_an_instance_is_not_idle() {
    let up = gated().up("");
    for number in 1..=3 {
        queue(&up, &format!("\"gate{number}\""));
    }
    let ended = up.backlot("wait --idle --timeout 200ms");
    assert_eq!(ended.code, Some(3), "{ended:?}");
    for part in [
        "is not idle after 200ms",
        "attempt 1 of invocation 1 of function `gated` is under way",
        "2 events of `gated` wait for an instance",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let status = up.backlot("status").stdout;
    assert!(
        status.contains("gated: 2 events for an instance"),
        "{status}"
    );
    thread::scope(|scope| {
        let waiting = scope.spawn(|| up.backlot("wait --idle --timeout 60s"));
        for number in 1..=3 {
            up.place.write(&format!("gate{number}"), "open");
        }
        let ended = waiting.join().expect("it ends");
        assert_eq!(ended.code, Some(0), "{ended:?}");
    });
}

#[test]
fn what_is_due_later_than_the_horizon_does_not_count() {
    let up = gated().up("");
    queue(&up, "\"fail\"");
    let ended = up.backlot("wait --idle --horizon 30 --timeout 60s");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for (horizon, expected) in [("", "--horizon SECONDS"), ("--horizon 2m", "is due at 20")] {
        let ended = up.backlot(&format!("wait --idle --timeout 100ms {horizon}"));
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(
            ended
                .stderr
                .contains("the next attempt of function `gated` is due at"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    let status = up.backlot("status").stdout;
    let expected = "gated: 1 event for the next attempt, the first at 20";
    assert!(status.contains(expected), "{status}");
    assert_eq!(up.backlot("reset").code, Some(0));
    let ended = up.backlot("wait --idle --timeout 60s");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn on_the_virtual_clock_it_is_idle_after_the_last_retry() {
    let up = gated().up("--clock virtual");
    queue(&up, "\"fail\"");
    let ended = up.backlot("wait --idle --timeout 60s");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let journal = up.client().journal();
    let given_up = journal.iter().filter(|record| record["what"] == "dropped");
    assert_eq!(given_up.count(), 1, "{journal:?}");
}

#[test]
fn a_question_that_is_open_at_the_end_is_answered() {
    let up = gated().up("");
    queue(&up, "\"fail\"");
    up.backlot("wait --idle --horizon 1 --timeout 60s");
    let mut asked = up.client().send("GET", "/_backlot/idle", "", b"");
    // The emulator has read the question before it answers another one on a later connection.
    up.client().get("/_backlot/health");
    up.running.signal("TERM");
    let mut answer = String::new();
    asked.read_to_string(&mut answer).expect("an answer");
    assert!(
        answer.contains("503") && answer.contains("stops"),
        "{answer}"
    );
    assert_eq!(up.running.end().code, Some(0));
}

#[test]
fn nothing_that_runs_is_no_idle_emulator() {
    let place = Place::new();
    let ended = place
        .backlot("wait --idle --timeout 100ms --data data")
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("no emulator runs"),
        "{}",
        ended.stderr
    );
    let ended = place.backlot("wait --horizon 5").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
}
