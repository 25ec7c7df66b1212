//! Copies, appends, archives, links, tags and encryption.

use std::time::Duration;

use backlot::base::digest::Digests;
use backlot::cos::store::contract;

use super::client::{Answered, Ask, BUCKET, HOST, Running};

fn copy(key: &str, source: &str) -> Ask {
    Ask::new("PUT", key).header("x-cos-copy-source", format!("{HOST}/{source}"))
}

#[tokio::test]
async fn a_copy_has_the_bytes_and_the_headers_that_were_asked_for() {
    let running = Running::start().await;
    running
        .cos
        .create_bucket("other-1250000000", "ap-beijing")
        .await
        .unwrap();
    let put = Ask::new("PUT", "/a%20%E4%B8%AD.txt")
        .header("Content-Type", "text/plain")
        .header("x-cos-meta-a", "1")
        .header("x-cos-tagging", "k=v")
        .header("x-cos-storage-class", "STANDARD_IA");
    running.ask(put.body(b"[Object Content]")).await;
    let other = "other-1250000000.cos.ap-beijing.myqcloud.com";
    let answer = running
        .ask(copy("/b", "a%20%E4%B8%AD.txt").host(other))
        .await;
    let expected = "<?xml version='1.0' encoding='utf-8' ?>\n<CopyObjectResult>\n\
        \t<ETag>&quot;ee8de918d05640145b18f70f4c3aa602&quot;</ETag>\n\t<CRC64>16749565679157681890</CRC64>\n\
        \t<LastModified>2024-01-01T00:00:00Z</LastModified>\n</CopyObjectResult>";
    assert_eq!((answer.status, answer.text()), (200, expected));
    let found = running.ask(Ask::new("GET", "/b").host(other)).await;
    assert_eq!(found.text(), "[Object Content]");
    for (name, value) in [
        ("Content-Type", Some("text/plain")),
        ("x-cos-meta-a", Some("1")),
        ("x-cos-tagging-count", Some("1")),
        ("x-cos-storage-class", None),
    ] {
        assert_eq!(found.header(name), value, "{name}");
    }
    let replaced = copy("/c", "a%20中.txt")
        .header("x-cos-metadata-directive", "Replaced")
        .header("x-cos-tagging-directive", "Replaced")
        .header("x-cos-meta-b", "2");
    assert_eq!(running.ask(replaced).await.status, 200);
    let found = running.get("c").await;
    assert_eq!(found.header("x-cos-meta-a"), None);
    assert_eq!(found.header("x-cos-meta-b"), Some("2"));
    assert_eq!(found.header("x-cos-tagging-count"), None);
    let names: Vec<_> = {
        let changes = running.changes.lock().unwrap();
        changes
            .iter()
            .map(|change| change.event_name.clone())
            .collect()
    };
    assert_eq!(
        names[1..],
        ["cos:ObjectCreated:Copy", "cos:ObjectCreated:Copy"]
    );
    running.stop().await;
}

#[tokio::test]
async fn copies_are_checked() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let etag = running.get("k").await.header("ETag").unwrap().to_owned();
    let itself = running.ask(copy("/k", "k")).await;
    assert_eq!((itself.status, itself.code()), (400, "InvalidRequest"));
    let changed = copy("/k", "k")
        .header("x-cos-metadata-directive", "REPLACE")
        .header("Content-Type", "text/html");
    assert_eq!(running.ask(changed).await.status, 200);
    assert_eq!(
        running.get("k").await.header("Content-Type"),
        Some("text/html")
    );
    for (ask, status, code) in [
        (copy("/c", "missing"), 404, "NoSuchKey"),
        (
            copy("/c", "k").header("x-cos-metadata-directive", "Move"),
            400,
            "InvalidArgument",
        ),
        (
            copy("/c", "k").header("x-cos-copy-source-If-None-Match", &etag),
            412,
            "PreconditionFailed",
        ),
        (
            copy("/c", "k").header("x-cos-copy-source-If-Match", "\"x\""),
            412,
            "PreconditionFailed",
        ),
        (
            Ask::new("PUT", "/c").header("x-cos-copy-source", "nothing"),
            400,
            "InvalidCopySource",
        ),
        (
            copy("/k", "k")
                .header("x-cos-metadata-directive", "Replaced")
                .header("x-cos-forbid-overwrite", "true"),
            409,
            "FileAlreadyExists",
        ),
    ] {
        let answer = running.ask(ask).await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    running.stop().await;
}

