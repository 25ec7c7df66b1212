//! Sub-resources of buckets: what is special about each.

use super::client::{Ask, BUCKET, HOST, Running};
use super::config::{DOMAIN, squeezed};

const REPLICATION: &str = "<ReplicationConfiguration><Role>qcs::cam::uin/1:uin/1</Role><Rule><Status>Enabled</Status>\
    <ID>r</ID><Prefix/><Destination><Bucket>qcs::cos:ap-beijing::other-1250000000</Bucket></Destination></Rule>\
    </ReplicationConfiguration>";

#[tokio::test]
async fn a_policy_is_kept_byte_for_byte() {
    let running = Running::start().await;
    assert_eq!(running.get_config("policy").await.code(), "NoSuchPolicy");
    let policy = "{\"Statement\": [ {\"Effect\":\"allow\",\"Action\":[\"name/cos:GetObject\"]}],\n \"version\":\"2.0\"}";
    assert_eq!(running.put_config("policy", policy).await.status, 204);
    let found = running.get_config("policy").await;
    assert_eq!((found.status, found.text()), (200, policy));
    assert_eq!(found.header("Content-Type"), Some("application/xml"));
    let bad = running.put_config("policy", "{\"version\":\"2.0\"}").await;
    assert_eq!((bad.status, bad.code()), (400, "MalformedPolicy"));
    assert_eq!(running.delete_config("policy").await.status, 204);
    assert_eq!(running.get_config("policy").await.status, 404);
    running.stop().await;
}

#[tokio::test]
async fn inventories_are_listed_in_pages() {
    let running = Running::start().await;
    let body = |id: &str| {
        format!(
            "<InventoryConfiguration><Id>{id}</Id><IsEnabled>true</IsEnabled><Destination><COSBucketDestination>\
             <Format>CSV</Format><Bucket>qcs::cos:ap-guangzhou::archive-1250000000</Bucket><Encryption><SSE-COS/></Encryption>\
             </COSBucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule>\
             <IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>"
        )
    };
    let empty = running.get_config("inventory").await;
    assert_eq!(
        squeezed(empty.text()),
        "<ListInventoryConfigurationResult><IsTruncated>false</IsTruncated></ListInventoryConfigurationResult>"
    );
    let missing = running.get_config("inventory&id=i").await;
    assert_eq!(
        (missing.status, missing.code()),
        (404, "InventoryConfigurationNotFoundError")
    );
    for number in 0..101 {
        let id = format!("i{number:03}");
        let put = running
            .put_config(&format!("inventory&id={id}"), &body(&id))
            .await;
        assert_eq!(put.status, 200, "{put:?}");
    }
    let one = running.get_config("inventory&id=i007").await;
    assert_eq!(squeezed(one.text()), body("i007"));
    let first = running.get_config("inventory").await;
    assert_eq!(first.text().matches("<Id>").count(), 100);
    assert_eq!(first.element("IsTruncated"), "true");
    let token = first.element("NextContinuationToken").to_owned();
    let second = running
        .get_config(&format!("inventory&continuation-token={token}"))
        .await;
    assert_eq!(
        (second.element("Id"), second.element("IsTruncated")),
        ("i100", "false")
    );

    let other = running.put_config("inventory&id=x", &body("y")).await;
    assert_eq!((other.status, other.code()), (400, "InvalidArgument"));
    assert_eq!(
        running.put_config("inventory", &body("y")).await.code(),
        "InvalidArgument"
    );
    let one_time = |id: &'static str| {
        let ask = Ask::new("POST", &format!("/?inventory&id={id}"));
        let ask = ask.body(body(id).as_bytes());
        running.ask(ask)
    };
    assert_eq!(one_time("once").await.status, 200);
    for taken in ["once", "i000"] {
        let again = one_time(taken).await;
        assert_eq!((again.status, again.code()), (409, "DuplicateInventoryId"));
    }
    assert_eq!(running.delete_config("inventory&id=i000").await.status, 204);
    assert_eq!(running.get_config("inventory&id=i000").await.status, 404);
    running.stop().await;
}

