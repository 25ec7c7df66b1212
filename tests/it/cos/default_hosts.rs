//! The platform's own hosts: regions, names, the rules of 2024-01-01, and acceleration.

use std::sync::Arc;

use backlot::cos::store::{self, StoreSettings};
use backlot::cos::{NameLimit, OldBuckets, Settings};

use super::client::{Answered, Ask, BUCKET, HOST, Running};

const FAR: &str = "archive-1250000000.cos.ap-hongkong.myqcloud.com";

impl Running {
    /// A service with other settings.
    async fn set(settings: Settings) -> Self {
        let store = store::open(&StoreSettings::memory()).unwrap();
        Self::with_settings(Arc::new(backlot::fault::NoFaults), settings, store).await
    }

    async fn at(&self, host: &str, method: &str, target: &str) -> Answered {
        self.ask(Ask::new(method, target).host(host)).await
    }
}

#[track_caller]
fn refused(answer: &Answered) -> (u16, &str) {
    (answer.status, answer.code())
}

#[tokio::test]
async fn a_bucket_answers_in_its_own_region_only() {
    let running = Running::start().await;
    running.put("k", b"v").await;
    for host in [
        FAR.to_owned(),
        HOST.replace("ap-guangzhou", "ap-nosuchplace"),
        HOST.replace("ap-guangzhou", "gz"),
        HOST.replace(".cos.ap-guangzhou", ".cn-east"),
        HOST.replace(".cos.ap-guangzhou", ".cos-website.ap-beijing"),
    ] {
        let get = running.at(&host, "GET", "/k").await;
        assert_eq!(refused(&get), (404, "NoSuchBucket"), "{host}");
        assert_eq!(running.at(&host, "HEAD", "/").await.status, 404, "{host}");
    }
    for (method, target) in [
        ("PUT", "/new"),
        ("DELETE", "/k"),
        ("DELETE", "/"),
        ("POST", "/?delete"),
    ] {
        let answer = running.at(FAR, method, target).await;
        assert_eq!(refused(&answer), (404, "NoSuchBucket"), "{method} {target}");
    }
    // A name is unique over all regions.
    let put = running.at(FAR, "PUT", "/").await;
    assert_eq!(refused(&put), (409, "BucketAlreadyOwnedByYou"));
    let legacy = HOST.replace(".cos.ap-guangzhou", ".cn-south");
    for host in [HOST, &legacy] {
        assert_eq!(running.at(host, "GET", "/k").await.text(), "v", "{host}");
    }
    let local = running.address().to_string();
    let here = running.at(&local, "GET", &format!("/{BUCKET}/k")).await;
    assert_eq!(here.text(), "v");
    running.stop().await;
}

#[tokio::test]
async fn the_source_of_a_copy_is_in_its_region_too() {
    let running = Running::start().await;
    running.put("k", b"v").await;
    let copy = async |source: String| {
        let ask = Ask::new("PUT", "/copy").header("x-cos-copy-source", source);
        running.ask(ask).await
    };
    let far = copy(format!("{FAR}/k")).await;
    assert_eq!(refused(&far), (404, "NoSuchBucket"));
    for source in [format!("{HOST}/k"), format!("/{BUCKET}/k")] {
        assert_eq!(copy(source.clone()).await.status, 200, "{source}");
    }
    running.stop().await;
}

#[tokio::test]
async fn names_without_appid_get_the_message_of_the_service() {
    let running = Running::start().await;
    for (host, target) in [
        ("mybucket.cos.ap-guangzhou.myqcloud.com", "/a.txt"),
        ("my-bucket.cos.ap-guangzhou.tencentcos.cn", "/"),
        ("cos.ap-guangzhou.myqcloud.com", "/mybucket/a.txt"),
    ] {
        let answer = running.at(host, "GET", target).await;
        assert_eq!(refused(&answer), (400, "InvalidRequest"), "{host}");
        let expected = "Missing required header for this request: Appid, Bucket format should be &lt;bucketname&gt;-&lt;appid&gt;";
        assert_eq!(answer.element("Message"), expected);
        let resource = format!("{host}{target}");
        assert_eq!(answer.element("Resource"), resource.trim_end_matches('/'));
    }
    for host in ["my_bucket-1250000000", "a.b-1250000000", "-a-1250000000"] {
        let host = format!("{host}.cos.ap-guangzhou.myqcloud.com");
        let answer = running.at(&host, "PUT", "/").await;
        assert_eq!(refused(&answer), (400, "InvalidBucketName"), "{host}");
    }
    assert_eq!(running.unsupported(), []);
    running.stop().await;
}

