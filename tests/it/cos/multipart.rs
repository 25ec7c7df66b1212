//! Uploads in parts.

use std::sync::Arc;

use backlot::base::digest::Digests;
use backlot::cos::Auth;
use backlot::cos::store::{self, Durability, Kind, StoreSettings, contract};
use backlot::fault::NoFaults;

use super::client::{Answered, Ask, BUCKET, HOST, Running};

const MIB: usize = 1 << 20;

async fn initiate(running: &Running, key: &str) -> String {
    let ask = Ask::new("POST", &format!("/{key}?uploads"))
        .header("Content-Type", "video/mp4")
        .header("x-cos-meta-a", "1")
        .header("x-cos-storage-class", "STANDARD_IA");
    let answer = running.ask(ask).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.element("UploadId").to_owned()
}

async fn part(running: &Running, key: &str, id: &str, number: u32, body: &[u8]) -> Answered {
    let target = format!("/{key}?partNumber={number}&uploadId={id}");
    running.ask(Ask::new("PUT", &target).body(body)).await
}

async fn complete(running: &Running, key: &str, id: &str, parts: &[(u32, String)]) -> Answered {
    let parts = parts.iter().map(|(number, etag)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let body = format!(
        "<CompleteMultipartUpload>{}</CompleteMultipartUpload>",
        parts.collect::<String>()
    );
    let target = format!("/{key}?uploadId={id}");
    running
        .ask(Ask::new("POST", &target).body(body.as_bytes()))
        .await
}

fn etag(answer: &Answered) -> String {
    answer.header("ETag").unwrap().to_owned()
}

#[tokio::test]
async fn parts_become_an_object_on_every_store() {
    let body = contract::pattern(2 * MIB + 777);
    let sum = Digests::of(&body).crc64.to_string();
    let mut etags = Vec::new();
    for kind in [Kind::Memory, Kind::Sqlite, Kind::Fs] {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            kind,
            path: folder.path().join("store"),
            durability: Durability::Relaxed,
        };
        let store = store::open(&settings).unwrap();
        let running = Running::with(Arc::new(NoFaults), Auth::Verify, store).await;
        let id = initiate(&running, "v.mp4").await;
        assert_eq!((id.len(), &id[..10]), (74, "1704067200"));
        let mut parts = Vec::new();
        // In no order, and the first one twice.
        for (number, bytes) in [
            (3, &body[2 * MIB..]),
            (1, b"wrong"),
            (2, &body[MIB..2 * MIB]),
            (1, &body[..MIB]),
        ] {
            let answer = part(&running, "v.mp4", &id, number, bytes).await;
            let digests = Digests::of(bytes);
            assert_eq!(etag(&answer), digests.etag());
            let crc64 = answer.header("x-cos-hash-crc64ecma");
            assert_eq!(crc64, Some(digests.crc64.to_string().as_str()));
            parts.retain(|(other, _)| *other != number);
            parts.push((number, etag(&answer)));
        }
        parts.sort_unstable();
        assert_eq!(running.get("v.mp4").await.code(), "NoSuchKey", "not yet");
        let done = complete(&running, "v.mp4", &id, &parts).await;
        assert_eq!(done.status, 200, "{done:?}");
        assert_eq!(done.header("x-cos-hash-crc64ecma"), Some(sum.as_str()));
        let made = done.element("ETag").replace("&quot;", "\"");
        let expected = format!(
            "<?xml version='1.0' encoding='utf-8' ?>\n\
             <CompleteMultipartUploadResult xmlns=\"http://www.qcloud.com/document/product/436/7751\">\n\
             \t<Location>http://{HOST}/v.mp4</Location>\n\t<Bucket>{BUCKET}</Bucket>\n\t<Key>v.mp4</Key>\n\
             \t<ETag>&quot;{}&quot;</ETag>\n</CompleteMultipartUploadResult>",
            made.trim_matches('"')
        );
        assert_eq!(done.text(), expected);
        assert!(made.ends_with("-3\"") && made.len() == 36, "{made}");

        let found = running.get("v.mp4").await;
        assert!(found.body == body);
        for (name, value) in [
            ("ETag", made.as_str()),
            ("x-cos-hash-crc64ecma", &sum),
            ("Content-Type", "video/mp4"),
            ("x-cos-meta-a", "1"),
            ("x-cos-storage-class", "STANDARD_IA"),
        ] {
            assert_eq!(found.header(name), Some(value));
        }
        let ranged = Ask::new("GET", "/v.mp4").header("Range", "bytes=1048570-2097160");
        let ranged = running.ask(ranged).await;
        assert!(ranged.status == 206 && ranged.body == body[1_048_570..=2_097_160]);
        if kind == Kind::Fs {
            let file = settings.path.join(BUCKET).join("v.mp4");
            assert!(std::fs::read(file).unwrap() == body, "one plain file");
        }
        let again = complete(&running, "v.mp4", &id, &parts).await;
        assert_eq!((again.status, again.text()), (200, done.text()));
        assert_eq!(
            part(&running, "v.mp4", &id, 1, b"x").await.code(),
            "NoSuchUpload"
        );
        let names: Vec<_> = {
            let changes = running.changes.lock().unwrap();
            changes
                .iter()
                .map(|change| change.event_name.clone())
                .collect()
        };
        assert_eq!(names, ["cos:ObjectCreated:CompleteMultipartUpload"]);
        etags.push(made);
        running.stop().await;
    }
    etags.dedup();
    assert_eq!(etags.len(), 1, "the same in every run");
}

