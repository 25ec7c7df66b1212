//! `expect-calls`: what holds, and what is said when it does not.

use super::*;

const STUBS: &str = r"
stubs:
  - { name: items, host: api.example.com, on: { method: POST }, reply: { status: 202 } }
";

fn calls() -> Value {
    let post = |id: u32| {
        let body = json!({ "item": { "id": id } }).to_string();
        json!({ "method": "POST", "url": format!("https://api.example.com/items/{id}?dry=no"), "body": body })
    };
    json!([post(1), post(2), { "url": "http://other.example.com/" }])
}

async fn claimed(claim: &str) -> Option<String> {
    let finished = play(STUBS, &calls(), &format!("  - expect-calls: {claim}")).await;
    finished.failures.map(|failures| failures.to_string())
}

#[tokio::test]
async fn claims_that_hold() {
    for claim in [
        "{ count: 3 }",
        "{ host: api.example.com, method: POST, path: /items/*, query: { dry: no }, count: 2 }",
        "{ json: { item.id: 2 }, stub: items, status: 202, outcome: stubbed, function: caller, count: 1 }",
        "{ outcome: refused, host: \"*.example.com\" }",
        "{ host: elsewhere.example.com, count: 0 }",
        "{ text: '*\"id\":1*' , count: 1 }",
    ] {
        assert_eq!(claimed(claim).await, None, "{claim}");
    }
}

#[tokio::test]
async fn a_claim_that_fails_shows_the_nearest_call() {
    let said = claimed("{ host: api.example.com, method: PUT, json: { item.id: 2 } }")
        .await
        .unwrap();
    for part in [
        "expected at least one call like this to other hosts, found none",
        "the nearest other call is `POST https://api.example.com/items/2?dry=no`: method: expected `PUT`, found `POST`",
        "calls.yaml:",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let said = claimed("{ count: 5 }").await.unwrap();
    assert!(
        said.contains("expected 5 calls like this to other hosts, found 3"),
        "{said}"
    );
    assert!(said.contains("`GET http://other.example.com/`"), "{said}");
}
