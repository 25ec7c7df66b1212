//! A running emulator drops its oldest records, and tells readers that ask for them.

use std::sync::Arc;

use backlot::journal::{Lane, Limit, ScfRecord, StageRecord, What};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::kit::{Client, Lines, Place, Up};
use super::rehearsal;

/// Leaves this number of records.
fn knock(client: Client, times: usize) {
    for _ in 0..times {
        let answered = client.ask("GET", "/", "Host: nobody.example\r\n", b"");
        assert_ne!(answered.status, 200, "{answered:?}");
    }
}

#[test]
fn the_journal_keeps_to_its_limit_and_says_what_is_missing() {
    let up = Up::start("--strict --journal-limit 8KiB");
    let client = up.client();
    let mut follower = Lines::of(client.send("GET", "/_backlot/journal?follow=true", "", b""));
    assert!(follower.next("{").unwrap().contains("stage-started"));
    knock(client, 100);
    let journal = client.get("/_backlot/health")["journal"].clone();
    let first = journal["first"].as_u64().expect("a number");
    assert_eq!(journal["next"], 101);
    assert!((60..100).contains(&first), "{journal}");
    assert_eq!(journal["kept"], 101 - first);

    let records = client.journal();
    let forgotten = json!({ "what": "forgotten", "since": 0, "first": first });
    assert_eq!(records[0], forgotten);
    let numbers = records[1..].iter().map(|record| record["number"].as_u64());
    assert!(numbers.eq((first..101).map(Some)), "{records:?}");
    let whole = client.ask("GET", &format!("/_backlot/journal?since={first}"), "", b"");
    assert!(!whole.text().contains("forgotten"), "{}", whole.text());
    // Who followed from the beginning has missed nothing, or was told.
    let mut next = 1;
    while next < 101 {
        let line: Value = serde_json::from_str(&follower.next("{").unwrap()).unwrap();
        next = if line["what"] == "forgotten" {
            assert_eq!(line["since"], next, "{line}");
            line["first"].as_u64().unwrap()
        } else {
            assert_eq!(line["number"], next, "{line}");
            next + 1
        };
    }

    let accept = "Accept: text/event-stream\r\nLast-Event-ID: 6\r\n";
    let mut events = Lines::of(client.send("GET", "/_backlot/journal", accept, b""));
    assert_eq!(events.next("event: ").unwrap(), "event: forgotten");
    let forgotten = json!({ "what": "forgotten", "since": 7, "first": first });
    let data = events.next("data: ").unwrap();
    let data: Value = serde_json::from_str(data.trim_start_matches("data: ")).unwrap();
    assert_eq!(data, forgotten);
    assert_eq!(events.next("id: ").unwrap(), format!("id: {first}"));

    let status = up.backlot("status").stdout;
    let row = format!("journal    101 records, kept from number {first} on\n");
    assert!(status.contains(&row), "{status}");

    assert_eq!(up.backlot("reset").code, Some(0));
    let records = client.journal();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["what"], "stage-reset");
    up.running.signal("TERM");
    let ended = up.running.end();
    assert_eq!(ended.code, Some(5), "it is not supported: {ended:?}");
}

#[test]
fn a_limit_needs_its_unit() {
    let ended = Place::new().backlot("up --journal-limit 16").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let expected = "`16` is not a size such as `512KiB` or `16MiB`, and not `none`";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_under_way_outlives_the_records_of_its_beginning() {
    let open = Arc::new(Semaphore::new(0));
    let mut settings = rehearsal::settings(&open);
    settings.journal = Limit::Bytes(4 * 1024);
    let stage = rehearsal::start(settings).await;
    rehearsal::send(&stage);
    rehearsal::attempt_started(&stage).await;
    let began = stage.journal().next();
    while stage.journal().first() < began {
        let step = "wait".to_owned();
        stage
            .journal()
            .append(Lane::Stage, StageRecord::StepStarted { step });
    }
    let in_flight = stage.in_flight();
    assert_eq!((in_flight.running(), in_flight.all()), (1, 1));
    open.add_permits(1);
    let finished = |what: &What| matches!(what, What::Scf(ScfRecord::AttemptFinished { .. }));
    let found = stage
        .journal()
        .wait_for(|record| finished(&record.what).then_some(()));
    found.await;
    assert_eq!(stage.in_flight().all(), 0);

    let client = Client(stage.address());
    let text = client.ask("GET", "/_backlot/logs", "", b"").text();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines[0]["what"], "forgotten", "{text}");
    assert_eq!(lines[1]["SCF_FunctionName"], "gate", "{text}");
    assert_eq!(lines[1]["SCF_Message"], "the gate is reached", "{text}");

    let listen = format!("--listen {}", stage.address());
    let printed = Place::new().backlot(&format!("logs {listen}")).run();
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert!(
        printed.stderr.contains("no longer in the journal"),
        "{printed:?}"
    );
    assert!(!printed.stdout.contains("forgotten"), "{printed:?}");
    assert!(
        printed.stdout.contains("the gate is reached"),
        "{printed:?}"
    );
    stage.stop().await;
}
