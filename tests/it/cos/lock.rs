//! Object lock: what is locked stays, however somebody tries.

use std::time::Duration;

use super::client::{Ask, BUCKET, Running};

const A_DAY: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
                     <Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
const NO_MORE: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";

async fn code(running: &Running, ask: Ask) -> (u16, String) {
    let answered = running.ask(ask).await;
    let code = if answered.status < 300 {
        String::new()
    } else {
        answered.code().to_owned()
    };
    (answered.status, code)
}

fn locked() -> (u16, String) {
    (409, "ObjectLocked".to_owned())
}

async fn pass(running: &Running, hours: u64) {
    let hold = running.clock.hold("the test");
    drop(hold.sleep(Duration::from_secs(hours * 3600)).await);
}

#[tokio::test]
async fn a_bucket_locks_what_comes_for_its_days() {
    let running = Running::start().await;
    running.put("before", b"1").await;
    running.put_config("object-lock", A_DAY).await;
    running.put("k", b"1").await;
    let until = running.ask(Ask::new("GET", "/k?retention")).await;
    assert_eq!(until.element("RetainUntilDate"), "2024-01-02T00:00:00.000Z");
    assert_eq!(
        code(&running, Ask::new("PUT", "/k").body(b"2")).await,
        locked()
    );
    assert_eq!(code(&running, Ask::new("DELETE", "/k")).await, locked());
    let source = format!("{BUCKET}.cos.ap-guangzhou.myqcloud.com/before");
    let copy = Ask::new("PUT", "/k").header("x-cos-copy-source", source);
    assert_eq!(code(&running, copy).await, locked());
    assert_eq!(running.get("k").await.body, b"1");
    // What was there before is free, and so is everything after a day.
    assert_eq!(code(&running, Ask::new("DELETE", "/before")).await.0, 204);
    pass(&running, 23).await;
    assert_eq!(code(&running, Ask::new("DELETE", "/k")).await, locked());
    pass(&running, 1).await;
    assert_eq!(code(&running, Ask::new("DELETE", "/k")).await.0, 204);
    running.put_config("object-lock", NO_MORE).await;
    running.put("free", b"1").await;
    assert_eq!(code(&running, Ask::new("DELETE", "/free")).await.0, 204);
    running.stop().await;
}

#[tokio::test]
async fn a_locked_version_stays_below_others() {
    let running = Running::start().await;
    let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    running.put_config("versioning", on).await;
    running.put_config("object-lock", A_DAY).await;
    let first = running.put("k", b"1").await;
    let first = first.header("x-cos-version-id").unwrap().to_owned();
    assert_eq!(
        running.put("k", b"2").await.status,
        200,
        "a version over it"
    );
    assert_eq!(
        code(&running, Ask::new("DELETE", "/k")).await.0,
        204,
        "a marker over it"
    );
    let version = format!("/k?versionId={first}");
    assert_eq!(code(&running, Ask::new("DELETE", &version)).await, locked());
    assert_eq!(running.ask(Ask::new("GET", &version)).await.body, b"1");
    running.stop().await;
}

#[tokio::test]
async fn suspended_versions_are_not_replaced_while_they_are_locked() {
    let running = Running::start().await;
    running.put_config("object-lock", A_DAY).await;
    running.put("k", b"1").await;
    let with = |status: &str| {
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
    };
    running.put_config("versioning", &with("Enabled")).await;
    assert_eq!(running.put("k", b"2").await.status, 200);
    running.put_config("versioning", &with("Suspended")).await;
    // The null version lies below, and would be replaced.
    assert_eq!(
        code(&running, Ask::new("PUT", "/k").body(b"3")).await,
        locked()
    );
    assert_eq!(code(&running, Ask::new("DELETE", "/k")).await, locked());
    running.stop().await;
}

#[tokio::test]
async fn the_lifecycle_leaves_what_is_locked() {
    let running = Running::start().await;
    running.put("k", b"1").await;
    let until =
        "<Retention><RetainUntilDate>2024-02-01T00:00:00.000Z</RetainUntilDate></Retention>";
    running
        .ask(Ask::new("PUT", "/k?retention").body(until.as_bytes()))
        .await;
    let rule = "<LifecycleConfiguration><Rule><ID>1</ID><Filter/><Status>Enabled</Status><Expiration><Days>1</Days>\
                </Expiration></Rule></LifecycleConfiguration>";
    assert_eq!(running.put_config("lifecycle", rule).await.status, 200);
    let later = |text: &str| text.parse().unwrap();
    let soon = running.cos.apply_lifecycle(later("2024-01-10T00:00:00Z"));
    assert_eq!(soon.await.unwrap(), 0);
    pass(&running, 24 * 40).await;
    running
        .cos
        .apply_lifecycle(later("2024-02-10T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(running.get("k").await.status, 404);
    running.stop().await;
}
