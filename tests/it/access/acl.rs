//! Access lists: set by headers and bodies, shown, and obeyed.

use backlot::http::auth::Standing;

use super::{OWNER, become_key, become_user};
use crate::cos::client::{Ask, HOST, Running};

fn anonymous(method: &str, target: &str) -> Ask {
    Ask::new(method, target).unsigned()
}

#[tokio::test]
async fn objects_are_public_one_by_one() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/open")
        .body(b"x")
        .header("x-cos-acl", "public-read");
    assert_eq!(running.ask(put).await.status, 200);
    running.put("closed", b"y").await;
    assert_eq!(running.ask(anonymous("GET", "/open")).await.text(), "x");
    assert_eq!(running.ask(anonymous("HEAD", "/open")).await.status, 200);
    for (method, target) in [
        ("GET", "/closed"),
        ("GET", "/"),
        ("GET", "/missing"),
        ("GET", "/open?acl"),
        ("DELETE", "/open"),
    ] {
        let answer = running.ask(anonymous(method, target)).await;
        let found = (answer.status, answer.code());
        assert_eq!(found, (403, "AccessDenied"), "{method} {target}");
    }
    let shown = running.ask(Ask::new("GET", "/open?acl")).await;
    assert!(
        shown
            .text()
            .contains("<URI>http://cam.qcloud.com/groups/global/AllUsers</URI>")
    );
    assert_eq!(shown.header("x-cos-acl"), None);
    let shown = running.ask(Ask::new("GET", "/closed?acl")).await;
    assert_eq!(shown.header("x-cos-acl"), Some("default"));
    assert_eq!(
        shown.element("ID"),
        format!("qcs::cam::uin/{OWNER}:uin/{OWNER}")
    );
    // Back to what the bucket says, with the same bytes.
    let etag = running.get("open").await.header("ETag").unwrap().to_owned();
    let put = Ask::new("PUT", "/open?acl")
        .body(b"")
        .header("x-cos-acl", "default");
    assert_eq!(running.ask(put).await.status, 200);
    assert_eq!(running.ask(anonymous("GET", "/open")).await.status, 403);
    let kept = running.get("open").await;
    assert_eq!(
        (kept.text(), kept.header("ETag")),
        ("x", Some(etag.as_str()))
    );
    let missing = Ask::new("PUT", "/missing?acl")
        .body(b"")
        .header("x-cos-acl", "private");
    assert_eq!(running.ask(missing).await.code(), "NoSuchKey");
    running.stop().await;
}

#[tokio::test]
async fn objects_follow_their_bucket() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let put = Ask::new("PUT", "/?acl")
        .body(b"")
        .header("x-cos-acl", "public-read-write");
    assert_eq!(running.ask(put).await.status, 200);
    assert_eq!(running.ask(anonymous("GET", "/k")).await.text(), "x");
    assert_eq!(running.ask(anonymous("GET", "/")).await.status, 200);
    assert_eq!(
        running
            .ask(anonymous("PUT", "/new").body(b"y"))
            .await
            .status,
        200
    );
    assert_eq!(
        running
            .ask(anonymous("PUT", "/?acl").body(b""))
            .await
            .status,
        403
    );
    let private = Ask::new("PUT", "/k?acl")
        .body(b"")
        .header("x-cos-acl", "private");
    assert_eq!(running.ask(private).await.status, 200);
    assert_eq!(running.ask(anonymous("GET", "/k")).await.status, 403);
    running.stop().await;
}

#[tokio::test]
async fn what_is_shown_can_be_put_and_grants_count() {
    let mut running = Running::start().await;
    running.put("k", b"x").await;
    let put = Ask::new("PUT", "/?acl")
        .body(b"")
        .header("x-cos-grant-read", "id=\"100000000001/100000000002\"")
        .header("x-cos-grant-full-control", "id=\"100000000003\"");
    assert_eq!(running.ask(put).await.status, 200);
    let shown = running.ask(Ask::new("GET", "/?acl")).await;
    let again = Ask::new("PUT", "/?acl").body(shown.text().as_bytes());
    assert_eq!(running.ask(again).await.status, 200);
    let second = running.ask(Ask::new("GET", "/?acl")).await;
    assert_eq!(second.text(), shown.text());
    let both = Ask::new("PUT", "/?acl")
        .body(shown.text().as_bytes())
        .header("x-cos-acl", "private");
    assert_eq!(running.ask(both).await.code(), "InvalidRequest");
    let neither = Ask::new("PUT", "/?acl").body(b"");
    assert_eq!(running.ask(neither).await.code(), "InvalidRequest");
    let wrong = Ask::new("PUT", "/?acl").body(b"<x/>");
    assert_eq!(running.ask(wrong).await.code(), "MalformedXML");

    become_user(&mut running, "100000000002");
    assert_eq!(running.get("k").await.status, 200);
    assert_eq!(running.put("k", b"y").await.code(), "AccessDenied");
    become_user(&mut running, "100000000004");
    assert_eq!(running.get("k").await.status, 403);
    become_key(&mut running, "other", |key| {
        key.principal.standing = Standing::Stranger {
            owner: "100000000003".into(),
            uin: "100000000003".into(),
        };
    });
    assert_eq!(running.put("k", b"y").await.status, 200);
    assert_eq!(running.ask(Ask::new("GET", "/?acl")).await.status, 200);
    assert_eq!(running.ask(Ask::new("DELETE", "/")).await.status, 403);
    running.stop().await;
}

#[tokio::test]
async fn buckets_are_created_with_a_list_and_missing_ones_are_said_first() {
    let running = Running::start().await;
    let host = HOST.replace("archive", "open");
    let put = Ask::new("PUT", "/")
        .host(&host)
        .header("x-cos-acl", "public-read");
    assert_eq!(running.ask(put).await.status, 200);
    assert_eq!(
        running.ask(anonymous("GET", "/").host(&host)).await.status,
        200
    );
    let none = HOST.replace("archive", "none");
    let missing = running.ask(anonymous("GET", "/").host(&none)).await;
    assert_eq!((missing.status, missing.code()), (404, "NoSuchBucket"));
    let wrong = running.ask(anonymous("PUT", "/").host(&none)).await;
    assert_eq!((wrong.status, wrong.code()), (403, "AccessDenied"));
    running.stop().await;
}