#[tokio::test]
async fn replication_needs_versions() {
    let running = Running::start().await;
    let refused = running.put_config("replication", REPLICATION).await;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "InvalidBucketState")
    );
    let missing = running.get_config("replication").await;
    assert_eq!(
        (missing.status, missing.code()),
        (404, "ReplicationConfigurationNotFoundError")
    );
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    running.put_config("versioning", enabled).await;
    assert_eq!(
        running.put_config("replication", REPLICATION).await.status,
        200
    );
    let found = running.get_config("replication").await;
    assert_eq!(squeezed(found.text()), REPLICATION);
    let created = found.header("x-cos-replication-rule-creation-time");
    assert_eq!(created, Some("Mon, 01 Jan 2024 00:00:00 GMT"));
    running.stop().await;
}

#[tokio::test]
async fn logs_go_to_a_bucket_of_the_same_region() {
    let running = Running::start().await;
    running
        .cos
        .create_bucket("far-1250000000", "ap-beijing")
        .await
        .unwrap();
    let to = |bucket: &str| {
        format!(
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{bucket}</TargetBucket></LoggingEnabled></BucketLoggingStatus>"
        )
    };
    for target in ["none-1250000000", "far-1250000000"] {
        let refused = running.put_config("logging", &to(target)).await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, "InvalidTargetBucketForLogging")
        );
    }
    assert_eq!(running.put_config("logging", &to(BUCKET)).await.status, 200);
    assert_eq!(
        running
            .put_config("logging", "<BucketLoggingStatus/>")
            .await
            .status,
        200
    );
    assert_eq!(
        running.get_config("logging").await.text(),
        "<BucketLoggingStatus/>"
    );
    running.stop().await;
}

#[tokio::test]
async fn retention_can_only_be_extended() {
    let running = Running::start().await;
    let put = |date: &str| {
        let body = format!("<Retention><RetainUntilDate>{date}</RetainUntilDate></Retention>");
        running.ask(Ask::new("PUT", "/k?retention").body(body.as_bytes()))
    };
    let get = || running.ask(Ask::new("GET", "/k?retention"));
    assert_eq!(get().await.code(), "NoSuchKey");
    assert_eq!(put("2024-02-01T00:00:00.000Z").await.code(), "NoSuchKey");
    running.put("k", b"x").await;
    assert_eq!(get().await.code(), "NoSuchObjectLockConfiguration");
    assert_eq!(put("2024-02-01T00:00:00.000Z").await.status, 200);
    assert_eq!(
        get().await.element("RetainUntilDate"),
        "2024-02-01T00:00:00.000Z"
    );
    let shorter = put("2024-01-01T00:00:00.000Z").await;
    assert_eq!((shorter.status, shorter.code()), (409, "InvalidLockedTime"));
    assert_eq!(put("soon").await.code(), "MalformedXML");
    assert_eq!(running.unsupported(), [], "it has an effect");
    running.stop().await;
}

#[tokio::test]
async fn tiering_rules_may_have_ids() {
    let running = Running::start().await;
    let rule = "<IntelligentTieringConfiguration><Status>Enabled</Status></IntelligentTieringConfiguration>";
    let put = running.put_config("intelligent-tiering&id=a", rule).await;
    assert_eq!(put.status, 200);
    for (query, is_there) in [
        ("intelligenttiering&id=a", true),
        ("intelligent-tiering&id=b", false),
        ("intelligent-tiering", false),
    ] {
        let found = running.get_config(query).await;
        assert_eq!(found.status, 200);
        assert_eq!(found.text().contains("Enabled"), is_there, "{query}");
    }
    let bad = running.put_config("intelligent-tiering&id=a/b", rule).await;
    assert_eq!(bad.code(), "InvalidArgument");
    running.stop().await;
}

#[tokio::test]
async fn a_domain_belongs_to_one_bucket() {
    let running = Running::start().await;
    running.put_config("domain", DOMAIN).await;
    let found = running.get_config("domain").await;
    let published = found.header("x-cos-domain-txt-verification").unwrap();
    assert!(
        published.starts_with("tencent-cloud-cos-verification="),
        "{published}"
    );
    assert_eq!(
        running.put_config("domain", DOMAIN).await.status,
        200,
        "it is ours"
    );
    running
        .cos
        .create_bucket("other-1250000000", "ap-guangzhou")
        .await
        .unwrap();
    let host = HOST.replace("archive", "other");
    let ask = Ask::new("PUT", "/?domain")
        .host(&host)
        .body(DOMAIN.as_bytes());
    let taken = running.ask(ask).await;
    assert_eq!((taken.status, taken.code()), (409, "DomainConfigConflict"));
    running.stop().await;
}

