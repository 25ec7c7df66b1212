//! Which calls leave the machine.

use super::*;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn a_refusal_names_host_function_and_setting() {
    let stubs = "stubs: [{ host: api.example.com, reply: { status: 200 } }]";
    let calls =
        json!([{ "url": "http://apis.example.com/a?b" }, { "url": "https://www.example.com/" }]);
    let finished = play(stubs, &calls, "").await;
    let answers = answers(&finished);
    assert_eq!(answers[0][0], 403);
    let text = answers[0][1].as_str().unwrap();
    for part in [
        "the call of function `caller` to `apis.example.com:80`: egress is denied",
        "there is a stub for `api.example.com`",
        "`egress: { allow: [apis.example.com] }`",
        "`egress: pass-through`",
        "`--egress apis.example.com`",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // Of a refused tunnel most clients show the status line only.
    let text = answers[1][1].as_str().unwrap();
    assert!(
        text.contains("Egress to www.example.com:443 is denied by backlot"),
        "{text}"
    );
    assert_eq!(
        shown(&finished),
        [
            "GET http://apis.example.com/a?b: 403 refused (egress is denied)",
            "CONNECT www.example.com:443: 403 refused (egress is denied)",
        ]
    );
    assert!(
        recorded(&finished)
            .iter()
            .all(|(lane, _)| *lane == Lane::Invocation(1))
    );
}

#[tokio::test]
async fn an_allowed_host_is_reached_and_the_call_is_written_down() {
    let far = MockServer::start().await;
    let found = ResponseTemplate::new(200).set_body_string("from afar");
    Mock::given(path("/here"))
        .respond_with(found)
        .expect(1)
        .mount(&far)
        .await;
    // This machine under a name that the function does not except from its proxy.
    let port = far.address().port();
    let url = format!("http://127.1:{port}/here");
    let setting = "egress: { allow: [\"127.1\"] }";
    let finished = play(setting, &json!([{ "url": url }]), "").await;
    assert_eq!(answers(&finished), json!([[200, "from afar"]]));
    let calls = recorded(&finished);
    let (
        _,
        What::Http(HttpRecord::OutboundCall {
            host,
            outcome,
            status,
            ..
        }),
    ) = calls[0]
    else {
        panic!("{calls:?}");
    };
    assert_eq!(
        (host.as_str(), outcome.as_str(), *status),
        (&*format!("http://127.1:{port}"), "passed", None)
    );
}