#[tokio::test]
async fn names_are_as_long_as_a_label_or_as_documented() {
    let put = async |running: &Running, length: usize| {
        let name = format!("{}-1250000000", "a".repeat(length - 11));
        let host = format!("{name}.cos.ap-guangzhou.myqcloud.com");
        let answer = running.at(&host, "PUT", "/").await;
        (
            answer.status,
            (answer.status != 200).then(|| answer.code().to_owned()),
        )
    };
    let too_long = (400, Some("BucketNameTooLong".to_owned()));
    let running = Running::start().await;
    assert_eq!(put(&running, 52).await, (200, None));
    assert_eq!(put(&running, 63).await, (200, None));
    assert_eq!(put(&running, 64).await, too_long);
    running.stop().await;
    let running = Running::set(Settings {
        name_limit: NameLimit::Documented,
        ..Settings::default()
    })
    .await;
    assert_eq!(put(&running, 30).await, (200, None));
    assert_eq!(put(&running, 31).await, too_long);
    running.stop().await;
}

#[tokio::test]
async fn objects_are_downloads_over_default_hosts() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/a.html")
        .body(b"abc")
        .header("Content-Disposition", "inline");
    running.ask(put).await;
    let seen = |answer: &Answered| {
        let header = |name| answer.header(name).map(str::to_owned);
        (
            header("Content-Disposition"),
            header("x-cos-force-download"),
        )
    };
    let forced = (Some("attachment".to_owned()), Some("true".to_owned()));
    let own = (Some("inline".to_owned()), None);
    let whole = running.get("a.html").await;
    assert_eq!(
        (whole.status, whole.text(), seen(&whole)),
        (200, "abc", forced.clone())
    );
    let part = running
        .ask(Ask::new("GET", "/a.html").header("Range", "bytes=1-"))
        .await;
    assert_eq!(
        (part.status, part.text(), seen(&part)),
        (206, "bc", forced.clone())
    );
    let asked = running
        .ask(Ask::new(
            "GET",
            "/a.html?response-content-disposition=inline",
        ))
        .await;
    assert_eq!(seen(&asked), forced);
    let named = "/a.html?response-content-disposition=attachment%3B%20filename%3Db";
    let named = running.ask(Ask::new("GET", named)).await;
    assert_eq!(
        named.header("Content-Disposition"),
        Some("attachment; filename=b")
    );
    let head = running.ask(Ask::new("HEAD", "/a.html")).await;
    assert_eq!(seen(&head), own);
    let local = running.address().to_string();
    let here = running
        .at(&local, "GET", &format!("/{BUCKET}/a.html"))
        .await;
    assert_eq!(seen(&here), own);
    running.stop().await;
}

#[tokio::test]
async fn pages_of_websites_are_downloads_too() {
    let site = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>\
        <ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>";
    for (old_buckets, forced) in [(OldBuckets::None, Some("true")), (OldBuckets::All, None)] {
        let running = Running::set(Settings {
            old_buckets,
            ..Settings::default()
        })
        .await;
        running.put_config("website", site).await;
        running.put("index.html", b"page").await;
        running.put("error.html", b"error").await;
        let host = HOST.replace(".cos.", ".cos-website.");
        for (target, status, text) in [("/", 200, "page"), ("/none", 404, "error")] {
            let page = running.at(&host, "GET", target).await;
            assert_eq!((page.status, page.text()), (status, text));
            assert_eq!(page.header("x-cos-force-download"), forced, "{target}");
            let attachment = forced.map(|_| "attachment");
            assert_eq!(page.header("Content-Disposition"), attachment, "{target}");
        }
        running.stop().await;
    }
}

#[tokio::test]
async fn packages_for_phones_are_not_sent_over_default_hosts() {
    let running = Running::start().await;
    for key in ["app.apk", "dir/app.IPA"] {
        assert_eq!(running.put(key, b"x").await.status, 200);
        let get = running.get(key).await;
        assert_eq!(refused(&get), (403, "DownloadForbidden"));
        assert_eq!(
            get.element("Message"),
            "The APK/IPA file is not allowed to be distributed in a public network using COS default domain, \
             please use custom domain instead."
        );
        let head = running.ask(Ask::new("HEAD", &format!("/{key}"))).await;
        assert_eq!(head.status, 200);
    }
    assert_eq!(refused(&running.get("none.apk").await), (404, "NoSuchKey"));
    let unsigned = running.ask(Ask::new("GET", "/app.apk").unsigned()).await;
    assert_eq!(refused(&unsigned), (403, "AccessDenied"));
    let acl = Ask::new("PUT", "/app.apk?acl").header("x-cos-acl", "public-read");
    assert_eq!(running.ask(acl).await.status, 200);
    let public = running.ask(Ask::new("GET", "/app.apk").unsigned()).await;
    assert_eq!(refused(&public), (403, "DownloadForbidden"));
    let local = running.address().to_string();
    let here = running
        .at(&local, "GET", &format!("/{BUCKET}/app.apk"))
        .await;
    assert_eq!(here.text(), "x");
    running.stop().await;
}

