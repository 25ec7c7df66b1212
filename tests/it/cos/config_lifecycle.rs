//! Objects that move and go as virtual time passes.

use std::time::Duration;

use backlot::journal::What;

use super::client::Running;
use super::config::LIFECYCLE;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn objects_move_and_go_at_midnight() {
    let running = Running::start().await;
    running.put("logs/a", b"old").await;
    running.put("kept", b"x").await;
    running.put_config("lifecycle", LIFECYCLE).await;
    // The clock starts at 00:00 UTC, which is 08:00 in Beijing; two days later it is midnight there after 16 hours more.
    let hold = running.clock.hold("the test").sleep(2 * DAY).await;
    assert_eq!(
        running.get("logs/a").await.header("x-cos-storage-class"),
        None
    );
    let hold = hold.sleep(DAY).await;
    let moved = running.get("logs/a").await;
    assert_eq!(moved.header("x-cos-storage-class"), Some("STANDARD_IA"));
    assert_eq!(
        (moved.text(), moved.header("Last-Modified")),
        ("old", Some("Mon, 01 Jan 2024 00:00:00 GMT"))
    );
    running.put("logs/b", b"new").await;
    let hold = hold.sleep(8 * DAY).await;
    assert_eq!(running.get("logs/a").await.status, 404);
    assert_eq!(
        running.get("logs/b").await.status,
        200,
        "its days began later"
    );
    assert_eq!(running.get("kept").await.status, 200);
    drop(hold);

    let told = running.journal.appended().into_iter();
    let told = told.filter_map(|record| match record.what {
        What::ObjectMoved { key, to, .. } => Some(format!("{} {key} to {to}", record.at)),
        What::ObjectRemoved { key, .. } => Some(format!("{} {key} gone", record.at)),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            "2024-01-03T16:00:00Z logs/a to STANDARD_IA",
            "2024-01-06T16:00:00Z logs/b to STANDARD_IA",
            "2024-01-11T16:00:00Z logs/a gone",
        ]
    );
    running.stop().await;
}

#[tokio::test]
async fn without_rules_time_changes_nothing() {
    let running = Running::start().await;
    running.put("logs/a", b"x").await;
    running.put_config("lifecycle", LIFECYCLE).await;
    running.delete_config("lifecycle").await;
    let hold = running.clock.hold("the test").sleep(30 * DAY).await;
    assert_eq!(running.get("logs/a").await.status, 200);
    drop(hold);
    running.stop().await;
}

#[tokio::test]
async fn rules_do_not_move_the_clock() {
    let running = Running::start().await;
    running.put_config("lifecycle", LIFECYCLE).await;
    let start = running.clock.now();
    let hold = running.clock.hold("the test").until_idle().await;
    assert_eq!(running.clock.now(), start);
    drop(hold);
    running.stop().await;
}

#[tokio::test]
async fn rules_can_be_carried_out_when_asked() {
    let running = Running::start().await;
    running.put("logs/a", b"x").await;
    running.put_config("lifecycle", LIFECYCLE).await;
    let later = running.clock.now() + 11 * DAY;
    assert_eq!(
        running
            .cos
            .apply_lifecycle(running.clock.now())
            .await
            .unwrap(),
        0
    );
    assert_eq!(running.cos.apply_lifecycle(later).await.unwrap(), 1);
    assert_eq!(running.get("logs/a").await.status, 404);
    let changes = running.changes.lock().unwrap().clone();
    assert_eq!(
        changes.last().unwrap().event_name,
        "cos:ObjectRemove:Delete"
    );
    running.stop().await;
}

#[tokio::test]
async fn rules_about_what_is_not_here_are_written_down() {
    let running = Running::start().await;
    let rules = "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><NoncurrentVersionExpiration>\
        <NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload>\
        <DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>";
    assert_eq!(running.put_config("lifecycle", rules).await.status, 200);
    assert_eq!(running.unsupported().len(), 2);
    running.stop().await;
}
