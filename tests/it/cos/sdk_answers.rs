//! What clients expect back, in cases that documents leave open or leave out.

use super::client::{Ask, BUCKET, HOST, Running, encode};
use super::config::squeezed;

/// The content type of an object.
async fn type_of(running: &Running, key: &str) -> String {
    let head = running
        .ask(Ask::new("HEAD", &format!("/{}", encode(key))))
        .await;
    head.header("Content-Type").unwrap().to_owned()
}

#[tokio::test]
async fn the_content_type_follows_the_key_unless_it_is_sent() {
    let running = Running::start().await;
    for (key, expected) in [
        ("a.zip", "application/zip"),
        ("dir/a.TXT", "text/plain"),
        ("a", "application/octet-stream"),
    ] {
        running.put(key, b"x").await;
        assert_eq!(type_of(&running, key).await, expected, "{key}");
    }
    let put = |target: &str, header: (&str, &str)| {
        let ask = Ask::new("PUT", target).body(b"x");
        ask.unsigned_header(header.0, header.1)
    };
    running.ask(put("/e.zip", ("Content-Type", ""))).await;
    assert_eq!(type_of(&running, "e.zip").await, "application/zip");
    running.ask(put("/s.zip", ("Content-Type", "a/b"))).await;
    assert_eq!(type_of(&running, "s.zip").await, "a/b");

    running
        .ask(Ask::new("POST", "/log.json?append&position=0").body(b"x"))
        .await;
    assert_eq!(type_of(&running, "log.json").await, "application/json");

    // A copy keeps the type of its source, unless its metadata is replaced.
    let copy =
        |target: &str| Ask::new("PUT", target).header("x-cos-copy-source", format!("{HOST}/s.zip"));
    running.ask(copy("/copy.txt")).await;
    assert_eq!(type_of(&running, "copy.txt").await, "a/b");
    running
        .ask(copy("/new.txt").header("x-cos-metadata-directive", "Replaced"))
        .await;
    assert_eq!(type_of(&running, "new.txt").await, "text/plain");

    let begun = running.ask(Ask::new("POST", "/v.mp4?uploads")).await;
    let id = begun.element("UploadId").to_owned();
    let part = running
        .ask(Ask::new("PUT", &format!("/v.mp4?partNumber=1&uploadId={id}")).body(b"x"))
        .await;
    let etag = part.header("ETag").unwrap();
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = Ask::new("POST", &format!("/v.mp4?uploadId={id}")).body(list.as_bytes());
    assert_eq!(running.ask(done).await.status, 200);
    assert_eq!(type_of(&running, "v.mp4").await, "video/mp4");

    let form = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nup/${filename}\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"; filename=\"p.png\"\r\nContent-Type: x/y\r\n\r\nx\r\n--b--\r\n";
    let post = Ask::new("POST", "/")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(form.as_bytes());
    assert_eq!(running.ask(post).await.status, 204);
    assert_eq!(type_of(&running, "up/p.png").await, "image/png");
    running.stop().await;
}

#[tokio::test]
async fn user_metadata_without_a_value_is_kept() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/k")
        .body(b"x")
        .unsigned_header("x-cos-meta-a", "")
        .unsigned_header("x-cos-meta-b", "1")
        .unsigned_header("Cache-Control", "");
    assert_eq!(running.ask(put).await.status, 200);
    let found = running.get("k").await;
    assert_eq!(found.header("x-cos-meta-a"), Some(""));
    assert_eq!(found.header("x-cos-meta-b"), Some("1"));
    assert_eq!(found.header("Cache-Control"), None);
    running.stop().await;
}

#[tokio::test]
async fn the_older_name_of_default_encryption_means_the_same() {
    let running = Running::start().await;
    let body = |name: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule><{name}><SSEAlgorithm>AES256</SSEAlgorithm></{name}></Rule>\
             </ServerSideEncryptionConfiguration>"
        )
    };
    let put = running
        .put_config("encryption", &body("ApplySideEncryptionConfiguration"))
        .await;
    assert_eq!(put.status, 200, "{put:?}");
    let shown = running.get_config("encryption").await;
    assert_eq!(
        squeezed(shown.text()),
        body("ApplyServerSideEncryptionByDefault")
    );
    running.put("k", b"x").await;
    let found = running.get("k").await;
    assert_eq!(found.header("x-cos-server-side-encryption"), Some("AES256"));
    running.stop().await;
}

