//! What stubs answer, well-formed or not, over http and https.

use super::*;
use backlot::journal::ScfRecord;

const ITEMS: &str = r#"
stubs:
  - name: items
    host: api.example.com
    on:
      method: POST
      path: /v1/items/*
      query: { dry: "no" }
      headers: { content-type: application/json* }
      json: { item.tags.0: new, item: { id: 7 } }
    reply: { status: 201, json: { stored: true }, headers: { x-served-by: stub } }
  - name: page
    host: "*.pages.example.com"
    reply: { text: "a page" }
"#;

#[tokio::test]
async fn stubs_answer_over_https_and_http() {
    let body = r#"{"item":{"id":7.0,"tags":["new"]}}"#;
    let calls = json!([
        {
            "method": "POST",
            "url": "https://api.example.com/v1/items/a?dry=no&more=1",
            "headers": { "Content-Type": "application/json; charset=utf-8" },
            "body": body,
        },
        { "url": "http://a.pages.example.com/" },
        { "url": "https://b.pages.example.com:8443/index" },
    ]);
    let finished = play(ITEMS, &calls, "").await;
    assert_eq!(
        answers(&finished),
        json!([
            [201, r#"{"stored":true}"#],
            [200, "a page"],
            [200, "a page"]
        ])
    );
    assert_eq!(
        shown(&finished),
        [
            r#"POST https://api.example.com/v1/items/a?dry=no&more=1 {"item":{"id":7.0,"tags":["new"]}}: 201 stubbed by `items`"#,
            "GET http://a.pages.example.com/: 200 stubbed by `page`",
            "GET https://b.pages.example.com:8443/index: 200 stubbed by `page`",
        ]
    );
    for (lane, what) in recorded(&finished) {
        assert_eq!(lane, Lane::Invocation(1));
        let What::Http(HttpRecord::OutboundCall {
            function, attempt, ..
        }) = what
        else {
            panic!("{what:?}");
        };
        assert_eq!((function.as_deref(), *attempt), (Some("caller"), 1));
    }
}

#[tokio::test]
async fn a_call_that_no_stub_answers_is_told_what_is_different() {
    let calls = json!([{ "method": "POST", "url": "https://api.example.com/v1/item?dry=no", "body": "{}" }]);
    let finished = play(ITEMS, &calls, "").await;
    let answer = answers(&finished);
    let text = answer[0][1].as_str().unwrap();
    assert_eq!(answer[0][0], 403);
    for part in [
        "backlot has no answer for `POST https://api.example.com/v1/item?dry=no`, called by function `caller`",
        "stub `items` is nearest: path: expected `/v1/items/*`, found `/v1/item`",
        "hint: change the stub, or add one under `stubs:`",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(
        shown(&finished),
        [
            "POST https://api.example.com/v1/item?dry=no {}: 403 refused (stub `items` is nearest: path: expected `/v1/items/*`, \
             found `/v1/item`)"
        ]
    );
}

#[tokio::test]
async fn answers_fail_as_the_stub_says_and_come_in_order() {
    let stubs = r"
stubs:
  - name: odd
    host: api.example.com
    on: { path: /odd }
    times: 5
    replies:
      - { fail: reset }
      - { fail: malformed, text: a body }
      - { fail: truncated, text: twelve bytes }
      - { fail: hang }
      - { text: at last }
";
    for scheme in ["https", "http"] {
        let url = format!("{scheme}://api.example.com/odd");
        let mut calls: Vec<_> = (0..6).map(|_| json!({ "url": url })).collect();
        // The function gives up on what never comes, in its own time.
        calls[3]["timeout"] = json!(0.3);
        let finished = play(stubs, &json!(calls), "").await;
        let answers = answers(&finished);
        let names: Vec<_> = answers
            .as_array()
            .unwrap()
            .iter()
            .map(|answer| &answer[0])
            .collect();
        assert_eq!(names[0], "RemoteDisconnected", "{scheme}: {answers}");
        assert_eq!(names[1], "BadStatusLine", "{scheme}: {answers}");
        assert_eq!(names[2], "IncompleteRead", "{scheme}: {answers}");
        assert_eq!(names[3], "TimeoutError", "{scheme}: {answers}");
        assert_eq!(answers[4], json!([200, "at last"]), "{scheme}");
        assert_eq!(names[5], 403, "{scheme}: {answers}");
        assert_eq!(
            shown(&finished),
            [
                format!("GET {url}: stubbed by `odd` (reset)"),
                format!("GET {url}: stubbed by `odd` (malformed)"),
                format!("GET {url}: 200 stubbed by `odd` (truncated)"),
                format!("GET {url}: stubbed by `odd` (hang)"),
                format!("GET {url}: 200 stubbed by `odd`"),
                format!(
                    "GET {url}: 403 refused (stub `odd` is nearest: it matches, but has already answered 5 calls)"
                ),
            ]
        );
    }
}

#[tokio::test]
async fn two_runs_leave_the_same_journal() {
    let calls =
        json!([{ "url": "http://a.pages.example.com/" }, { "url": "https://no.example.com/" }]);
    let journal = |finished: &Finished| -> Vec<_> {
        let records = finished.outcome.records.iter();
        records.map(backlot::journal::Record::repeatable).collect()
    };
    let first = play(ITEMS, &calls, "").await;
    let second = play(ITEMS, &calls, "").await;
    assert_eq!(journal(&first), journal(&second));
}

#[tokio::test]
async fn a_delay_that_a_function_waits_for_ends_in_its_time_limit() {
    let stubs = "stubs: [{ name: slow, host: api.example.com, reply: { delay: 10s } }]";
    let calls = json!([{ "url": "http://api.example.com/" }]);
    let claim = "  - expect-invocation: { number: 1, statuses: [433] }";
    let finished = play_within("1s", stubs, &calls, claim).await;
    assert!(finished.failures.is_none(), "{:?}", finished.failures);
    // The limit passes on the clock, and so does the delay.
    let at = |wanted: fn(&What) -> bool| {
        let records = &finished.outcome.records;
        let found = records.iter().find(|record| wanted(&record.what)).unwrap();
        found.at.duration_since(finished.outcome.start).as_secs()
    };
    assert_eq!(
        at(|what| matches!(what, What::Scf(ScfRecord::AttemptFinished { .. }))),
        1
    );
    assert_eq!(
        at(|what| matches!(what, What::Http(HttpRecord::OutboundCall { .. }))),
        10
    );
}
