//! Calls that a function makes after its answer.

use super::*;
use backlot::journal::{NoticeRecord, ScfRecord};

const STUB: &str = r#"
stubs:
  - host: hooks.example.com
    optional: true
    reply: { text: "taken" }
"#;

/// Sends events to a function that answers at once, with a pause after each.
async fn after_events(events: &[Value], claims: &str) -> Finished {
    let script = backlot_tests::project().join("tests/functions/leaves_work.py");
    let script = script.display();
    let mut text = format!(
        "may-lose: true\nfunctions:\n  early: {{ command: [python3, \"{script}\"], retries: 0, dead-letter: lost }}\n\
         archive: {{ bucket: unused-1250000000 }}\nbuckets: [unused-1250000000]\n{STUB}\nsteps:\n"
    );
    for event in events {
        let step = format!(
            "  - send-event:\n      function: early\n      source: COS\n      event: {event}\n  - wait: 60s\n"
        );
        text.push_str(&step);
    }
    text.push_str(claims);
    run_scenario("after.yaml", text).await
}

fn finding(finished: &Finished) -> (Lane, &str, &str) {
    let found = finished
        .outcome
        .records
        .iter()
        .find_map(|record| match &record.what {
            What::Notice(NoticeRecord::Finding { hosts, text, .. }) => {
                Some((record.lane, hosts.as_str(), text.as_str()))
            }
            _ => None,
        });
    found.expect("a finding")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_after_the_answer_is_a_finding_and_is_not_made() {
    let mut first: Option<String> = None;
    for _ in 0..20 {
        let event = json!({ "call": "https://hooks.example.com/done" });
        let finished = after_events(&[event], "").await;
        let (lane, hosts, text) = finding(&finished);
        assert_eq!((lane, hosts), (Lane::Invocation(1), "hooks.example.com"));
        assert!(
            text.starts_with(
                "`early` still worked after its answer: it called `hooks.example.com`; "
            ),
            "{text}"
        );
        assert!(recorded(&finished).is_empty(), "{}", finished.text);
        assert_eq!(
            first.get_or_insert_with(|| finished.text.clone()),
            &finished.text
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_with_the_next_event_and_belongs_to_the_one_before() {
    let mut first: Option<String> = None;
    for _ in 0..10 {
        let event = json!({ "call": "https://hooks.example.com/done" });
        let finished = after_events(&[event, json!({})], "").await;
        let calls = recorded(&finished);
        assert_eq!(calls.len(), 1, "{}", finished.text);
        assert_eq!(calls[0].0, Lane::Invocation(1));
        let printed = finished
            .outcome
            .records
            .iter()
            .filter_map(|record| match &record.what {
                What::Scf(ScfRecord::LogLine { text, .. }) => Some((record.lane, text.as_str())),
                _ => None,
            });
        // What is printed between two events belongs to the later one.
        let expected = [(Lane::Invocation(2), "called 200")];
        assert_eq!(printed.collect::<Vec<_>>(), expected);
        assert_eq!(
            first.get_or_insert_with(|| finished.text.clone()),
            &finished.text
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_never_ends_does_not_hold_up_the_next_event() {
    let claim = "  - expect-invocation: { number: 2, statuses: [200] }\n";
    let finished = after_events(&[json!({ "spin": true }), json!({})], claim).await;
    assert!(finished.failures.is_none(), "{:?}", finished.failures);
    let (lane, _, text) = finding(&finished);
    assert_eq!(lane, Lane::Invocation(1));
    assert!(text.contains("a thread of it still ran"), "{text}");
}
