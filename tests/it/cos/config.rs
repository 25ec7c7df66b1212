//! Sub-resources of buckets: what all of them have in common.

use backlot::base::digest::Digests;
use backlot::journal::{NoticeRecord, What};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{Answered, Ask, BUCKET, Running};

impl Running {
    /// Puts a sub-resource.
    pub(crate) async fn put_config(&self, query: &str, body: &str) -> Answered {
        let ask = Ask::new("PUT", &format!("/?{query}"));
        self.ask(ask.body(body.as_bytes())).await
    }

    /// Gets a sub-resource.
    pub(crate) async fn get_config(&self, query: &str) -> Answered {
        self.ask(Ask::new("GET", &format!("/?{query}"))).await
    }

    /// Removes a sub-resource.
    pub(crate) async fn delete_config(&self, query: &str) -> Answered {
        self.ask(Ask::new("DELETE", &format!("/?{query}"))).await
    }

    /// What was accepted without effect: feature and subject.
    pub(crate) fn unsupported(&self) -> Vec<(String, String)> {
        let records = self.journal.appended().into_iter();
        let found = records.filter_map(|record| match record.what {
            What::Notice(NoticeRecord::Unsupported {
                feature, subject, ..
            }) => Some((feature, subject)),
            _ => None,
        });
        found.collect()
    }
}

pub(crate) const CORS: &str = "<CORSConfiguration><CORSRule><ID>one</ID><AllowedOrigin>https://*.example.com</AllowedOrigin>\
    <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>\
    <ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-cos-meta-author</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds>\
    </CORSRule><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
    <AllowedHeader>Range</AllowedHeader></CORSRule></CORSConfiguration>";

pub(crate) const LIFECYCLE: &str = "<LifecycleConfiguration><Rule><ID>a</ID><Filter><Prefix>logs/</Prefix></Filter>\
    <Status>Enabled</Status><Transition><Days>2</Days><StorageClass>STANDARD_IA</StorageClass></Transition>\
    <Expiration><Days>10</Days></Expiration></Rule></LifecycleConfiguration>";

pub(crate) const DOMAIN: &str = "<DomainConfiguration><DomainRule><Status>ENABLED</Status><Name>media.example.com</Name><Type>REST</Type></DomainRule>\
         </DomainConfiguration>";

const WEBSITE: &str = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>\
    </WebsiteConfiguration>";

/// Word, body, what PUT answers, what GET answers without one, whether it can be removed.
type Known = (
    &'static str,
    &'static str,
    u16,
    Result<&'static str, &'static str>,
    bool,
);