#[tokio::test]
async fn lists_of_parts_are_judged() {
    let running = Running::start().await;
    let id = initiate(&running, "k").await;
    let mut etags = Vec::new();
    for (number, body) in [
        (1, vec![1; MIB]),
        (2, vec![2; 10]),
        (3, vec![3; MIB]),
        (5, vec![5; 10]),
    ] {
        etags.push(etag(&part(&running, "k", &id, number, &body).await));
    }
    let list = |numbers: &[(u32, usize)]| -> Vec<_> {
        numbers
            .iter()
            .map(|(number, at)| (*number, etags[*at].clone()))
            .collect()
    };
    for (numbers, code) in [
        (list(&[(2, 1), (1, 0)]), "InvalidPartOrder"),
        (list(&[(1, 0), (2, 0)]), "InvalidPart"),
        (list(&[(3, 2), (4, 3)]), "InvalidPart"),
        (list(&[(3, 2), (5, 3)]), "InvalidPart"),
        (list(&[(1, 0), (2, 1), (3, 2)]), "EntityTooSmall"),
        (vec![], "MalformedXML"),
    ] {
        let answer = complete(&running, "k", &id, &numbers).await;
        assert_eq!((answer.status, answer.code()), (400, code));
    }
    let unknown = complete(&running, "k", "0123", &list(&[(1, 0)])).await;
    assert_eq!((unknown.status, unknown.code()), (404, "NoSuchUpload"));
    for number in ["0", "10001", "x", ""] {
        let target = format!("/k?partNumber={number}&uploadId={id}");
        let answer = running.ask(Ask::new("PUT", &target).body(b"x")).await;
        assert_eq!((answer.status, answer.code()), (400, "InvalidArgument"));
    }
    let full = running.ask(Ask::new("DELETE", "/")).await;
    assert_eq!(full.code(), "BucketNotEmpty", "uploads count");
    let target = format!("/k?uploadId={id}");
    assert_eq!(running.ask(Ask::new("DELETE", &target)).await.status, 204);
    assert_eq!(
        running.ask(Ask::new("DELETE", &target)).await.code(),
        "NoSuchUpload"
    );
    assert_eq!(running.ask(Ask::new("DELETE", "/")).await.status, 204);
    running.stop().await;
}

