//! What the local address answers besides its own API: everything that is for COS.

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::http::Query;
use backlot::http::auth::v5::{Signed, sign};
use backlot::stage::owner_keys;
use hyper::header::HeaderMap;

use super::kit::{Answered, Up};

/// A request to the local address, signed as the SDKs of COS sign.
fn signed(up: &Up, method: &str, path: &str) -> Answered {
    let request = Signed {
        method,
        hosts: &["127.0.0.1"],
        paths: &[path.as_bytes().to_vec()],
        query: &Query::default(),
        headers: &HeaderMap::new(),
    };
    let now = Clock::real().client_now().as_second();
    let keys = owner_keys(Seed(1));
    let signature = sign(&request, &["host"], &keys, (now - 60, now + 600));
    let headers = format!("Authorization: {signature}\r\n");
    up.client().ask(method, path, &headers, b"")
}

#[test]
fn the_root_lists_buckets_to_those_who_sign() {
    let up = Up::start("--seed 1");
    let list = signed(&up, "GET", "/");
    assert_eq!(list.status, 200, "{list:?}");
    let text = list.text();
    assert!(text.starts_with("<ListAllMyBucketsResult>"), "{text}");
    assert!(text.contains("<Name>archive-1250000000</Name>"), "{text}");
    assert!(!list.header("x-cos-request-id").is_empty());
    let put = signed(&up, "PUT", "/");
    assert_eq!(put.status, 405, "{put:?}");
}

#[test]
fn names_that_are_no_buckets_are_refused_by_cos() {
    let up = Up::start("--seed 1");
    let missing = signed(&up, "GET", "/mybucket/a.txt");
    assert_eq!(missing.status, 400, "{missing:?}");
    assert!(
        missing.text().contains("<Code>InvalidRequest</Code>"),
        "{missing:?}"
    );
    let unsigned = up.client().ask("GET", "/mybucket/a.txt", "", b"");
    assert_eq!(unsigned.status, 501, "{unsigned:?}");
    assert!(
        unsigned
            .text()
            .starts_with("backlot is running; COS paths are")
    );
}