/// Every sub-resource that can be kept and needs nothing else.
const ALL: &[Known] = &[
    ("cors", CORS, 200, Err("NoSuchCORSConfiguration"), true),
    (
        "lifecycle",
        LIFECYCLE,
        200,
        Err("NoSuchLifecycleConfiguration"),
        true,
    ),
    (
        "tagging",
        "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
        204,
        Err("NoSuchTagSet"),
        true,
    ),
    (
        "referer",
        "<RefererConfiguration><Status>Disabled</Status><RefererType>Black-List</RefererType><DomainList>\
         <Domain>a.example</Domain></DomainList></RefererConfiguration>",
        200,
        Ok("<RefererConfiguration/>"),
        false,
    ),
    (
        "website",
        WEBSITE,
        200,
        Err("NoSuchWebsiteConfiguration"),
        true,
    ),
    (
        "encryption",
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
         </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        200,
        Err("NoSuchEncryptionConfiguration"),
        true,
    ),
    (
        "logging",
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>archive-1250000000</TargetBucket><TargetPrefix>l/</TargetPrefix>\
         </LoggingEnabled></BucketLoggingStatus>",
        200,
        Ok("<BucketLoggingStatus/>"),
        false,
    ),
    (
        "accelerate",
        "<AccelerateConfiguration><Status>Suspended</Status><Type>COS</Type></AccelerateConfiguration>",
        200,
        Ok("<AccelerateConfiguration/>"),
        false,
    ),
    (
        "domain",
        DOMAIN,
        200,
        Err("DomainConfigNotFoundError"),
        true,
    ),
    (
        "origin",
        "<OriginConfiguration><OriginRule><OriginType>Proxy</OriginType><Unknown><Deep>x</Deep></Unknown></OriginRule>\
         </OriginConfiguration>",
        200,
        Err("OriginConfigurationNotFoundError"),
        true,
    ),
    (
        "object-lock",
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Days>1</Days>\
         </DefaultRetention></Rule></ObjectLockConfiguration>",
        200,
        Err("NoSuchObjectLockConfiguration"),
        false,
    ),
    (
        "intelligenttiering",
        "<IntelligentTieringConfiguration><Status>Enabled</Status><Transition><Days>30</Days><RequestFrequent>1</RequestFrequent>\
         </Transition></IntelligentTieringConfiguration>",
        200,
        Ok("<IntelligentTieringConfiguration/>"),
        false,
    ),
    (
        "strict-signature",
        "<StrictSignatureConfiguration><Rule><ID>s</ID><actionlist><action>PutObject</action></actionlist><headerlist>\
         <header>x-cos-meta-a</header></headerlist></Rule></StrictSignatureConfiguration>",
        200,
        Ok("<StrictSignatureConfiguration/>"),
        true,
    ),
    (
        "notification",
        "<NotificationConfiguration><Any>thing</Any></NotificationConfiguration>",
        200,
        Ok("<NotificationConfiguration/>"),
        false,
    ),
];

/// A document without its layout and declaration.
pub(crate) fn squeezed(text: &str) -> String {
    let declaration = "<?xml version='1.0' encoding='utf-8' ?>";
    let lines = text.lines().filter(|line| *line != declaration);
    lines.map(str::trim).collect()
}