#[tokio::test]
async fn parts_are_listed_page_by_page() {
    let running = Running::start().await;
    let id = initiate(&running, "a%20b").await;
    for number in [1, 2, 7] {
        part(&running, "a%20b", &id, number, b"x").await;
    }
    let ask = |query: String| running.ask(Ask::new("GET", &format!("/a%20b?uploadId={id}{query}")));
    let page = ask("&max-parts=1&part-number-marker=1&encoding-type=url".into()).await;
    let expected = format!(
        "<ListPartsResult>\n\t<Bucket>{BUCKET}</Bucket>\n\t<EncodingType>url</EncodingType>\n\t<Key>a%20b</Key>\n\
         \t<UploadId>{id}</UploadId>\n\t<Owner>\n\t\t<ID>1250000000</ID>\n\t\t<DisplayName>1250000000</DisplayName>\n\
         \t</Owner>\n\t<PartNumberMarker>1</PartNumberMarker>\n\t<Initiator>\n\
         \t\t<ID>qcs::cam::uin/100000000001:uin/100000000001</ID>\n\t\t<DisplayName>100000000001</DisplayName>\n\
         \t</Initiator>\n\t<Part>\n\t\t<PartNumber>2</PartNumber>\n\
         \t\t<LastModified>2024-01-01T00:00:00.000Z</LastModified>\n\
         \t\t<ETag>&quot;9dd4e461268c8034f5c8564e155c67a6&quot;</ETag>\n\t\t<Size>1</Size>\n\t</Part>\n\
         \t<NextPartNumberMarker>2</NextPartNumberMarker>\n\t<StorageClass>STANDARD_IA</StorageClass>\n\
         \t<MaxParts>1</MaxParts>\n\t<IsTruncated>true</IsTruncated>\n</ListPartsResult>"
    );
    assert_eq!(page.text(), expected);
    let rest = ask("&part-number-marker=2".into()).await;
    assert!(rest.text().contains("<EncodingType/>") && rest.text().contains("<PartNumber>7<"));
    assert_eq!(rest.element("IsTruncated"), "false");
    assert_eq!(rest.element("MaxParts"), "1000");
    let empty = running.ask(Ask::new("GET", "/k?uploadId=")).await;
    assert_eq!(
        (empty.status, empty.code()),
        (400, "ListPartUploadIdIsEmpty")
    );
    let unknown = running.ask(Ask::new("GET", "/k?uploadId=1")).await;
    assert_eq!((unknown.status, unknown.code()), (404, "NoSuchUpload"));
    running.stop().await;
}

#[tokio::test]
async fn uploads_are_listed_page_by_page() {
    let running = Running::start().await;
    let mut ids = Vec::new();
    for key in ["a", "a", "d/x", "d/y", "e"] {
        ids.push(initiate(&running, key).await);
    }
    ids[..2].sort();
    let ask = |query: String| running.ask(Ask::new("GET", &format!("/?uploads{query}")));
    let first = ask("&max-uploads=1".into()).await;
    let person = |name: &str| {
        format!(
            "\t\t<{name}>\n\t\t\t<ID>qcs::cam::uin/100000000001:uin/100000000001</ID>\n\
             \t\t\t<DisplayName>100000000001</DisplayName>\n\t\t</{name}>\n"
        )
    };
    let expected = format!(
        "<ListMultipartUploadsResult>\n\t<Bucket>{BUCKET}</Bucket>\n\t<Encoding-Type/>\n\t<KeyMarker/>\n\
         \t<UploadIdMarker/>\n\t<NextKeyMarker>a</NextKeyMarker>\n\t<NextUploadIdMarker>{0}</NextUploadIdMarker>\n\
         \t<MaxUploads>1</MaxUploads>\n\t<IsTruncated>true</IsTruncated>\n\t<Prefix/>\n\t<Delimiter/>\n\t<Upload>\n\
         \t\t<Key>a</Key>\n\t\t<UploadId>{0}</UploadId>\n\t\t<StorageClass>STANDARD_IA</StorageClass>\n{1}{2}\
         \t\t<Initiated>2024-01-01T00:00:00.000Z</Initiated>\n\t</Upload>\n</ListMultipartUploadsResult>",
        ids[0],
        person("Initiator"),
        person("Owner")
    );
    assert_eq!(first.text(), expected);
    let mut seen = Vec::new();
    let mut markers = String::new();
    loop {
        let page = ask(format!("&max-uploads=1&delimiter=%2F{markers}")).await;
        for name in ["UploadId", "Prefix"] {
            let found = page.text().split(&format!("<{name}>")).nth(1);
            seen.extend(found.map(|text| text.split('<').next().unwrap().to_owned()));
        }
        if page.element("IsTruncated") == "false" {
            break;
        }
        let id = page.text().split("<NextUploadIdMarker>").nth(1);
        let id = id.map_or("", |text| text.split('<').next().unwrap());
        markers = format!(
            "&key-marker={}&upload-id-marker={id}",
            super::client::encode(page.element("NextKeyMarker"))
        );
    }
    assert_eq!(seen, [&ids[0], &ids[1], "d/", &ids[4]]);
    let prefixed = ask("&prefix=d%2F&key-marker=d%2Fx".into()).await;
    assert_eq!(prefixed.text().matches("<Upload>").count(), 1);
    assert_eq!(prefixed.element("UploadId"), ids[3]);
    assert_eq!(ask("&delimiter=ab".into()).await.code(), "InvalidDelimiter");
    running.stop().await;
}

