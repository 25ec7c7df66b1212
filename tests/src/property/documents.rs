//! Documents of buckets and objects: an accepted document is returned, and what is returned is accepted.

use backlot::http::Request;
use backlot::http::exchange::full;

use super::input::Input;
use super::rig::{self, Answered, HOST, Rig};

/// Where documents are put and read back.
const TARGETS: &[&str] = &[
    "/?cors",
    "/?lifecycle",
    "/?tagging",
    "/?policy",
    "/?referer",
    "/?website",
    "/?encryption",
    "/?logging",
    "/?inventory&id=1",
    "/?replication",
    "/?accelerate",
    "/?domain",
    "/?origin",
    "/?object-lock",
    "/?intelligenttiering",
    "/?strict-signature",
    "/?acl",
    "/?versioning",
    "/key?tagging",
    "/key?acl",
    "/key?retention",
];

/// What is sent with POST; nothing comes back.
const POSTED: &[&str] = &["/?delete", "/key?uploadId=1", "/key?restore"];

/// One byte for the target, then the document.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let number = usize::from(input.byte()) % (TARGETS.len() + POSTED.len());
    let document = input.0;
    rig::with(async |rig| {
        let stored = send(rig, "PUT", "/key", b"x").await;
        assert!(stored.status.is_success(), "{stored:?}");
        let Some(target) = TARGETS.get(number) else {
            let target = POSTED[number - TARGETS.len()];
            send(rig, "POST", target, document).await;
            return;
        };
        if !send(rig, "PUT", target, document).await.status.is_success() {
            return;
        }
        let kept = send(rig, "GET", target, b"").await;
        // A document that says that there is nothing is forgotten.
        if !kept.status.is_success() {
            return;
        }
        let again = send(rig, "PUT", target, &kept.body).await;
        assert!(again.status.is_success(), "{target}: {kept:?} {again:?}");
        let same = send(rig, "GET", target, b"").await;
        assert_eq!(kept.body, same.body, "{target}");
    });
}

async fn send(rig: &Rig, method: &str, target: &str, body: &[u8]) -> Answered {
    let request = hyper::Request::builder()
        .method(method)
        .uri(target)
        .header("host", HOST)
        .header("content-length", body.len())
        .body(full(body.to_vec()));
    let request: Request = request.expect("it is a request");
    rig.ask(request).await
}