#[tokio::test]
async fn removed_referer_rules_leave_an_empty_document() {
    let running = Running::start().await;
    let empty = "<RefererConfiguration/>";
    let rules = "<RefererConfiguration><Status>Enabled</Status><RefererType>White-List</RefererType>\
                 <DomainList><Domain>a.example</Domain></DomainList></RefererConfiguration>";
    let before = running.get_config("referer").await;
    assert_eq!((before.status, before.text()), (200, empty));
    assert_eq!(running.put_config("referer", rules).await.status, 200);
    running.put("k", b"x").await;
    assert_eq!(running.get("k").await.status, 403);
    assert_eq!(running.put_config("referer", "").await.status, 200);
    let after = running.get_config("referer").await;
    assert_eq!((after.status, after.text()), (200, empty));
    assert_eq!(running.get("k").await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn pages_of_buckets_say_where_they_began() {
    let running = Running::start().await;
    running
        .cos
        .create_bucket("b-1250000000", "ap-guangzhou")
        .await
        .unwrap();
    let page = |query: &str| {
        let target = format!("/?{query}");
        running.ask(Ask::new("GET", &target).host("service.cos.myqcloud.com"))
    };
    let first = page("max-keys=1").await;
    assert!(first.text().contains("\t<Marker/>\n"), "{first:?}");
    assert_eq!(first.element("IsTruncated"), "true");
    assert_eq!(first.element("NextMarker"), BUCKET);
    let second = page(&format!("max-keys=1&marker={BUCKET}")).await;
    assert_eq!(second.element("Marker"), BUCKET);
    assert_eq!(second.element("IsTruncated"), "false");
    assert!(!second.text().contains("NextMarker"), "{second:?}");
    running.stop().await;
}

#[tokio::test]
async fn buckets_of_other_kinds_are_created_as_ordinary_ones_and_recorded() {
    let running = Running::start().await;
    let put = |name: &str, inner: &str| {
        let host = format!("{name}-1250000000.cos.ap-guangzhou.myqcloud.com");
        let body = format!("<CreateBucketConfiguration>{inner}</CreateBucketConfiguration>");
        running.ask(Ask::new("PUT", "/").host(&host).body(body.as_bytes()))
    };
    let ofs = put("ofs", "<BucketArchConfig>OFS</BucketArchConfig>").await;
    assert_eq!(ofs.status, 200, "{ofs:?}");
    let head = Ask::new("HEAD", "/").host("ofs-1250000000.cos.ap-guangzhou.myqcloud.com");
    let head = running.ask(head).await;
    assert_eq!((head.status, head.header("x-cos-bucket-arch")), (200, None));
    let cold = put("ia", "<BucketStorageClass>STANDARD_IA</BucketStorageClass>").await;
    assert_eq!(cold.status, 200, "{cold:?}");
    let bad = put("bad", "<BucketArchConfig>NFS</BucketArchConfig>").await;
    assert_eq!((bad.status, bad.code()), (400, "MalformedXML"));
    let unsupported = running.unsupported().into_iter();
    let features: Vec<_> = unsupported.map(|(feature, _)| feature).collect();
    assert_eq!(features, ["BucketArchConfig", "BucketStorageClass"]);
    running.stop().await;
}

#[tokio::test]
async fn inventories_keep_the_order_of_their_creation() {
    let running = Running::start().await;
    let body = |id: &str, flag: &str| {
        format!(
            "<InventoryConfiguration><Id>{id}</Id><IsEnabled>{flag}</IsEnabled><Destination><COSBucketDestination>\
             <Format>CSV</Format><Bucket>qcs::cos:ap-guangzhou::{BUCKET}</Bucket></COSBucketDestination></Destination>\
             <Schedule><Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All</IncludedObjectVersions>\
             </InventoryConfiguration>"
        )
    };
    let put = async |id: &str, flag: &str| {
        let name = format!("inventory&id={id}");
        running.put_config(&name, &body(id, flag)).await
    };
    let numbers = || (0..105).rev();
    for number in numbers() {
        assert_eq!(put(&format!("i{number}"), "true").await.status, 200);
    }
    // Some clients write the literals of their language. A configuration that is replaced stays in its place.
    assert_eq!(put("i7", "True").await.status, 200);
    assert_eq!(put("i8", "FALSE").await.status, 200);
    assert_eq!(put("i9", "yes").await.code(), "MalformedXML");
    let shown = running.get_config("inventory&id=i7").await;
    assert_eq!(squeezed(shown.text()), body("i7", "True"));

    let ids = |text: &str| {
        let after = text.split("<Id>").skip(1);
        let ids = after.map(|rest| rest.split_once('<').unwrap().0.to_owned());
        ids.collect::<Vec<_>>()
    };
    let first = running.get_config("inventory").await;
    let token = first.element("NextContinuationToken").to_owned();
    let mut found = ids(first.text());
    assert_eq!(found.len(), 100);
    // The end of a page may be removed before the next page is asked for.
    let last = found.last().unwrap();
    assert_eq!(
        running
            .delete_config(&format!("inventory&id={last}"))
            .await
            .status,
        204
    );
    let target = format!("inventory&continuation-token={}", encode(&token));
    let second = running.get_config(&target).await;
    assert_eq!(second.element("IsTruncated"), "false");
    found.extend(ids(second.text()));
    let expected: Vec<_> = numbers().map(|number| format!("i{number}")).collect();
    assert_eq!(found, expected);
    let wrong = running.get_config("inventory&continuation-token=x").await;
    assert_eq!((wrong.status, wrong.code()), (400, "InvalidArgument"));
    running.stop().await;
}

#[tokio::test]
async fn lifecycle_rules_without_an_id_get_one() {
    let running = Running::start().await;
    let rule = |id: &str, prefix: &str| {
        format!(
            "<Rule>{id}<Filter><Prefix>{prefix}</Prefix></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>"
        )
    };
    let body = format!(
        "<LifecycleConfiguration>{}{}{}</LifecycleConfiguration>",
        rule("", "a"),
        rule("<ID>mine</ID>", "b"),
        rule("<ID/>", "a")
    );
    assert_eq!(running.put_config("lifecycle", &body).await.status, 200);
    let shown = running.get_config("lifecycle").await;
    let text = shown.text();
    let ids: Vec<_> = text
        .split("<ID>")
        .skip(1)
        .map(|rest| rest.split_once('<').unwrap().0)
        .collect();
    assert_eq!((ids.len(), ids[1]), (3, "mine"));
    assert!(
        ids.iter().all(|id| !id.is_empty()) && ids[0] != ids[2],
        "{ids:?}"
    );
    // What is shown can be put again.
    assert_eq!(running.put_config("lifecycle", text).await.status, 200);
    assert_eq!(running.get_config("lifecycle").await.text(), text);
    running.stop().await;
}

#[tokio::test]
async fn the_top_level_of_a_policy_is_shown_in_one_spelling() {
    let running = Running::start().await;
    let statement = "[{\"effect\":\"allow\",\"principal\":{\"qcs\":[\"*\"]},\"action\":[\"name/cos:GetObject\"],\"resource\":[\"*\"]}]";
    let put = format!("{{\"version\":\"2.0\",\"statement\":{statement}}}");
    assert_eq!(running.put_config("policy", &put).await.status, 204);
    let shown = running.get_config("policy").await;
    assert_eq!(
        shown.text(),
        format!("{{\"version\":\"2.0\",\"Statement\":{statement}}}")
    );
    running.stop().await;
}

#[tokio::test]
async fn grants_are_shown_as_they_were_given() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let permissions = async |target: &str| {
        let shown = running.ask(Ask::new("GET", target)).await;
        let after = shown.text().split("<Permission>").skip(1);
        let found = after.map(|rest| rest.split_once('<').unwrap().0.to_owned());
        found.collect::<Vec<_>>()
    };
    for target in ["/?acl", "/k?acl"] {
        assert_eq!(permissions(target).await, ["FULL_CONTROL"], "the owner's");
        let put =
            |name: &str, value: &str| running.ask(Ask::new("PUT", target).header(name, value));
        let grantee = "id=\"qcs::cam::uin/2:uin/2\"";
        assert_eq!(put("x-cos-grant-read", grantee).await.status, 200);
        assert_eq!(permissions(target).await, ["READ"]);
        let shown = running.ask(Ask::new("GET", target)).await;
        let again = Ask::new("PUT", target).body(&shown.body);
        assert_eq!(running.ask(again).await.status, 200);
        assert_eq!(permissions(target).await, ["READ"]);
        assert_eq!(put("x-cos-acl", "public-read").await.status, 200);
        assert_eq!(permissions(target).await, ["READ"]);
        assert_eq!(put("x-cos-acl", "private").await.status, 200);
        assert_eq!(permissions(target).await, ["FULL_CONTROL"]);
        // The owner still may do everything.
        assert_eq!(running.get("k").await.status, 200);
    }
    running.stop().await;
}

#[tokio::test]
async fn a_key_id_with_spaces_is_another_one() {
    let running = Running::start().await;
    let bytes = Ask::new("GET", "/").to_bytes(&running);
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("&q-sign-time", " &q-sign-time"),
        ("q-ak=", "q-ak= "),
        ("q-ak=", "q-ak=%20"),
        ("AKIDEXAMPLE", "example.id"),
    ] {
        let changed = text.replacen(from, to, 1);
        let answer = running.exchange(changed.as_bytes(), false).await;
        assert_eq!((answer.status, answer.code()), (403, "InvalidAccessKeyId"));
        let message = "The access Key Id format you provided is invalid.";
        assert_eq!(answer.element("Message"), message, "{to}");
    }
    let unknown = text.replacen("AKIDEXAMPLE", "AKIDOTHER", 1);
    let unknown = running.exchange(unknown.as_bytes(), false).await;
    assert!(unknown.element("Message").contains("does not exist"));
    // Spaces in lists are tolerated.
    let list = text.replacen("q-header-list=host", "q-header-list= host ", 1);
    assert_eq!(running.exchange(list.as_bytes(), false).await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn a_pattern_of_headers_is_answered_with_their_names() {
    let running = Running::start().await;
    let rule = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
                <AllowedHeader>x-cos-*</AllowedHeader><AllowedHeader>Range</AllowedHeader></CORSRule></CORSConfiguration>";
    assert_eq!(running.put_config("cors", rule).await.status, 200);
    let preflight = |headers: &'static str| {
        let ask = Ask::new("OPTIONS", "/k")
            .unsigned()
            .header("Origin", "https://a.example")
            .header("Access-Control-Request-Method", "PUT")
            .header("Access-Control-Request-Headers", headers);
        running.ask(ask)
    };
    let allowed = preflight("x-cos-meta-a, Range").await;
    assert_eq!(allowed.status, 200, "{allowed:?}");
    let headers = allowed.header("Access-Control-Allow-Headers");
    assert_eq!(headers, Some("x-cos-meta-a,range"));
    assert_eq!(preflight("x-other").await.status, 403);
    running.stop().await;
}

#[tokio::test]
async fn locations_are_urls() {
    let running = Running::start().await;
    let begun = running.ask(Ask::new("POST", "/mp%20%C3%A9?uploads")).await;
    let id = begun.element("UploadId").to_owned();
    let part = format!("/mp%20%C3%A9?partNumber=1&uploadId={id}");
    let part = running.ask(Ask::new("PUT", &part).body(b"x")).await;
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag><![CDATA[{}]]></ETag></Part></CompleteMultipartUpload>",
        part.header("ETag").unwrap()
    );
    let done = Ask::new("POST", &format!("/mp%20%C3%A9?uploadId={id}")).body(list.as_bytes());
    let done = running.ask(done).await;
    assert_eq!(
        done.element("Location"),
        format!("http://{HOST}/mp%20%C3%A9")
    );
    assert_eq!(done.element("Key"), "mp é");

    let form = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nf é\r\n--b\r\n\
                Content-Disposition: form-data; name=\"success_action_status\"\r\n\r\n201\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n";
    let post = Ask::new("POST", "/")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(form.as_bytes());
    let posted = running.ask(post).await;
    let location = format!("http://{HOST}/f%20%C3%A9");
    assert_eq!(posted.status, 201, "{posted:?}");
    assert_eq!(posted.element("Location"), location);
    assert_eq!(posted.header("Location"), Some(location.as_str()));
    running.stop().await;
}

#[tokio::test]
async fn a_part_number_of_a_reader_is_recorded() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let found = running.ask(Ask::new("GET", "/k?partNumber=1")).await;
    assert_eq!((found.status, found.text()), (200, "x"));
    let expected = [("partNumber".to_owned(), format!("{BUCKET}/k"))];
    assert_eq!(running.unsupported(), expected);
    running.stop().await;
}