#[tokio::test]
async fn paths_do_not_name_buckets_on_default_hosts() {
    let running = Running::start().await;
    running.put("k", b"v").await;
    let host = "cos.ap-guangzhou.myqcloud.com";
    for (method, path) in [("GET", "/k"), ("PUT", "/k"), ("GET", "/"), ("DELETE", "/")] {
        let answer = running.at(host, method, &format!("/{BUCKET}{path}")).await;
        assert_eq!(
            refused(&answer),
            (403, "PathStyleDomainForbidden"),
            "{method} {path}"
        );
        assert_eq!(
            answer.element("Message"),
            "The bucket you are attempting to access must be addressed using COS virtual-styled domain."
        );
    }
    let new = running.at(host, "PUT", "/new-1250000000").await;
    assert_eq!(
        new.status, 200,
        "there is nothing yet that could be addressed"
    );
    let again = running.at(host, "PUT", "/new-1250000000").await;
    assert_eq!(refused(&again), (403, "PathStyleDomainForbidden"));
    let none = running.at(host, "GET", "/none-1250000000/k").await;
    assert_eq!(refused(&none), (404, "NoSuchBucket"));
    assert_eq!(running.at(host, "GET", "/").await.status, 200);
    assert_eq!(running.get("k").await.text(), "v");
    running.stop().await;
}

#[tokio::test]
async fn buckets_of_before_2024_answer_as_they_did() {
    for (old_buckets, other) in [
        (OldBuckets::All, None),
        (OldBuckets::Named([BUCKET.to_owned()].into()), Some("true")),
    ] {
        let running = Running::set(Settings {
            old_buckets,
            ..Settings::default()
        })
        .await;
        running.put("app.apk", b"v").await;
        let get = running.get("app.apk").await;
        assert_eq!((get.status, get.text()), (200, "v"));
        assert_eq!(get.header("x-cos-force-download"), None);
        let host = "cos.ap-guangzhou.myqcloud.com";
        let path = running.at(host, "GET", &format!("/{BUCKET}/app.apk")).await;
        assert_eq!((path.status, path.text()), (200, "v"));
        let host = "other-1250000000.cos.ap-guangzhou.myqcloud.com";
        for target in ["/", "/k"] {
            assert_eq!(running.at(host, "PUT", target).await.status, 200);
        }
        let get = running.at(host, "GET", "/k").await;
        assert_eq!(get.header("x-cos-force-download"), other);
        running.stop().await;
    }
}

#[tokio::test]
async fn acceleration_hosts_carry_uploads_and_downloads_only() {
    let running = Running::start().await;
    let far = format!("{BUCKET}.cos.accelerate.myqcloud.com");
    let enabled = "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>";
    assert_eq!(running.put_config("accelerate", enabled).await.status, 200);
    for (method, target) in [
        ("PUT", "/k"),
        ("HEAD", "/k"),
        ("GET", "/k"),
        ("POST", "/k?uploads"),
        ("GET", "/?uploads"),
        ("HEAD", "/"),
    ] {
        let answer = running.at(&far, method, target).await;
        assert_eq!(answer.status, 200, "{method} {target}: {answer:?}");
    }
    let get = running.at(&far, "GET", "/k").await;
    assert_eq!(get.header("x-cos-force-download"), Some("true"));
    for (method, target) in [
        ("DELETE", "/k"),
        ("GET", "/"),
        ("PUT", "/"),
        ("DELETE", "/"),
        ("POST", "/?delete"),
        ("GET", "/k?acl"),
        ("GET", "/?accelerate"),
    ] {
        let answer = running.at(&far, method, target).await;
        assert_eq!(
            refused(&answer),
            (400, "ActionAccelerateNotSupported"),
            "{method} {target}"
        );
        assert_eq!(
            answer.element("Message"),
            "The action is not supported by the accelerate host."
        );
    }
    let copy = Ask::new("PUT", "/c")
        .host(&far)
        .header("x-cos-copy-source", format!("{HOST}/k"));
    assert_eq!(
        running.ask(copy).await.code(),
        "ActionAccelerateNotSupported"
    );
    let service = running.at("cos.accelerate.myqcloud.com", "GET", "/").await;
    assert_eq!(service.code(), "ActionAccelerateNotSupported");
    assert_eq!(running.get("k").await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn keys_that_lead_to_the_bucket_itself_are_not_stored() {
    let running = Running::start().await;
    for target in ["///////", "/./", "//", "/..", "/%2F", "/.%2F..%2F"] {
        for (method, query) in [
            ("PUT", ""),
            ("POST", "?uploads"),
            ("POST", "?append&position=0"),
        ] {
            let target = format!("{target}{query}");
            let answer = running.ask(Ask::new(method, &target).body(b"x")).await;
            assert_eq!(
                refused(&answer),
                (400, "InvalidObjectName"),
                "{method} {target}"
            );
        }
        let copy = Ask::new("PUT", target).header("x-cos-copy-source", format!("{HOST}/k"));
        assert_eq!(
            running.ask(copy).await.code(),
            "InvalidObjectName",
            "{target}"
        );
    }
    for target in ["/abc/../", "/...", "/a/.", "//a"] {
        let answer = running.ask(Ask::new("PUT", target).body(b"x")).await;
        assert_eq!(answer.status, 200, "{target}");
    }
    running.stop().await;
}
