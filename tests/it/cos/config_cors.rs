//! Preflights, and what pages of other origins may read.

use super::client::{Ask, Running};
use super::config::CORS;

fn preflight(origin: &str, method: &str) -> Ask {
    Ask::new("OPTIONS", "/k")
        .unsigned()
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
}

#[tokio::test]
async fn preflights_are_answered_by_the_first_rule_that_fits() {
    let running = Running::start().await;
    let none = running.ask(preflight("https://a.example.com", "GET")).await;
    assert_eq!((none.status, none.code()), (403, "AccessForbidden"));
    running.put_config("cors", CORS).await;
    let ask = preflight("https://a.example.com", "PUT");
    let first = running
        .ask(ask.header(
            "Access-Control-Request-Headers",
            "X-Cos-Meta-A, authorization",
        ))
        .await;
    assert_eq!((first.status, first.text()), (200, ""));
    for (name, value) in [
        ("Access-Control-Allow-Origin", "https://a.example.com"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "PUT,GET"),
        ("Access-Control-Allow-Headers", "x-cos-meta-a,authorization"),
        ("Access-Control-Expose-Headers", "ETag,x-cos-meta-author"),
        ("Access-Control-Max-Age", "600"),
        ("Vary", "Origin"),
    ] {
        assert_eq!(first.header(name), Some(value), "{name}");
    }
    let ask = preflight("http://elsewhere", "GET");
    let second = running
        .ask(ask.header("Access-Control-Request-Headers", "RANGE"))
        .await;
    assert_eq!(second.header("Access-Control-Allow-Origin"), Some("*"));
    assert_eq!(second.header("Access-Control-Allow-Credentials"), None);
    assert_eq!(second.header("Access-Control-Allow-Headers"), Some("range"));
    for refused in [
        preflight("http://elsewhere", "PUT"),
        preflight("http://elsewhere", "GET").header("Access-Control-Request-Headers", "x-a"),
        Ask::new("OPTIONS", "/").unsigned(),
        Ask::new("OPTIONS", "/k")
            .unsigned()
            .header("Origin", "http://a"),
    ] {
        assert_eq!(running.ask(refused).await.code(), "AccessForbidden");
    }
    let nowhere = preflight("http://a", "GET").host("none-1250000000.cos.ap-x.myqcloud.com");
    assert_eq!(running.ask(nowhere).await.code(), "NoSuchBucket");
    running.stop().await;
}

#[tokio::test]
async fn answers_say_who_may_read_them() {
    let running = Running::start().await;
    running.put_config("cors", CORS).await;
    running.put("k", b"x").await;
    let get = |key: &str, origin: &str| running.ask(Ask::new("GET", key).header("Origin", origin));
    let read = get("/k", "https://a.example.com").await;
    assert_eq!(
        read.header("Access-Control-Allow-Origin"),
        Some("https://a.example.com")
    );
    assert_eq!(
        read.header("Access-Control-Expose-Headers"),
        Some("ETag,x-cos-meta-author")
    );
    assert_eq!(read.header("Access-Control-Allow-Methods"), None);
    assert_eq!(read.header("Vary"), Some("Origin"));
    // A page must be able to read why it failed, too.
    let missing = get("/none", "http://elsewhere").await;
    assert_eq!(missing.header("Access-Control-Allow-Origin"), Some("*"));
    let put = Ask::new("PUT", "/k")
        .body(b"y")
        .header("Origin", "http://elsewhere");
    let put = running.ask(put).await;
    assert_eq!(
        (put.status, put.header("Access-Control-Allow-Origin")),
        (200, None)
    );
    assert_eq!(
        running.get("k").await.header("Access-Control-Allow-Origin"),
        None
    );
    let varying = CORS.replace(
        "</CORSRule></CORS",
        "</CORSRule><ResponseVary>true</ResponseVary></CORS",
    );
    running.put_config("cors", &varying).await;
    assert_eq!(
        get("/k", "http://elsewhere").await.header("Vary"),
        Some("Origin")
    );
    running.stop().await;
}

