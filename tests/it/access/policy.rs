//! Policies of buckets and of sessions, obeyed on the way in.

use std::sync::Arc;

use backlot::cos::Auth;
use backlot::cos::store::{self, Store, StoreSettings};
use backlot::fault::NoFaults;
use backlot::journal::{NoticeRecord, What};

use super::{OWNER, become_key, become_user};
use crate::cos::client::{Ask, BUCKET, HOST, Running};

async fn start() -> (Running, Arc<Store>) {
    let store = store::open(&StoreSettings::memory()).unwrap();
    let running = Running::with(Arc::new(NoFaults), Auth::Verify, Arc::clone(&store)).await;
    (running, store)
}

async fn set(store: &Arc<Store>, statements: &str) {
    let text = format!(r#"{{"version":"2.0","Statement":[{statements}]}}"#);
    assert!(
        store
            .put_document(BUCKET, "policy", text.into())
            .await
            .unwrap()
    );
}

fn diagnostics(running: &Running) -> Vec<String> {
    let records = running.journal.ordered();
    let texts = records.iter().filter_map(|record| match &record.what {
        What::Notice(NoticeRecord::Diagnostic { text }) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn the_policy_of_a_bucket_opens_and_closes() {
    let (mut running, store) = start().await;
    running.put("doc/a", b"x").await;
    running.put("other", b"y").await;
    let allow = format!(
        r#"{{"Effect":"Allow","Principal":{{"qcs":["qcs::cam::uin/{OWNER}:uin/100000000002"]}},
            "Action":["name/cos:GetObject","name/cos:PutObject"],
            "Resource":["qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/doc/*"]}}"#
    );
    let deny =
        r#"{"effect":"deny","principal":"*","action":"name/cos:DeleteObject","resource":"*"}"#;
    set(&store, &format!("{allow},{deny}")).await;
    let delete = |key: &str| Ask::new("DELETE", &format!("/{key}"));
    assert_eq!(
        running.ask(delete("other")).await.code(),
        "AccessDenied",
        "the owner, too"
    );
    become_user(&mut running, "100000000002");
    assert_eq!(running.get("doc/a").await.text(), "x");
    assert_eq!(running.put("doc/b", b"z").await.status, 200);
    assert_eq!(running.get("other").await.code(), "AccessDenied");
    assert_eq!(running.ask(delete("doc/a")).await.code(), "AccessDenied");
    assert_eq!(
        running.ask(Ask::new("GET", "/")).await.code(),
        "AccessDenied"
    );
    assert_eq!(
        running
            .ask(Ask::new("GET", "/doc/a").unsigned())
            .await
            .status,
        403
    );
    assert_eq!(diagnostics(&running), [] as [&str; 0]);
    running.stop().await;
}

#[tokio::test]
async fn conditions_look_at_the_request() {
    let (running, store) = start().await;
    running.put("k", b"x").await;
    let with = |condition: &str| {
        format!(
            r#"{{"effect":"allow","principal":"*","action":"*","resource":"*","condition":{condition}}}"#
        )
    };
    let get = || {
        running.ask(
            Ask::new("GET", "/k?x=1")
                .unsigned()
                .header("Referer", "http://a"),
        )
    };
    for (condition, status) in [
        (r#"{"ip_equal":{"qcs:ip":["127.0.0.0/8"]}}"#, 200),
        (r#"{"ip_not_equal":{"qcs:ip":["127.0.0.0/8"]}}"#, 403),
        (r#"{"string_like":{"cos:referer":"http://*"}}"#, 200),
        (r#"{"numeric_greater_than":{"cos:x":1}}"#, 403),
        (r#"{"bool_equal":{"cos:secure-transport":"false"}}"#, 200),
        (
            r#"{"date_less_than":{"qcs:current_time":"2000-01-01T00:00:00Z"}}"#,
            403,
        ),
    ] {
        set(&store, &with(condition)).await;
        assert_eq!(get().await.status, status, "{condition}");
    }
    assert_eq!(diagnostics(&running), [] as [&str; 0]);
    set(&store, &with(r#"{"moon_equal":{"qcs:moon":"full"}}"#)).await;
    assert_eq!(get().await.status, 403);
    assert!(diagnostics(&running)[0].contains("`moon_equal`"));
    running.stop().await;
}

#[tokio::test]
async fn a_session_does_no_more_than_its_policy() {
    let (mut running, _store) = start().await;
    running.put("in/a", b"x").await;
    become_key(&mut running, "session", |key| {
        key.policy = Some(
            format!(
                r#"{{"version":"2.0","statement":[{{"effect":"allow","action":["name/cos:GetObject"],
                    "resource":["qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/in/*"]}}]}}"#
            )
            .into(),
        );
    });
    assert_eq!(running.get("in/a").await.status, 200);
    assert_eq!(running.get("out/a").await.code(), "AccessDenied");
    assert_eq!(running.put("in/a", b"y").await.code(), "AccessDenied");
    // A copy writes its target and reads its source; this one may do the first alone.
    become_key(&mut running, "writer", |key| {
        let text = r#"{"version":"2.0","statement":[{"effect":"allow","action":"name/cos:PutObject","resource":"*"}]}"#;
        key.policy = Some(text.into());
    });
    let copy = Ask::new("PUT", "/out/a").header("x-cos-copy-source", format!("{HOST}/in/a"));
    assert_eq!(running.ask(copy.body(b"")).await.code(), "AccessDenied");
    assert_eq!(running.put("out/a", b"y").await.status, 200);
    become_key(&mut running, "broken", |key| key.policy = Some("{".into()));
    assert_eq!(running.get("in/a").await.code(), "AccessDenied");
    assert!(diagnostics(&running)[0].contains("cannot be read"));
    running.stop().await;
}

#[tokio::test]
async fn a_list_of_keys_is_a_list_of_decisions() {
    let (mut running, _store) = start().await;
    for key in ["in/a", "out/a"] {
        running.put(key, b"x").await;
    }
    let body: &[u8] =
        b"<Delete><Object><Key>in/a</Key></Object><Object><Key>out/a</Key></Object></Delete>";
    let delete = || {
        let ask = Ask::new("POST", "/?delete").header("Content-MD5", "wYyQbZm0vXkwPFYrbjlVzA==");
        ask.body(body)
    };
    let digest = running.ask(delete()).await;
    assert_eq!(
        digest.code(),
        "BadDigest",
        "the owner may, so the digest counts"
    );
    become_key(&mut running, "session", |key| {
        key.policy = Some(
            format!(
                r#"{{"version":"2.0","statement":[{{"effect":"allow","action":["name/cos:DeleteMultipleObjects"],
                    "resource":["qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/in/*"]}}]}}"#
            )
            .into(),
        );
    });
    let md5 = backlot::base::digest::Digests::of(body).md5;
    let md5 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, md5);
    let deleted = running
        .ask(
            Ask::new("POST", "/?delete")
                .header("Content-MD5", &md5)
                .body(body),
        )
        .await;
    assert_eq!(
        deleted.text().replace(['\n', '\t'], ""),
        "<DeleteResult><Deleted><Key>in/a</Key></Deleted><Error><Key>out/a</Key><Code>AccessDenied</Code>\
         <Message>Access Denied.</Message></Error></DeleteResult>"
    );
    // Who signs nothing is not even asked for the list.
    let unsigned = Ask::new("POST", "/?delete")
        .header("Content-MD5", &md5)
        .body(body);
    let refused = running.ask(unsigned.unsigned()).await;
    assert_eq!((refused.status, refused.code()), (403, "AccessDenied"));
    running.stop().await;
}
