//! Words of a query that name a sub-resource which the target does not have: refused, and nothing is changed.

use super::client::{Ask, HOST, Running};

#[tokio::test]
async fn words_that_the_target_does_not_have_change_nothing() {
    let running = Running::start().await;
    for target in [
        "/?publicAccessBlock",
        "/?ownershipControls",
        "/?metrics&id=1",
        "/?legal-hold",
        "/?uploadId=1",
        "/?frobnicate",
        "/?acl&frobnicate",
    ] {
        for method in ["DELETE", "PUT", "GET", "POST"] {
            let answer = running.ask(Ask::new(method, target)).await;
            let found = (answer.status, answer.code());
            assert_eq!(found, (405, "MethodNotAllowed"), "{method} {target}");
        }
        assert_eq!(running.ask(Ask::new("HEAD", target)).await.status, 405);
        assert_eq!(running.ask(Ask::new("HEAD", "/")).await.status, 200);
    }
    running.put("k", b"precious").await;
    for target in [
        "/k?legal-hold",
        "/k?lifecycle",
        "/k?cors=",
        "/k?attributes",
        "/k?torrent",
        "/k?versions",
        "/k?partNumber=1&frobnicate",
    ] {
        for method in ["PUT", "DELETE", "GET", "POST"] {
            let answer = running.ask(Ask::new(method, target).body(b"<X/>")).await;
            let found = (answer.status, answer.code());
            assert_eq!(found, (405, "MethodNotAllowed"), "{method} {target}");
        }
        assert_eq!(running.get("k").await.text(), "precious");
    }
    let part = running.ask(Ask::new("PUT", "/k?partNumber=1").body(b"x"));
    assert_eq!(part.await.status, 405);
    assert_eq!(running.get("k").await.text(), "precious");
    running.stop().await;
}

#[tokio::test]
async fn the_list_of_buckets_has_no_sub_resources() {
    let running = Running::start().await;
    for host in ["service.cos.myqcloud.com", "cos.ap-guangzhou.myqcloud.com"] {
        let ask = |target: &str| running.ask(Ask::new("GET", target).host(host));
        for target in ["/?acl", "/?publicAccessBlock", "/?frobnicate"] {
            let answer = ask(target).await;
            assert_eq!(
                (answer.status, answer.code()),
                (405, "MethodNotAllowed"),
                "{target}"
            );
        }
        for target in ["/?marker=&max-keys=", "/?x-id=ListBuckets&max-buckets=2"] {
            assert_eq!(ask(target).await.status, 200, "{target}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn refused_words_are_told_as_unsupported() {
    let running = Running::start().await;
    running.ask(Ask::new("DELETE", "/?publicAccessBlock")).await;
    running.ask(Ask::new("PUT", "/k?legal-hold")).await;
    running
        .ask(Ask::new("GET", "/k?imageMogr2/thumbnail/!50p"))
        .await;
    // The documentation says that there is no such operation.
    running.ask(Ask::new("PUT", "/?versions")).await;
    let expected = [
        ("?publicAccessBlock", "archive-1250000000"),
        ("?legal-hold", "archive-1250000000/k"),
        ("DataProcessing", "archive-1250000000/k"),
    ];
    let expected = expected.map(|(feature, of)| (feature.to_owned(), of.to_owned()));
    assert_eq!(running.unsupported(), expected);
    let answer = running.ask(Ask::new("PUT", "/k?legal-hold")).await;
    assert_eq!(
        answer.element("Message"),
        "The specified method is not allowed against this resource (the emulator knows no sub-resource `legal-hold` of objects)"
    );
    running.stop().await;
}

#[tokio::test]
async fn arguments_and_words_against_caches_are_ignored() {
    let running = Running::start().await;
    running.put("k", b"v").await;
    for target in [
        "/k?v=2",
        "/k?20240101",
        "/k?x-id=GetObject&_=1",
        "/k?versionId=",
    ] {
        assert_eq!(
            running.ask(Ask::new("GET", target)).await.status,
            200,
            "{target}"
        );
    }
    let list = "/?prefix=&delimiter=&marker=&max-keys=&encoding-type=&x-id=ListObjects";
    assert_eq!(running.ask(Ask::new("GET", list)).await.status, 200);
    let put = Ask::new("PUT", "/k?x-id=PutObject&x-cos-meta-a=").body(b"w");
    assert_eq!(running.ask(put).await.status, 200);
    assert_eq!(running.get("k").await.text(), "w");
    running.stop().await;
}

#[tokio::test]
async fn pages_of_websites_have_no_sub_resources() {
    let running = Running::start().await;
    let site = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>";
    running.put_config("website", site).await;
    running.put("index.html", b"page").await;
    let host = HOST.replace(".cos.", ".cos-website.");
    for target in ["/?acl", "/index.html?nocache", "/?legal-hold"] {
        let page = running.ask(Ask::new("GET", target).host(&host)).await;
        assert_eq!((page.status, page.text()), (200, "page"), "{target}");
    }
    running.stop().await;
}