#[tokio::test]
async fn tags_are_limited_and_select_buckets() {
    let running = Running::start().await;
    let many: Vec<_> = (0..51)
        .map(|number| format!("<Tag><Key>k{number}</Key><Value>v</Value></Tag>"))
        .collect();
    let many = format!("<Tagging><TagSet>{}</TagSet></Tagging>", many.concat());
    assert_eq!(
        running.put_config("tagging", &many).await.code(),
        "InvalidTag"
    );

    let host = HOST.replace("archive", "tagged");
    let ask = Ask::new("PUT", "/")
        .host(&host)
        .header("x-cos-tagging", "team=a%20b&x=1");
    assert_eq!(running.ask(ask).await.status, 200);
    let ask = Ask::new("GET", "/?tagging").host(&host);
    assert_eq!(running.ask(ask).await.element("Value"), "a b");
    let service = |query: &str| {
        running.ask(Ask::new("GET", &format!("/?{query}")).host("service.cos.myqcloud.com"))
    };
    let found = service("tagkey=team&tagvalue=a%20b").await;
    assert!(
        found.text().contains("tagged-1250000000") && !found.text().contains(BUCKET),
        "{found:?}"
    );
    assert!(
        !service("tagkey=team&tagvalue=b")
            .await
            .text()
            .contains("<Name>")
    );
    assert_eq!(service("tagkey=team").await.code(), "InvalidArgument");
    let page = service("max-keys=1").await;
    assert_eq!(
        (page.element("IsTruncated"), page.element("NextMarker")),
        ("true", BUCKET)
    );
    let next = service(&format!("max-keys=1&marker={BUCKET}")).await;
    assert_eq!(
        (next.element("Name"), next.element("IsTruncated")),
        ("tagged-1250000000", "false")
    );
    running.stop().await;
}

#[tokio::test]
async fn a_bucket_may_be_in_several_zones() {
    let running = Running::start().await;
    let host = HOST.replace("archive", "zones");
    let body = "<CreateBucketConfiguration><BucketAZConfig>MAZ</BucketAZConfig></CreateBucketConfiguration>";
    let put = running
        .ask(Ask::new("PUT", "/").host(&host).body(body.as_bytes()))
        .await;
    assert_eq!(put.status, 200);
    let head = running.ask(Ask::new("HEAD", "/").host(&host)).await;
    assert_eq!(head.header("x-cos-bucket-az-type"), Some("MAZ"));
    assert_eq!(
        running
            .ask(Ask::new("HEAD", "/"))
            .await
            .header("x-cos-bucket-az-type"),
        None
    );
    running.stop().await;
}

#[tokio::test]
async fn accelerated_hosts_answer_for_buckets_that_want_it() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let far = || {
        let host = format!("{BUCKET}.cos.accelerate.myqcloud.com");
        running.ask(Ask::new("GET", "/k").host(&host))
    };
    let set = |status: &str| {
        let body =
            format!("<AccelerateConfiguration><Status>{status}</Status></AccelerateConfiguration>");
        let ask = Ask::new("PUT", "/?accelerate");
        running.ask(ask.body(body.as_bytes()))
    };
    let refused = far().await;
    assert_eq!(
        (refused.status, refused.code()),
        (400, "BucketAccelerateNotEnabled")
    );
    assert_eq!(set("Enabled").await.status, 200);
    assert_eq!(far().await.body, b"x");
    assert_eq!(set("Suspended").await.status, 200);
    assert_eq!(far().await.code(), "BucketAccelerateNotEnabled");
    let nowhere = Ask::new("GET", "/k").host("none-1250000000.cos.accelerate.myqcloud.com");
    assert_eq!(running.ask(nowhere).await.code(), "NoSuchBucket");
    running.stop().await;
}
