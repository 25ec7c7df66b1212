//! Sub-resources outlive the process, and go with their bucket.

use std::sync::Arc;

use backlot::cos::Auth;
use backlot::cos::store::{self, Durability, Kind, StoreSettings};
use backlot::fault::NoFaults;

use super::client::{Ask, HOST, Running};
use super::config::{CORS, LIFECYCLE};

#[tokio::test]
async fn what_was_due_while_nobody_ran_is_done_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        kind: Kind::Fs,
        path: folder.path().join("data"),
        durability: Durability::Relaxed,
    };
    let rules = LIFECYCLE.replace(
        "<Expiration><Days>10</Days>",
        "<Expiration><Date>2023-01-01T00:00:00+08:00</Date>",
    );
    for is_there in [true, false] {
        let store = store::open(&settings).unwrap();
        let running = Running::with(Arc::new(NoFaults), Auth::Verify, store).await;
        if is_there {
            running.put("logs/a", b"x").await;
            running.put_config("lifecycle", &rules).await;
        }
        let start = running.clock.now();
        let hold = running.clock.hold("the test").until_idle().await;
        assert_eq!(running.clock.now(), start);
        drop(hold);
        let status = running.get("logs/a").await.status;
        assert_eq!(
            status == 200,
            is_there,
            "a rule that is new waits for midnight"
        );
        running.stop().await;
    }
}

#[tokio::test]
async fn documents_are_there_when_the_store_opens_again() {
    for kind in [Kind::Fs, Kind::Sqlite] {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            kind,
            path: folder.path().join("data"),
            durability: Durability::Relaxed,
        };
        let start = || {
            Running::with(
                Arc::new(NoFaults),
                Auth::Verify,
                store::open(&settings).unwrap(),
            )
        };
        let running = start().await;
        running.put_config("cors", CORS).await;
        running.put_config("lifecycle", LIFECYCLE).await;
        running
            .put_config("tagging", "<Tagging><TagSet/></Tagging>")
            .await;
        running.delete_config("tagging").await;
        running.put("logs/a", b"x").await;
        let before = running.get_config("cors").await;
        running.stop().await;

        let running = start().await;
        assert_eq!(running.get_config("cors").await.text(), before.text());
        assert_eq!(running.get_config("tagging").await.status, 404);
        let day = std::time::Duration::from_hours(24);
        let hold = running.clock.hold("the test").sleep(11 * day).await;
        assert_eq!(
            running.get("logs/a").await.status,
            404,
            "rules of an earlier run hold"
        );
        drop(hold);
        assert_eq!(running.ask(Ask::new("DELETE", "/")).await.status, 204);
        assert_eq!(
            running.ask(Ask::new("PUT", "/").host(HOST)).await.status,
            200
        );
        assert_eq!(running.get_config("cors").await.status, 404);
        running.stop().await;
    }
}