#[tokio::test]
async fn objects_can_grow() {
    let running = Running::start().await;
    let append = async |position: &str, body: &[u8]| -> Answered {
        let ask = Ask::new("POST", &format!("/log?append&position={position}"));
        running
            .ask(ask.header("x-cos-meta-a", position).body(body))
            .await
    };
    let large = contract::pattern(1_500_000);
    let first = append("0", b"Hello, ").await;
    assert_eq!(
        (first.status, first.header("x-cos-next-append-position")),
        (200, Some("7"))
    );
    let second = append("7", &large).await;
    let md5 = Digests::of(&large).etag();
    assert_eq!(
        second.header("x-cos-content-sha1"),
        Some(md5.trim_matches('"')),
        "of what was added"
    );
    let whole = [&b"Hello, "[..], &large].concat();
    let sum = Digests::of(&whole).crc64.to_string();
    assert_eq!(second.header("x-cos-hash-crc64ecma"), Some(sum.as_str()));
    let found = running.get("log").await;
    assert!(found.body == whole);
    assert_eq!(found.header("x-cos-object-type"), Some("appendable"));
    assert_eq!(
        found.header("x-cos-meta-a"),
        Some("0"),
        "the first append tells"
    );
    let wrong = append("7", b"x").await;
    assert_eq!((wrong.status, wrong.code()), (409, "AppendPositionErr"));
    assert_eq!(wrong.header("x-cos-next-append-position"), Some("1500007"));
    assert_eq!(append("", b"x").await.code(), "InvalidArgument");
    running.put("log", b"").await;
    let normal = append("0", b"x").await;
    assert_eq!((normal.status, normal.code()), (409, "ObjectNotAppendable"));
    running.stop().await;
}

#[tokio::test]
async fn archived_objects_come_back_for_a_while() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/k").header("x-cos-storage-class", "ARCHIVE");
    running.ask(put.body(b"cold")).await;
    let restore = |key: &str, tier: &str| {
        let body = format!(
            "<RestoreRequest><Days>1</Days><CASJobParameters><Tier>{tier}</Tier></CASJobParameters></RestoreRequest>"
        );
        running.ask(Ask::new("POST", &format!("/{key}?restore")).body(body.as_bytes()))
    };
    let cold = running.get("k").await;
    assert_eq!((cold.status, cold.code()), (403, "InvalidObjectState"));
    assert_eq!(cold.header("x-cos-storage-class"), Some("ARCHIVE"));
    assert_eq!(restore("k", "Never").await.code(), "InvalidArgument");
    let hold = running.clock.hold("the test");
    assert_eq!(restore("k", "Expedited").await.status, 202);
    let again = restore("k", "Bulk").await;
    assert_eq!(
        (again.status, again.code()),
        (409, "RestoreAlreadyInProgress")
    );
    let head = running.ask(Ask::new("HEAD", "/k")).await;
    assert_eq!(
        head.header("x-cos-restore"),
        Some("ongoing-request=\"true\"")
    );
    assert_eq!(
        head.header("x-cos-restore-status"),
        Some("tier=\"expedited\"; request-date=\"Mon, 01 Jan 2024 00:00:00 GMT\"")
    );
    assert_eq!(running.get("k").await.code(), "InvalidObjectState");
    let listing = running.ask(Ask::new("GET", "/")).await;
    assert!(
        !listing.text().contains("RestoreStatus"),
        "{}",
        listing.text()
    );
    let hold = hold.sleep(Duration::from_secs(301)).await;
    let warm = running.get("k").await;
    assert_eq!(warm.text(), "cold");
    let listing = running.ask(Ask::new("GET", "/")).await;
    assert_eq!(listing.element("RestoreStatus"), "DONE");
    assert_eq!(
        warm.header("x-cos-restore"),
        Some("ongoing-request=\"false\", expiry-date=\"Tue, 02 Jan 2024 00:05:00 GMT\"")
    );
    let names: Vec<_> = {
        let changes = running.changes.lock().unwrap();
        changes
            .iter()
            .map(|change| change.event_name.clone())
            .collect()
    };
    assert_eq!(
        names[1..],
        ["cos:ObjectRestore:Post", "cos:ObjectRestore:Completed"]
    );
    let hold = hold.sleep(Duration::from_secs(86_400)).await;
    assert_eq!(running.get("k").await.code(), "InvalidObjectState");
    drop(hold);
    running.put("warm", b"x").await;
    let online = restore("warm", "Bulk").await;
    assert_eq!(
        (online.status, online.code()),
        (405, "RestoreNonArchiveObject")
    );
    running.stop().await;
}

#[tokio::test]
async fn a_link_stands_for_its_target() {
    let running = Running::start().await;
    running.put("dir/target", b"bytes").await;
    let link = |key: &str, target: &str| {
        running
            .ask(Ask::new("PUT", &format!("/{key}?symlink")).header("x-cos-symlink-target", target))
    };
    assert_eq!(link("link", "dir%2Ftarget").await.status, 200);
    assert_eq!(running.get("link").await.text(), "bytes");
    let read = running.ask(Ask::new("GET", "/link?symlink")).await;
    assert_eq!(
        (read.status, read.header("x-cos-symlink-target")),
        (200, Some("dir%2Ftarget"))
    );
    link("loose", "nowhere").await;
    assert_eq!(running.get("loose").await.code(), "NoSuchKey");
    assert_eq!(
        running
            .ask(Ask::new("GET", "/nowhere?symlink"))
            .await
            .code(),
        "NoSuchKey"
    );
    running.stop().await;
}

