//! Versions of objects, delete markers, and lists of both.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use backlot::base::digest::Digests;

use super::client::{Answered, Ask, BUCKET, HOST, Running, encode};

async fn set(running: &Running, status: &str) {
    let body =
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    let answer = running
        .ask(Ask::new("PUT", "/?versioning").body(body.as_bytes()))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn version(answer: &Answered) -> String {
    answer.header("x-cos-version-id").unwrap().to_owned()
}

async fn ask(running: &Running, method: &str, key: &str, version: &str) -> Answered {
    running
        .ask(Ask::new(method, &format!("/{key}?versionId={version}")))
        .await
}

/// What a list says in short: `key:version number` with `*` for the latest and `-` for markers.
fn short(answer: &Answered, ids: &[String]) -> Vec<String> {
    let text = answer.text();
    let mut entries: Vec<_> = text.match_indices("<Version>").collect();
    entries.extend(text.match_indices("<DeleteMarker>"));
    entries.sort_unstable();
    let field = |entry: &str, name: &str| {
        let value = entry.split(&format!("<{name}>")).nth(1).unwrap_or_default();
        value.split('<').next().unwrap().to_owned()
    };
    let shown = entries.into_iter().map(|(at, name)| {
        let entry = &text[at..];
        let (key, id) = (field(entry, "Key"), field(entry, "VersionId"));
        let of_key = format!("{key} {id}");
        let id = ids
            .iter()
            .position(|known| *known == id || *known == of_key)
            .map_or(id, |at| at.to_string());
        let latest = if field(entry, "IsLatest") == "true" {
            "*"
        } else {
            ""
        };
        let marker = if name == "<Version>" { "" } else { "-" };
        format!("{key}:{id}{latest}{marker}")
    });
    shown.collect()
}

#[tokio::test]
async fn versioning_is_set_and_told() {
    let running = Running::start().await;
    let get = || running.ask(Ask::new("GET", "/?versioning"));
    assert_eq!(get().await.text(), "<VersioningConfiguration/>");
    for status in ["Enabled", "Suspended"] {
        set(&running, status).await;
        let expected = format!(
            "<?xml version='1.0' encoding='utf-8' ?>\n<VersioningConfiguration>\n\t<Status>{status}</Status>\n\
             </VersioningConfiguration>"
        );
        assert_eq!(get().await.text(), expected);
    }
    for body in ["", "<VersioningConfiguration/>", "<Other/>"] {
        let answer = running
            .ask(Ask::new("PUT", "/?versioning").body(body.as_bytes()))
            .await;
        assert_eq!((answer.status, answer.code()), (400, "MalformedXML"));
    }
    running.stop().await;
}

#[tokio::test]
async fn every_version_stays_until_it_is_named() {
    let running = Running::start().await;
    let before = running.put("k", b"null").await;
    assert_eq!(before.header("x-cos-version-id"), None);
    set(&running, "Enabled").await;
    let first = running.put("k", b"first").await;
    let decoded = STANDARD_NO_PAD.decode(version(&first)).unwrap();
    let number: u64 = std::str::from_utf8(&decoded).unwrap().parse().unwrap();
    assert_eq!(
        (u64::MAX - number) / 1_000_000,
        1_704_067_200,
        "made of the time"
    );
    let second = running.put("k", b"second").await;
    assert_ne!(version(&first), version(&second));
    let current = running.get("k").await;
    assert_eq!(
        (current.text(), version(&current)),
        ("second", version(&second))
    );
    assert_eq!(
        ask(&running, "GET", "k", &version(&first)).await.text(),
        "first"
    );
    assert_eq!(ask(&running, "GET", "k", "null").await.text(), "null");
    let unknown = ask(&running, "GET", "k", "MTg").await;
    assert_eq!((unknown.status, unknown.code()), (404, "NoSuchVersion"));

    let marked = running.ask(Ask::new("DELETE", "/k")).await;
    assert_eq!(
        (marked.status, marked.header("x-cos-delete-marker")),
        (204, Some("true"))
    );
    for method in ["GET", "HEAD"] {
        let gone = running.ask(Ask::new(method, "/k")).await;
        assert_eq!(
            (gone.status, gone.header("x-cos-delete-marker")),
            (404, Some("true"))
        );
    }
    assert_eq!(
        ask(&running, "GET", "k", &version(&marked)).await.status,
        404
    );
    let list = running.ask(Ask::new("GET", "/")).await;
    assert!(
        !list.text().contains("<Contents>"),
        "a marker hides the key"
    );
    assert_eq!(
        ask(&running, "HEAD", "k", &version(&second)).await.status,
        200
    );

    let unmarked = ask(&running, "DELETE", "k", &version(&marked)).await;
    assert_eq!(unmarked.header("x-cos-delete-marker"), Some("true"));
    assert_eq!(version(&unmarked), version(&marked));
    assert_eq!(running.get("k").await.text(), "second");
    let removed = ask(&running, "DELETE", "k", &version(&second)).await;
    assert_eq!(removed.header("x-cos-delete-marker"), None);
    assert_eq!(version(&removed), version(&second));
    assert_eq!(running.get("k").await.text(), "first");
    let third = running.put("k", b"third").await;
    assert_ne!(version(&third), version(&second), "no id comes twice");
    assert_eq!(
        running.ask(Ask::new("DELETE", "/")).await.code(),
        "BucketNotEmpty"
    );
    let names: Vec<_> = {
        let changes = running.changes.lock().unwrap();
        changes
            .iter()
            .map(|change| change.event_name.clone())
            .collect()
    };
    assert_eq!(
        names[3..],
        [
            "cos:ObjectRemove:DeleteMarkerCreated",
            "cos:ObjectRemove:Delete",
            "cos:ObjectRemove:Delete",
            "cos:ObjectCreated:Put"
        ]
    );
    running.stop().await;
}

#[tokio::test]
async fn suspended_buckets_write_the_null_version() {
    let running = Running::start().await;
    set(&running, "Enabled").await;
    let first = version(&running.put("k", b"first").await);
    set(&running, "Suspended").await;
    let put = running.put("k", b"null").await;
    assert_eq!(put.header("x-cos-version-id"), None);
    assert_eq!(version(&running.get("k").await), "null");
    running.put("k", b"null again").await;
    let deleted = running.ask(Ask::new("DELETE", "/k")).await;
    assert_eq!(version(&deleted), "null");
    let list = running.ask(Ask::new("GET", "/?versions")).await;
    assert_eq!(
        short(&list, std::slice::from_ref(&first)),
        ["k:null*-", "k:0"]
    );
    running.put("k", b"back").await;
    let list = running.ask(Ask::new("GET", "/?versions")).await;
    assert_eq!(short(&list, &[first]), ["k:null*", "k:0"]);

    let id = running
        .ask(Ask::new("POST", "/m?uploads"))
        .await
        .element("UploadId")
        .to_owned();
    let put = Ask::new("PUT", &format!("/m?partNumber=1&uploadId={id}")).body(b"x");
    let tag = running.ask(put).await.header("ETag").unwrap().to_owned();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = Ask::new("POST", &format!("/m?uploadId={id}")).body(body.as_bytes());
    assert_eq!(version(&running.ask(done).await), "null");
    running.stop().await;
}

#[tokio::test]
async fn lists_show_versions_and_markers() {
    let running = Running::start().await;
    running.put("a b", b"x").await;
    let unset = running.ask(Ask::new("GET", "/?versions")).await;
    assert!(
        unset.text().contains("\t\t<VersionId/>\n"),
        "{}",
        unset.text()
    );
    set(&running, "Enabled").await;
    let tiered = Ask::new("PUT", "/a%20b").header("x-cos-storage-class", "INTELLIGENT_TIERING");
    let id = version(&running.ask(tiered.body(b"[Object Content]")).await);
    let marker = version(&running.ask(Ask::new("DELETE", "/c")).await);
    let list = running
        .ask(Ask::new(
            "GET",
            "/?versions&max-keys=2&encoding-type=url&prefix=",
        ))
        .await;
    let owner = "\t\t<Owner>\n\t\t\t<ID>1250000000</ID>\n\t\t\t<DisplayName>1250000000</DisplayName>\n\t\t</Owner>\n";
    let date = "\t\t<LastModified>2024-01-01T00:00:00.000Z</LastModified>\n";
    let expected = format!(
        "<ListVersionsResult>\n\t<EncodingType>url</EncodingType>\n\t<Name>{BUCKET}</Name>\n\t<Prefix/>\n\
         \t<KeyMarker/>\n\t<VersionIdMarker/>\n\t<MaxKeys>2</MaxKeys>\n\t<IsTruncated>true</IsTruncated>\n\
         \t<NextKeyMarker>a%20b</NextKeyMarker>\n\t<NextVersionIdMarker>null</NextVersionIdMarker>\n\
         \t<Version>\n\t\t<Key>a%20b</Key>\n\t\t<VersionId>{id}</VersionId>\n\t\t<IsLatest>true</IsLatest>\n{date}\
         \t\t<ETag>&quot;ee8de918d05640145b18f70f4c3aa602&quot;</ETag>\n\t\t<Size>16</Size>\n\
         \t\t<StorageClass>INTELLIGENT_TIERING</StorageClass>\n\t\t<StorageTier>FREQUENT</StorageTier>\n{owner}\
         \t</Version>\n\t<Version>\n\t\t<Key>a%20b</Key>\n\t\t<VersionId>null</VersionId>\n\
         \t\t<IsLatest>false</IsLatest>\n{date}\t\t<ETag>&quot;9dd4e461268c8034f5c8564e155c67a6&quot;</ETag>\n\
         \t\t<Size>1</Size>\n\t\t<StorageClass>STANDARD</StorageClass>\n{owner}\t</Version>\n</ListVersionsResult>"
    );
    assert_eq!(list.text(), expected);
    let rest = "/?versions&key-marker=a%20b&version-id-marker=null";
    let rest = running.ask(Ask::new("GET", rest)).await;
    let expected = format!(
        "<ListVersionsResult>\n\t<Name>{BUCKET}</Name>\n\t<Prefix/>\n\t<KeyMarker>a b</KeyMarker>\n\
         \t<VersionIdMarker>null</VersionIdMarker>\n\t<MaxKeys>1000</MaxKeys>\n\t<IsTruncated>false</IsTruncated>\n\
         \t<DeleteMarker>\n\t\t<Key>c</Key>\n\t\t<VersionId>{marker}</VersionId>\n\t\t<IsLatest>true</IsLatest>\n\
         {date}{owner}\t</DeleteMarker>\n</ListVersionsResult>"
    );
    assert_eq!(rest.text(), expected);
    running.stop().await;
}

#[tokio::test]
async fn pages_of_versions_join_to_the_whole() {
    let running = Running::start().await;
    set(&running, "Enabled").await;
    let mut ids = Vec::new();
    for key in ["a", "a", "d/x", "d/x", "d/y", "e", "a"] {
        ids.push(format!("{key} {}", version(&running.put(key, b"x").await)));
    }
    let marker = version(&running.ask(Ask::new("DELETE", "/e")).await);
    ids.push(format!("e {marker}"));
    let page = |query: String| running.ask(Ask::new("GET", &format!("/?versions{query}")));
    let whole = [
        "a:6*", "a:1", "a:0", "d/x:3*", "d/x:2", "d/y:4*", "e:7*-", "e:5",
    ];
    assert_eq!(short(&page(String::new()).await, &ids), whole);
    assert_eq!(short(&page("&prefix=d%2F".into()).await, &ids), whole[3..6]);
    assert_eq!(short(&page("&key-marker=a".into()).await, &ids), whole[3..]);
    for (delimiter, expected) in [
        ("", &whole[..]),
        (
            "&delimiter=%2F",
            &["a:6*", "a:1", "a:0", "d/", "e:7*-", "e:5"],
        ),
    ] {
        for size in 1..=9 {
            let (mut seen, mut markers) = (Vec::new(), String::new());
            loop {
                let found = page(format!("&max-keys={size}{delimiter}{markers}")).await;
                let prefixes = found.text().split("<CommonPrefixes>").count() - 1;
                let before = seen.len();
                seen.extend(short(&found, &ids));
                if prefixes > 0 {
                    let at = seen[before..].partition_point(|entry| entry.as_str() < "d/");
                    seen.insert(before + at, "d/".to_owned());
                }
                assert!(seen.len() - before <= size);
                if found.element("IsTruncated") == "false" {
                    break;
                }
                let id = found.text().split("<NextVersionIdMarker>").nth(1);
                let id = id.map_or("", |text| text.split('<').next().unwrap());
                let key = encode(found.element("NextKeyMarker"));
                markers = format!("&key-marker={key}&version-id-marker={id}");
            }
            assert_eq!(seen, expected, "{size}");
        }
    }
    let lone = page("&version-id-marker=x".into()).await;
    assert_eq!(lone.code(), "InvalidArgument");
    running.stop().await;
}

#[tokio::test]
async fn several_objects_go_at_once() {
    let running = Running::start().await;
    let delete = |body: &str| {
        let md5 = STANDARD.encode(Digests::of(body.as_bytes()).md5);
        let ask = Ask::new("POST", "/?delete").header("Content-MD5", md5);
        running.ask(ask.body(body.as_bytes()))
    };
    running.put("a&b", b"x").await;
    let answer = delete(
        "<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>no</Key></Object></Delete>",
    )
    .await;
    let deleted = |inner: &str| format!("\t<Deleted>\n{inner}\t</Deleted>\n");
    let expected = format!(
        "<DeleteResult>\n{}{}</DeleteResult>",
        deleted("\t\t<Key>a&amp;b</Key>\n"),
        deleted("\t\t<Key>no</Key>\n")
    );
    assert_eq!(answer.text(), expected);
    let quiet = "<Delete><Quiet>true</Quiet><Object><Key>no</Key></Object></Delete>";
    assert_eq!(delete(quiet).await.text(), "<DeleteResult/>");

    set(&running, "Enabled").await;
    let id = version(&running.put("k", b"x").await);
    let answer = delete("<Delete><Object><Key>k</Key></Object></Delete>").await;
    let marker = answer.element("DeleteMarkerVersionId").to_owned();
    let both = format!(
        "<Delete><Object><Key>k</Key><VersionId>{id}</VersionId></Object>\
         <Object><VersionId>{marker}</VersionId><Key>k</Key></Object></Delete>"
    );
    let expected = format!(
        "<DeleteResult>\n{}{}</DeleteResult>",
        deleted(&format!(
            "\t\t<Key>k</Key>\n\t\t<VersionId>{id}</VersionId>\n"
        )),
        deleted(&format!(
            "\t\t<Key>k</Key>\n\t\t<DeleteMarker>true</DeleteMarker>\n\
             \t\t<DeleteMarkerVersionId>{marker}</DeleteMarkerVersionId>\n\t\t<VersionId>{marker}</VersionId>\n"
        ))
    );
    assert_eq!(delete(&both).await.text(), expected);
    assert_eq!(
        running.ask(Ask::new("DELETE", "/")).await.status,
        204,
        "all is gone"
    );
    running.stop().await;
}

#[tokio::test]
async fn lists_of_keys_to_delete_are_checked() {
    let running = Running::start().await;
    let body = b"<Delete><Object><Key>k</Key></Object></Delete>";
    let bare = running.ask(Ask::new("POST", "/?delete").body(body)).await;
    assert_eq!((bare.status, bare.code()), (400, "InvalidRequest"));
    assert_eq!(
        bare.element("Message"),
        "Missing required header for this request: Content-MD5"
    );
    let wrong = Ask::new("POST", "/?delete").header("Content-MD5", STANDARD.encode([0; 16]));
    assert_eq!(running.ask(wrong.body(body)).await.code(), "BadDigest");
    let many = format!(
        "<Delete>{}</Delete>",
        "<Object><Key>k</Key></Object>".repeat(1001)
    );
    for (body, message) in [
        (many.as_str(), Some("delete key size is greater than 1000")),
        ("<Delete><Object/></Delete>", None),
        ("<Other/>", None),
        ("<Delete>", None),
    ] {
        let md5 = STANDARD.encode(Digests::of(body.as_bytes()).md5);
        let ask = Ask::new("POST", "/?delete").header("Content-MD5", md5);
        let answer = running.ask(ask.body(body.as_bytes())).await;
        assert_eq!((answer.status, answer.code()), (400, "MalformedXML"));
        assert!(message.is_none_or(|message| answer.element("Message") == message));
    }
    running.stop().await;
}

#[tokio::test]
async fn a_version_can_be_copied() {
    let running = Running::start().await;
    set(&running, "Enabled").await;
    let first = version(&running.put("k", b"first").await);
    running.put("k", b"second").await;
    let marker = version(&running.ask(Ask::new("DELETE", "/k")).await);
    let copy = |version: &str| {
        let source = format!("{HOST}/k{version}");
        running.ask(Ask::new("PUT", "/copy").header("x-cos-copy-source", source))
    };
    let copied = copy(&format!("?versionId={first}")).await;
    assert_eq!(copied.status, 200, "{copied:?}");
    assert_eq!(
        copied.header("x-cos-copy-source-version-id"),
        Some(first.as_str())
    );
    assert_eq!(copied.element("VersionId"), version(&copied));
    assert_eq!(running.get("copy").await.text(), "first");
    assert_eq!(
        copy("").await.status,
        404,
        "the current version is a marker"
    );
    assert_eq!(copy(&format!("?versionId={marker}")).await.status, 400);
    assert_eq!(copy("?versionId=MTg").await.code(), "NoSuchVersion");
    running.stop().await;
}

#[tokio::test]
async fn what_is_rolled_up_is_passed_over() {
    let running = Running::start().await;
    set(&running, "Enabled").await;
    for number in 0..70 {
        running.put(&format!("m/{number:02}"), b"x").await;
    }
    running.put("n", b"x").await;
    let page = |query: &str| {
        let target = format!("/?versions&delimiter=%2F{query}");
        running.ask(Ask::new("GET", &target))
    };
    let first = page("&max-keys=1").await;
    assert_eq!(first.element("NextKeyMarker"), "m/");
    assert!(
        first.text().contains("\t<NextVersionIdMarker/>\n"),
        "{}",
        first.text()
    );
    let rest = page("&max-keys=1&key-marker=m%2F").await;
    assert_eq!(rest.element("IsTruncated"), "false");
    assert_eq!(rest.element("Key"), "n");
    assert!(!rest.text().contains("<CommonPrefixes>"));
    let within = page("&prefix=m%2F&max-keys=3&key-marker=m%2F66").await;
    assert_eq!(within.text().matches("<Version>").count(), 3);
    assert_eq!(within.element("IsTruncated"), "false");
    running.stop().await;
}

#[tokio::test]
async fn what_lies_below_is_found_for_snapshots() {
    let running = Running::start().await;
    running.put("plain", b"1").await;
    let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    running.put_config("versioning", on).await;
    running.put("plain", b"22").await;
    running.put("gone", b"333").await;
    running.ask(Ask::new("DELETE", "/gone")).await;
    let noncurrent = running.cos.noncurrent().await.unwrap();
    let told: Vec<_> = noncurrent
        .iter()
        .map(|noncurrent| {
            let record = &noncurrent.record;
            let what = (record.is_delete_marker(), noncurrent.is_older, record.size);
            (record.key.as_str(), what)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("gone", (true, false, 0)),
            ("gone", (false, true, 3)),
            ("plain", (false, true, 1)),
        ]
    );
    running.stop().await;
}