#[tokio::test]
async fn bytes_of_objects_become_parts() {
    let running = Running::start().await;
    let body = contract::pattern(MIB + 500);
    running.put("source", &body).await;
    let id = initiate(&running, "k").await;
    let copy = |number: u32, range: &str, more: &str| {
        let target = format!("/k?partNumber={number}&uploadId={id}");
        let ask = Ask::new("PUT", &target)
            .header("x-cos-copy-source", format!("{HOST}/source"))
            .header("x-cos-copy-source-range", range)
            .header("x-cos-copy-source-If-Match", more);
        running.ask(ask)
    };
    let first = copy(1, "bytes=0-1048575", "").await;
    let digests = Digests::of(&body[..MIB]);
    let expected = format!(
        "<?xml version='1.0' encoding='utf-8' ?>\n<CopyPartResult>\n\t<ETag>&quot;{}&quot;</ETag>\n\
         \t<LastModified>2024-01-01T00:00:00Z</LastModified>\n\t<CRC64>{}</CRC64>\n</CopyPartResult>",
        digests.etag().trim_matches('"'),
        digests.crc64
    );
    assert_eq!(first.text(), expected);
    let second = copy(2, "", "").await;
    assert_eq!(copy(3, "bytes=0-1049076", "").await.code(), "InvalidRange");
    assert_eq!(copy(3, "bytes=5-4", "").await.code(), "InvalidArgument");
    assert_eq!(copy(3, "", "\"x\"").await.code(), "PreconditionFailed");
    let tag = |answer: &Answered| answer.element("ETag").replace("&quot;", "");
    let parts = [(1, tag(&first)), (2, tag(&second))];
    assert_eq!(complete(&running, "k", &id, &parts).await.status, 200);
    assert!(running.get("k").await.body == [&body[..MIB], &body].concat());
    running.stop().await;
}

#[tokio::test]
async fn an_upload_may_be_told_not_to_overwrite() {
    let running = Running::start().await;
    let initiate =
        || running.ask(Ask::new("POST", "/k?uploads").header("x-cos-forbid-overwrite", "true"));
    let id = initiate().await.element("UploadId").to_owned();
    let tag = etag(&part(&running, "k", &id, 1, b"part").await);
    running.put("k", b"first").await;
    let late = complete(&running, "k", &id, &[(1, tag)]).await;
    assert_eq!((late.status, late.code()), (409, "FileAlreadyExists"));
    assert_eq!(initiate().await.code(), "FileAlreadyExists");
    assert_eq!(running.get("k").await.text(), "first");
    running.stop().await;
}