#[tokio::test]
async fn documents_come_back_as_they_were_put() {
    let running = Running::start().await;
    for (word, body, put, missing, is_removable) in ALL {
        let check_missing = |answer: Answered| match missing {
            Ok(empty) => assert_eq!((answer.status, answer.text()), (200, *empty)),
            Err(code) => assert_eq!((answer.status, answer.code()), (404, *code)),
        };
        check_missing(running.get_config(word).await);
        let done = running.put_config(word, body).await;
        assert_eq!(done.status, *put, "{word}: {done:?}");
        let found = running.get_config(word).await;
        assert_eq!(found.status, 200, "{word}");
        assert_eq!(found.header("Content-Type"), Some("application/xml"));
        assert_eq!(
            squeezed(found.text()),
            body.replace("<Prefix></Prefix>", "<Prefix/>")
        );
        let removed = running.delete_config(word).await;
        if *is_removable {
            assert_eq!(removed.status, 204, "{word}");
            assert_eq!(running.delete_config(word).await.status, 204, "{word}");
            check_missing(running.get_config(word).await);
        } else {
            assert_eq!(removed.code(), "MethodNotAllowed", "{word}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn documents_have_the_layout_of_the_service() {
    let running = Running::start().await;
    let namespaced = "\u{feff}<?xml version=\"1.0\"?>\n<x:Tagging xmlns:x=\"urn:x\" a=\"b\">\n  <TagSet>\n    <Tag>\
        <Key>k</Key><Value>&lt;</Value></Tag></TagSet></x:Tagging>\n";
    let refused = running.put_config("tagging", namespaced).await;
    assert_eq!((refused.status, refused.code()), (400, "InvalidTag"));
    let put = running
        .put_config("tagging", &namespaced.replace("&lt;", "v"))
        .await;
    assert_eq!(put.status, 204);
    let expected = "<Tagging>\n\t<TagSet>\n\t\t<Tag>\n\t\t\t<Key>k</Key>\n\t\t\t<Value>v</Value>\n\t\t</Tag>\n\t</TagSet>\n</Tagging>";
    assert_eq!(running.get_config("tagging").await.text(), expected);
    running.put_config("cors", CORS).await;
    let cors = running.get_config("cors").await;
    let start = "<?xml version='1.0' encoding='utf-8' ?>\n<CORSConfiguration>\n\t<CORSRule>\n\t\t<ID>one</ID>\n";
    assert!(cors.text().starts_with(start), "{}", cors.text());
    running.stop().await;
}

#[tokio::test]
async fn bodies_are_checked() {
    let running = Running::start().await;
    for (word, body, ..) in ALL {
        for bad in ["", "<a>", "text", "<Nonsense/>"] {
            if *word == "referer" && bad.is_empty() {
                continue;
            }
            let answer = running.put_config(word, bad).await;
            assert_eq!(
                (answer.status, answer.code()),
                (400, "MalformedXML"),
                "{word} {bad}"
            );
        }
        let md5 = STANDARD.encode(Digests::of(body.as_bytes()).md5);
        let with = |md5: &str| {
            let ask = Ask::new("PUT", &format!("/?{word}")).body(body.as_bytes());
            running.ask(ask.header("Content-MD5", md5))
        };
        assert_eq!(with("x").await.code(), "InvalidDigest");
        let other = STANDARD.encode(Digests::of(b"other").md5);
        assert_eq!(with(&other).await.code(), "BadDigest");
        assert!(with(&md5).await.status < 300, "{word}");
        let nowhere =
            Ask::new("PUT", &format!("/?{word}")).host("none-1250000000.cos.ap-x.myqcloud.com");
        assert_eq!(
            running.ask(nowhere.body(body.as_bytes())).await.code(),
            "NoSuchBucket"
        );
    }
    let long = format!(
        "<CORSConfiguration>{}</CORSConfiguration>",
        " ".repeat(70_000)
    );
    assert_eq!(
        running.put_config("cors", &long).await.code(),
        "XMLSizeLimit"
    );
    assert_eq!(
        running.put_config("domaincertificate", "<a/>").await.status,
        501
    );
    running.stop().await;
}

#[tokio::test]
async fn what_has_no_effect_is_written_down() {
    let running = Running::start().await;
    for (word, body, ..) in ALL {
        running.put_config(word, body).await;
    }
    let told: Vec<_> = running.unsupported().into_iter().collect();
    let features = [
        "logging",
        "domain",
        "origin",
        "intelligent-tiering",
        "notification",
    ];
    let expected: Vec<_> = features
        .map(|feature| (feature.to_owned(), BUCKET.to_owned()))
        .into();
    assert_eq!(told, expected);
    let slowly = Ask::new("PUT", "/k").header("x-cos-traffic-limit", "819200");
    assert_eq!(running.ask(slowly.body(b"x")).await.status, 200);
    let last = running.unsupported().pop().unwrap();
    assert_eq!(last, ("traffic limit".to_owned(), format!("{BUCKET}/k")));
    running.stop().await;
}

#[tokio::test]
async fn helpers_that_ask_for_everything_get_2xx_or_404() {
    let running = Running::start().await;
    let words = [
        "cors",
        "domain",
        "encryption",
        "intelligenttiering",
        "inventory",
        "lifecycle",
        "location",
        "logging",
        "origin",
        "policy",
        "referer",
        "replication",
        "tagging",
        "website",
        "accelerate",
        "object-lock",
        "strict-signature",
    ];
    for word in words {
        let status = running.get_config(word).await.status;
        assert!(matches!(status, 200 | 404), "{word}: {status}");
    }
    let head = running.ask(Ask::new("HEAD", "/")).await;
    assert_eq!(head.header("x-cos-bucket-region"), Some("ap-guangzhou"));
    let location = running.get_config("location").await;
    assert_eq!(
        location.text(),
        "<LocationConstraint>cos.ap-guangzhou</LocationConstraint>"
    );
    assert_eq!(
        running.put_config("location", "<a/>").await.code(),
        "MethodNotAllowed"
    );
    running.stop().await;
}
