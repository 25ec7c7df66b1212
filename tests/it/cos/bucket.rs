//! Buckets and the list of them.

use super::client::{Ask, BUCKET, HOST, Running};

#[tokio::test]
async fn buckets_come_and_go() {
    let running = Running::start().await;
    let ask = |method: &str, host: &str| running.ask(Ask::new(method, "/").host(host));
    let host = "new-1250000000.cos.ap-beijing.myqcloud.com";
    assert_eq!(ask("HEAD", host).await.status, 404);
    assert_eq!(ask("PUT", host).await.status, 200);
    let head = ask("HEAD", host).await;
    assert_eq!(
        (head.status, head.header("x-cos-bucket-region")),
        (200, Some("ap-beijing"))
    );
    let again = ask("PUT", host).await;
    assert_eq!(
        (again.status, again.code()),
        (409, "BucketAlreadyOwnedByYou")
    );
    assert_eq!(ask("DELETE", host).await.status, 204);
    assert_eq!(ask("DELETE", host).await.code(), "NoSuchBucket");

    running.put("k", b"x").await;
    let full = ask("DELETE", HOST).await;
    assert_eq!((full.status, full.code()), (409, "BucketNotEmpty"));
    let bad = running
        .ask(Ask::new("PUT", "/").body(b"<Nonsense/>").host(host))
        .await;
    assert_eq!((bad.status, bad.code()), (400, "MalformedXML"));
    let long = format!(
        "{}-1250000000.cos.ap-guangzhou.myqcloud.com",
        "a".repeat(53)
    );
    assert_eq!(ask("PUT", &long).await.code(), "BucketNameTooLong");
    running.stop().await;
}

#[tokio::test]
async fn the_service_lists_buckets() {
    let running = Running::start().await;
    running
        .cos
        .create_bucket("b-1250000000", "ap-beijing")
        .await
        .unwrap();
    let list = running
        .ask(Ask::new("GET", "/").host("service.cos.myqcloud.com"))
        .await;
    let expected = "<ListAllMyBucketsResult>\n\t<Owner>\n\t\t<ID>qcs::cam::uin/100000000001:uin/100000000001</ID>\n\
        \t\t<DisplayName>100000000001</DisplayName>\n\t</Owner>\n\t<Buckets>\n\
        \t\t<Bucket>\n\t\t\t<Name>archive-1250000000</Name>\n\t\t\t<Location>ap-guangzhou</Location>\n\
        \t\t\t<CreationDate>2024-01-01T00:00:00Z</CreationDate>\n\t\t</Bucket>\n\
        \t\t<Bucket>\n\t\t\t<Name>b-1250000000</Name>\n\t\t\t<Location>ap-beijing</Location>\n\
        \t\t\t<CreationDate>2024-01-01T00:00:00Z</CreationDate>\n\t\t</Bucket>\n\t</Buckets>\n</ListAllMyBucketsResult>";
    assert_eq!(list.text(), expected);
    assert_eq!(list.header("Content-Type"), Some("application/xml"));
    let one = running
        .ask(Ask::new("GET", "/").host("cos.ap-guangzhou.myqcloud.com"))
        .await;
    assert!(
        one.text().contains(BUCKET) && !one.text().contains("b-1250000000"),
        "{one:?}"
    );
    running.stop().await;
}