#[tokio::test]
async fn tags_are_kept_with_the_object() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/k").header("x-cos-tagging", "a=1&b=x%20y");
    running.ask(put.body(b"x")).await;
    let get = || running.ask(Ask::new("GET", "/k?tagging"));
    let expected = "<Tagging>\n\t<TagSet>\n\t\t<Tag>\n\t\t\t<Key>a</Key>\n\t\t\t<Value>1</Value>\n\t\t</Tag>\n\
        \t\t<Tag>\n\t\t\t<Key>b</Key>\n\t\t\t<Value>x y</Value>\n\t\t</Tag>\n\t</TagSet>\n</Tagging>";
    assert_eq!(get().await.text(), expected);
    let body = b"<Tagging><TagSet><Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>";
    assert_eq!(
        running
            .ask(Ask::new("PUT", "/k?tagging").body(body))
            .await
            .status,
        200
    );
    assert_eq!(
        running.get("k").await.header("x-cos-tagging-count"),
        Some("1")
    );
    assert_eq!(
        running.ask(Ask::new("DELETE", "/k?tagging")).await.status,
        204
    );
    assert_eq!(get().await.text(), "<Tagging>\n\t<TagSet/>\n</Tagging>");
    assert_eq!(
        running.ask(Ask::new("GET", "/no?tagging")).await.code(),
        "NoSuchKey"
    );
    let bad = b"<Tagging><TagSet><Tag><Key>*</Key></Tag></TagSet></Tagging>";
    assert_eq!(
        running
            .ask(Ask::new("PUT", "/k?tagging").body(bad))
            .await
            .code(),
        "InvalidTag"
    );
    assert_eq!(running.get("k").await.text(), "x");
    running.stop().await;
}

#[tokio::test]
async fn encryption_is_said_again_and_keys_are_asked_for() {
    let running = Running::start().await;
    let name = "x-cos-server-side-encryption";
    let put = Ask::new("PUT", "/cos").header(name, "AES256").body(b"x");
    let put = running.ask(put).await;
    assert_eq!(put.header(name), Some("AES256"));
    assert_eq!(
        put.header("ETag"),
        Some("\"9dd4e461268c8034f5c8564e155c67a6\"")
    );
    assert_eq!(running.get("cos").await.header(name), Some("AES256"));

    let with_key = |ask: Ask, prefix: &str, key: &str, md5: &str| {
        ask.header(&format!("{prefix}-customer-algorithm"), "AES256")
            .header(&format!("{prefix}-customer-key"), key)
            .header(&format!("{prefix}-customer-key-MD5"), md5)
    };
    let key = "MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY=";
    let md5 = "U5L61r7jcwdNvT7frmUG8g==";
    let mine = |ask: Ask| with_key(ask, name, key, md5);
    let put = running.ask(mine(Ask::new("PUT", "/c").body(b"x"))).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_ne!(
        put.header("ETag"),
        Some("\"9dd4e461268c8034f5c8564e155c67a6\"")
    );
    assert_eq!(
        put.header("x-cos-hash-crc64ecma"),
        running.get("cos").await.header("x-cos-hash-crc64ecma")
    );
    assert_eq!(running.get("c").await.code(), "InvalidRequest");
    assert_eq!(running.ask(mine(Ask::new("GET", "/c"))).await.text(), "x");
    let other = with_key(
        Ask::new("GET", "/c"),
        name,
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "hRasmdxgYDKV3nvbahU1MA==",
    );
    assert_eq!(running.ask(other).await.code(), "AccessDenied");
    let wrong = with_key(
        Ask::new("PUT", "/d").body(b"x"),
        name,
        key,
        "hRasmdxgYDKV3nvbahU1MA==",
    );
    assert_eq!(running.ask(wrong).await.code(), "InvalidArgument");
    assert_eq!(running.ask(copy("/e", "c")).await.code(), "InvalidRequest");
    let source = "x-cos-copy-source-server-side-encryption";
    let copied = with_key(copy("/e", "c"), source, key, md5);
    assert_eq!(running.ask(copied).await.status, 200);
    assert_eq!(running.get("e").await.text(), "x");
    running.stop().await;
}

#[tokio::test]
async fn changes_tell_who_did_what() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/k")
        .header("Content-Type", "text/plain")
        .header("x-cos-meta-a", "1");
    let answer = running.ask(put.body(b"x")).await;
    let change = running.changes.lock().unwrap()[0].clone();
    assert_eq!(
        Some(change.request_id.as_str()),
        answer.header("x-cos-request-id")
    );
    assert_eq!(
        (change.bucket.as_str(), change.version_id.as_str()),
        (BUCKET, "")
    );
    assert_eq!(change.source_ip, "127.0.0.1");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        change.meta,
        [
            pair("content-type", "text/plain"),
            pair("x-cos-meta-a", "1")
        ]
    );
    running.stop().await;
}
