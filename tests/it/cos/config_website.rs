//! A bucket as a website.

use super::client::{Answered, Ask, Running};

const HOST: &str = "archive-1250000000.cos-website.ap-guangzhou.myqcloud.com";

const SITE: &str = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>\
    <AutoAddressing><Status>Enabled</Status></AutoAddressing>\
    <ErrorDocument><Key>error.html</Key></ErrorDocument><RoutingRules>\
    <RoutingRule><Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition>\
    <Redirect><Protocol>https</Protocol><ReplaceKeyPrefixWith>new page/</ReplaceKeyPrefixWith></Redirect></RoutingRule>\
    <RoutingRule><Condition><KeyPrefixEquals>gone/</KeyPrefixEquals></Condition>\
    <Redirect><ReplaceKeyWith>index.html</ReplaceKeyWith></Redirect></RoutingRule>\
    <RoutingRule><Condition><HttpErrorCodeReturnedEquals>416</HttpErrorCodeReturnedEquals></Condition>\
    <Redirect><ReplaceKeyWith>416.html</ReplaceKeyWith></Redirect></RoutingRule>\
    </RoutingRules></WebsiteConfiguration>";

impl Running {
    async fn visit(&self, path: &str) -> Answered {
        self.ask(Ask::new("GET", path).host(HOST)).await
    }
}

#[tokio::test]
async fn pages_are_found_by_their_paths() {
    let running = Running::start().await;
    let none = running.visit("/").await;
    assert_eq!(
        (none.status, none.code()),
        (404, "NoSuchWebsiteConfiguration")
    );
    assert_eq!(running.put_config("website", SITE).await.status, 200);
    for key in ["index.html", "docs/index.html", "about.html", "error.html"] {
        running.put(key, key.as_bytes()).await;
    }
    for (path, page) in [
        ("/", "index.html"),
        ("/docs/", "docs/index.html"),
        ("/about.html", "about.html"),
        ("/about", "about.html"),
    ] {
        let found = running.visit(path).await;
        assert_eq!((found.status, found.text()), (200, page), "{path}");
    }
    let head = running.ask(Ask::new("HEAD", "/").host(HOST)).await;
    assert_eq!(head.header("Content-Length"), Some("10"));
    let put = Ask::new("PUT", "/x").host(HOST).body(b"x");
    assert_eq!(running.ask(put).await.code(), "MethodNotAllowed");
    running.stop().await;
}

#[tokio::test]
async fn visitors_are_sent_elsewhere() {
    let running = Running::start().await;
    running.put_config("website", SITE).await;
    running.put("index.html", b"i").await;
    for (path, location) in [
        ("/old/a%2Bb", format!("https://{HOST}/new%20page/a%2Bb")),
        ("/gone/x", format!("http://{HOST}/index.html")),
    ] {
        let sent = running.visit(path).await;
        assert_eq!(
            (sent.status, sent.header("Location")),
            (302, Some(&*location))
        );
    }
    let range = Ask::new("GET", "/").host(HOST).header("Range", "bytes=9-");
    let sent = running.ask(range).await;
    assert_eq!(
        sent.header("Location"),
        Some(&*format!("http://{HOST}/416.html"))
    );
    let all = SITE.replace(
        "<AutoAddressing>",
        "<RedirectAllRequestsTo><Protocol>https</Protocol></RedirectAllRequestsTo><AutoAddressing>",
    );
    running.put_config("website", &all).await;
    let sent = running.visit("/old/a").await;
    assert_eq!(
        sent.header("Location"),
        Some(&*format!("https://{HOST}/old/a"))
    );
    let secure = Ask::new("GET", &format!("https://{HOST}/x"));
    let secure = running.ask(secure.host(HOST).unsigned()).await;
    assert_eq!(
        secure.code(),
        "AccessDenied",
        "who is there already is not sent again"
    );
    running.stop().await;
}

#[tokio::test]
async fn errors_show_a_page() {
    let running = Running::start().await;
    running.put_config("website", SITE).await;
    let bare = running.visit("/none").await;
    assert_eq!(
        (bare.status, bare.code()),
        (404, "NoSuchKey"),
        "there is no page yet"
    );
    running.put("error.html", b"sorry").await;
    let shown = running.visit("/none").await;
    assert_eq!((shown.status, shown.text()), (404, "sorry"));
    let partly = Ask::new("GET", "/none")
        .host(HOST)
        .unsigned_header("If-None-Match", "*");
    let shown = running.ask(partly).await;
    assert_eq!(
        (shown.status, shown.text()),
        (404, "sorry"),
        "conditions are about another page"
    );
    let other = SITE.replace(
        "<Key>error",
        "<OriginalHttpStatus>Disabled</OriginalHttpStatus><Key>error",
    );
    running.put_config("website", &other).await;
    assert_eq!(running.visit("/none").await.status, 200);
    // Who may not read a page may not read the page about errors either.
    let anonymous = running
        .ask(Ask::new("GET", "/").unsigned().host(HOST))
        .await;
    assert_eq!((anonymous.status, anonymous.code()), (403, "AccessDenied"));
    running.stop().await;
}

#[tokio::test]
async fn sites_are_checked() {
    let running = Running::start().await;
    let sparse = SITE
        .replace("<Status>Enabled</Status>", "<Status/>")
        .replace("<Key>error.html</Key>", "<Key/>");
    assert_eq!(running.put_config("website", &sparse).await.status, 200);
    for (from, to) in [
        ("<Suffix>index.html</Suffix>", ""),
        ("<Suffix>index.html", "<Suffix>a/index.html"),
        ("416", "500"),
        ("<Protocol>https", "<Protocol>ftp"),
        (
            "<ReplaceKeyWith>416.html",
            "<ReplaceKeyPrefixWith>x</ReplaceKeyPrefixWith><ReplaceKeyWith>416.html",
        ),
        (
            "<Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition>",
            "",
        ),
    ] {
        let answer = running.put_config("website", &SITE.replace(from, to)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "MalformedXML"),
            "{from}"
        );
    }
    running.stop().await;
}
