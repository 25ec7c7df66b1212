//! Keys that are limited to a prefix: they list what is below it, and nothing else.

use backlot::http::auth::Standing;

use super::sts::{call, credentials, federation, service};
use super::{OWNER, become_key, become_user};
use crate::cos::client::{Answered, Ask, BUCKET, Running, encode};

/// Every listing, without its prefix.
const LISTINGS: [&str; 4] = [
    "/?",
    "/?versions&",
    "/?uploads&",
    "/?delimiter=%2F&max-keys=5&",
];

fn resource(path: &str) -> String {
    format!("qcs::cos:ap-guangzhou:uid/1250000000:{path}")
}

fn policy(effect: &str, resources: &[&str], more: &str) -> String {
    let resources: Vec<_> = resources
        .iter()
        .map(|path| format!("\"{}\"", resource(path)))
        .collect();
    let resources = resources.join(",");
    format!(
        r#"{{"version":"2.0","statement":[{{"effect":"{effect}","action":["name/cos:*"],"resource":[{resources}]{more}}}]}}"#
    )
}

async fn list(running: &Running, listing: &str, prefix: Option<&str>) -> Answered {
    let prefix = prefix.map(|prefix| format!("prefix={}", encode(prefix)));
    let target = format!("{listing}{}", prefix.unwrap_or_default());
    let ask = Ask::new("GET", target.trim_end_matches('&'));
    let token = running.credentials.token.as_deref();
    running
        .ask(match token {
            Some(token) => ask.header("x-cos-security-token", token),
            None => ask,
        })
        .await
}

/// What a key that may do everything below `dir/` may list.
async fn check_listings(running: &Running) {
    for listing in LISTINGS {
        for (prefix, status) in [
            (Some("dir/"), 200),
            (Some("dir/a"), 200),
            (Some("dir/中 文+"), 200),
            (None, 403),
            (Some(""), 403),
            (Some("d"), 403),
            (Some("dir"), 403),
            (Some("dir2/"), 403),
            (Some("other/dir/"), 403),
        ] {
            let answer = list(running, listing, prefix).await;
            assert_eq!(answer.status, status, "{listing} {prefix:?} {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_key_for_a_prefix_lists_below_it() {
    let mut running = Running::start().await;
    let allowed = policy("allow", &[&format!("{BUCKET}/dir/*")], "");
    become_key(&mut running, "scoped", |key| {
        key.policy = Some(allowed.clone().into());
    });
    assert_eq!(running.put("dir/a", b"x").await.status, 200);
    assert_eq!(running.put("other", b"x").await.status, 403);
    check_listings(&running).await;

    become_key(&mut running, "user", |key| {
        key.principal.standing = Standing::User {
            uin: "100000000002".into(),
            policy: Some(allowed.into()),
        };
    });
    check_listings(&running).await;
    running.stop().await;
}

#[tokio::test]
async fn a_session_policy_for_a_prefix_lists_below_it() {
    let mut running = Running::start().await;
    let sts = service(&running.clock, &running.keyring);
    let allowed = encode(&policy("allow", &[&format!("{BUCKET}/dir/*")], ""));
    let answer = call(&running, &sts, "GetFederationToken", federation(&allowed))
        .await
        .unwrap();
    running.credentials = credentials(&answer);
    check_listings(&running).await;
    // The whole of an upload in parts, as SDKs do it.
    let token = running.credentials.token.clone().unwrap();
    let ask = |method: &str, target: &str| {
        Ask::new(method, target).header("x-cos-security-token", &token)
    };
    let found = running.ask(ask("GET", "/?uploads&prefix=dir%2Fa")).await;
    assert_eq!(found.status, 200, "{found:?}");
    let begun = running.ask(ask("POST", "/dir/a?uploads")).await;
    let id = begun.element("UploadId").to_owned();
    let part = format!("/dir/a?partNumber=1&uploadId={id}");
    let part = running.ask(ask("PUT", &part).body(b"x")).await;
    let etag = part.header("ETag").unwrap();
    let parts = running
        .ask(ask("GET", &format!("/dir/a?uploadId={id}")))
        .await;
    assert_eq!(parts.status, 200, "{parts:?}");
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = ask("POST", &format!("/dir/a?uploadId={id}")).body(list.as_bytes());
    assert_eq!(running.ask(done).await.status, 200);

    // A key that may do nothing is told the time of the service, as on the platform.
    let denied = running.ask(ask("GET", "/other")).await;
    assert_eq!((denied.status, denied.code()), (403, "AccessDenied"));
    let time = denied.element("ServerTime").parse::<jiff::Timestamp>();
    assert_eq!(time.unwrap().subsec_nanosecond(), 0, "{denied:?}");
    running.stop().await;
}

#[tokio::test]
async fn the_policy_of_a_bucket_opens_and_closes_prefixes() {
    let mut running = Running::start().await;
    let principal = format!(r#","principal":{{"qcs":["qcs::cam::uin/{OWNER}:uin/100000000002"]}}"#);
    let owner = running.credentials.clone();
    let open = policy("allow", &[&format!("{BUCKET}/dir/*")], &principal);
    assert_eq!(running.put_config("policy", &open).await.status, 204);
    become_user(&mut running, "100000000002");
    check_listings(&running).await;
    let denied = list(&running, "/?", None).await;
    assert!(!denied.text().contains("ServerTime"), "{denied:?}");

    // What covers the bucket covers all its prefixes, in both spellings of a bucket.
    for path in [BUCKET.to_owned(), format!("{BUCKET}/")] {
        running.credentials = owner.clone();
        let open = policy("allow", &[&path], &principal);
        assert_eq!(running.put_config("policy", &open).await.status, 204);
        become_user(&mut running, "100000000002");
        for prefix in [None, Some("dir/")] {
            assert_eq!(
                list(&running, "/?", prefix).await.status,
                200,
                "{path} {prefix:?}"
            );
        }
        assert_eq!(running.get("dir/a").await.status, 403);
    }

    running.credentials = owner;
    let close = policy(
        "deny",
        &[&format!("{BUCKET}/secret/*")],
        r#","principal":"*""#,
    );
    assert_eq!(running.put_config("policy", &close).await.status, 204);
    for listing in LISTINGS {
        assert_eq!(list(&running, listing, Some("secret/")).await.status, 403);
        assert_eq!(list(&running, listing, Some("dir/")).await.status, 200);
    }
    running.stop().await;
}
