//! Objects that move and go as virtual time passes.

use std::time::Duration;

use backlot::journal::{CosRecord, What};

use super::client::{Answered, Ask, Running};
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
        What::Cos(CosRecord::ObjectMoved { key, to, .. }) => {
            Some(format!("{} {key} to {to}", record.at))
        }
        What::Cos(CosRecord::ObjectRemoved { key, .. }) => {
            Some(format!("{} {key} gone", record.at))
        }
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
async fn old_versions_and_unfinished_uploads_go() {
    let running = Running::start().await;
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(running.put_config("versioning", enabled).await.status, 200);
    let versions = ["1", "2", "3"].map(|body| running.put("k", body.as_bytes()));
    for version in versions {
        assert_eq!(version.await.status, 200);
    }
    assert_eq!(running.put("gone", b"x").await.status, 200);
    assert_eq!(running.ask(Ask::new("DELETE", "/gone")).await.status, 204);
    assert_eq!(
        running.ask(Ask::new("POST", "/u?uploads")).await.status,
        200
    );
    let rules = "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><NoncurrentVersionExpiration>\
        <NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload>\
        <DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload><Expiration>\
        <ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule></LifecycleConfiguration>";
    assert_eq!(running.put_config("lifecycle", rules).await.status, 200);
    let left = async || {
        let versions = running.get_config("versions").await;
        let uploads = running.get_config("uploads").await;
        let count = |answer: &Answered, name: &str| answer.text().matches(name).count();
        (
            count(&versions, "<Version>"),
            count(&versions, "<DeleteMarker>"),
            count(&uploads, "<Upload>"),
        )
    };
    assert_eq!(left().await, (4, 1, 1));
    let hold = running.clock.hold("the test").sleep(2 * DAY).await;
    assert_eq!(left().await, (4, 1, 0), "the upload is given up");
    let hold = hold.sleep(2 * DAY).await;
    assert_eq!(left().await, (1, 1, 0), "only what is current is left");
    let hold = hold.sleep(DAY).await;
    assert_eq!(left().await, (1, 0, 0), "the marker hides nothing any more");
    assert_eq!(running.get("k").await.text(), "3");
    drop(hold);
    let aborted = running.journal.appended().into_iter();
    let aborted =
        aborted.filter(|record| matches!(record.what, What::Cos(CosRecord::UploadAborted { .. })));
    assert_eq!(aborted.count(), 1);
    running.stop().await;
}

#[tokio::test]
async fn expired_objects_of_versioned_buckets_are_hidden() {
    let running = Running::start().await;
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    running.put_config("versioning", enabled).await;
    running.put("logs/a", b"x").await;
    let tagged = Ask::new("PUT", "/tagged").header("x-cos-tagging", "k=v");
    running.ask(tagged).await;
    running.put("bare", b"x").await;
    let rules = "<Rule><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Status>Enabled</Status><Expiration>\
        <Days>5</Days></Expiration></Rule></LifecycleConfiguration>";
    let rules = LIFECYCLE.replace("</LifecycleConfiguration>", rules);
    assert_eq!(running.put_config("lifecycle", &rules).await.status, 200);
    let hold = running.clock.hold("the test").sleep(20 * DAY).await;
    for (key, status) in [("logs/a", 404), ("tagged", 404), ("bare", 200)] {
        assert_eq!(running.get(key).await.status, status, "{key}");
    }
    let versions = running.get_config("versions").await;
    assert_eq!(versions.text().matches("<DeleteMarker>").count(), 2);
    assert_eq!(versions.text().matches("<Version>").count(), 3);
    drop(hold);
    running.stop().await;
}