#[tokio::test]
async fn links_from_other_pages_may_be_refused() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let list = |empty: &str| {
        format!(
            "<RefererConfiguration><Status>Enabled</Status><RefererType>White-List</RefererType><DomainList>\
             <Domain>*.example.com</Domain></DomainList><EmptyReferConfiguration>{empty}</EmptyReferConfiguration>\
             </RefererConfiguration>"
        )
    };
    assert_eq!(
        running.put_config("referer", &list("Deny")).await.status,
        200
    );
    let from = |referer: &str| running.ask(Ask::new("GET", "/k").header("Referer", referer));
    assert_eq!(from("https://www.example.com/page").await.status, 200);
    let refused = from("https://other.example/www.example.com").await;
    assert_eq!((refused.status, refused.code()), (403, "AccessDenied"));
    assert_eq!(running.get("k").await.status, 403);
    assert_eq!(
        running.put("k", b"y").await.status,
        200,
        "only reading is linking"
    );
    running.put_config("referer", &list("Allow")).await;
    assert_eq!(running.get("k").await.status, 200);
    assert_eq!(running.put_config("referer", "").await.status, 200);
    assert_eq!(running.get_config("referer").await.status, 200);
    assert_eq!(from("https://other.example/").await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn strict_signatures_cover_what_rules_name() {
    let running = Running::start().await;
    let rule = |action: &str, list: &str| {
        format!(
            "<StrictSignatureConfiguration><Rule><ID>a</ID><actionlist><action>{action}</action></actionlist>{list}\
             </Rule></StrictSignatureConfiguration>"
        )
    };
    let header = "<headerlist><header>X-Cos-Meta-A</header></headerlist>";
    running
        .put_config("strict-signature", &rule("Put*", header))
        .await;
    let put = || Ask::new("PUT", "/k").body(b"x").header("x-cos-meta-a", "1");
    assert_eq!(
        running.ask(put()).await.status,
        200,
        "the client signs all it sends"
    );
    assert_eq!(
        running
            .ask(put().unsigned_header("x-cos-meta-b", "1"))
            .await
            .status,
        200
    );
    let loose = Ask::new("PUT", "/k")
        .body(b"x")
        .unsigned_header("x-cos-meta-a", "1");
    let loose = running.ask(loose).await;
    assert_eq!((loose.status, loose.code()), (403, "AccessDenied"));
    let get = Ask::new("GET", "/k").unsigned_header("x-cos-meta-a", "1");
    assert_eq!(running.ask(get).await.status, 200, "the rule is about PUT");
    running.stop().await;
}

#[tokio::test]
async fn objects_say_how_the_bucket_encrypts_them() {
    let running = Running::start().await;
    running.put("before", b"x").await;
    let rule = |inner: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{inner}\
             </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        )
    };
    let name = "x-cos-server-side-encryption";
    running
        .put_config("encryption", &rule("<SSEAlgorithm>AES256</SSEAlgorithm>"))
        .await;
    assert_eq!(running.put("k", b"x").await.header(name), Some("AES256"));
    assert_eq!(running.get("k").await.header(name), Some("AES256"));
    assert_eq!(running.get("before").await.header(name), None);
    let kms = "<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>key-1</KMSMasterKeyID>";
    running.put_config("encryption", &rule(kms)).await;
    running.put("k", b"x").await;
    let head = running.ask(Ask::new("HEAD", "/k")).await;
    assert_eq!(head.header(name), Some("cos/kms"));
    assert_eq!(
        head.header("x-cos-server-side-encryption-cos-kms-key-id"),
        Some("key-1")
    );
    let bad = running
        .put_config("encryption", &rule("<SSEAlgorithm>ROT13</SSEAlgorithm>"))
        .await;
    assert_eq!(bad.code(), "MalformedXML");
    running.stop().await;
}
