//! Pages of objects.

use std::collections::BTreeSet;

use backlot::base::digest::Digests;
use backlot::cos::list::page::{PageRequest, page};
use backlot::cos::store::{self, StoreSettings, contract};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::client::{Ask, Running, encode};

#[tokio::test]
async fn pages_follow_one_another() {
    let running = Running::start().await;
    for key in ["a", "dir/1", "dir/2", "dir2/x", "z"] {
        running.put(key, b"x").await;
    }
    let first = running
        .ask(Ask::new(
            "GET",
            "/?delimiter=%2F&max-keys=2&prefix=&marker=",
        ))
        .await;
    assert_eq!(first.header("x-cos-bucket-region"), Some("ap-guangzhou"));
    assert_eq!(first.element("IsTruncated"), "true");
    assert_eq!(first.element("NextMarker"), "dir/");
    assert_eq!(
        first.element("CommonPrefixes"),
        "\n\t\t<Prefix>dir/</Prefix>\n\t"
    );
    let next = running
        .ask(Ask::new("GET", "/?delimiter=%2F&marker=dir%2F"))
        .await;
    assert_eq!(next.element("IsTruncated"), "false");
    assert_eq!(
        next.element("CommonPrefixes"),
        "\n\t\t<Prefix>dir2/</Prefix>\n\t"
    );
    assert_eq!(next.element("Key"), "z");
    for (query, code) in [
        ("delimiter=ab", "InvalidDelimiter"),
        ("max-keys=x", "InvalidArgument"),
    ] {
        assert_eq!(
            running
                .ask(Ask::new("GET", &format!("/?{query}")))
                .await
                .code(),
            code
        );
    }
    let none = running
        .ask(Ask::new("GET", "/").host("none-125.cos.ap-x.myqcloud.com"))
        .await;
    assert_eq!(none.code(), "NoSuchBucket");
    running.stop().await;
}

#[tokio::test]
async fn names_can_be_encoded() {
    let running = Running::start().await;
    running.put("dir a/x+y&中", b"x").await;
    let list = running
        .ask(Ask::new(
            "GET",
            &format!("/?encoding-type=url&prefix={}", encode("dir a/")),
        ))
        .await;
    assert_eq!(list.element("Key"), "dir%20a/x%2By%26%E4%B8%AD");
    assert_eq!(list.element("Prefix"), "dir%20a/");
    let list = running.ask(Ask::new("GET", "/")).await;
    assert_eq!(list.element("Key"), "dir a/x+y&amp;中");
    running.stop().await;
}

/// The keys of all pages of one entry, as a client reads them that asks for no encoding.
async fn keys_of_pages(running: &Running, list: &str, marker: &str) -> Vec<String> {
    let (mut keys, mut next) = (Vec::new(), String::new());
    while keys.len() < 20 {
        let page = running
            .ask(Ask::new("GET", &format!("/?{list}{next}")))
            .await;
        assert_eq!(page.status, 200, "{page:?}");
        keys.push(page.element("Key").to_owned());
        if page.element("IsTruncated") == "false" {
            return keys;
        }
        let mut parts = vec![(
            marker,
            page.element(&format!("Next{}", marker_element(marker))),
        )];
        if list.starts_with("uploads") {
            parts.push(("upload-id-marker", page.element("NextUploadIdMarker")));
        }
        let parts = parts
            .iter()
            .map(|(name, value)| format!("&{name}={}", encode(value)));
        next = parts.collect();
    }
    panic!("the pages have no end: {keys:?}");
}

fn marker_element(parameter: &str) -> &'static str {
    match parameter {
        "marker" => "Marker",
        _ => "KeyMarker",
    }
}

#[tokio::test]
async fn keys_that_xml_has_not_are_reached_without_an_encoding() {
    let running = Running::start().await;
    let mut keys = [
        "k\u{1}",
        "k\u{2}",
        "k\u{1f}/x",
        "ka",
        "kb",
        "k\u{fffd}",
        "k\u{fffe}",
        "l",
    ];
    for key in keys {
        running.put(key, b"x").await;
        let target = format!("/{}?uploads", encode(key));
        assert_eq!(running.ask(Ask::new("POST", &target)).await.status, 200);
    }
    keys.sort_unstable();
    for (list, marker) in [
        ("max-keys=1", "marker"),
        ("versions&max-keys=1", "key-marker"),
        ("uploads&max-uploads=1", "key-marker"),
    ] {
        assert_eq!(keys_of_pages(&running, list, marker).await, keys, "{list}");
    }
    let folders = running
        .ask(Ask::new("GET", "/?delimiter=/&max-keys=3"))
        .await;
    assert_eq!(folders.element("NextMarker"), "k\u{1f}/");
    running.stop().await;
}

#[tokio::test]
async fn removed_keys_are_told_as_they_were_sent() {
    let running = Running::start().await;
    running.put("k\u{1}", b"x").await;
    let list =
        "<Delete><Object><Key>k\u{1}</Key></Object><Object><Key>k&#x2;&lt;</Key></Object></Delete>";
    let md5 = STANDARD.encode(Digests::of(list.as_bytes()).md5);
    let ask = Ask::new("POST", "/?delete")
        .body(list.as_bytes())
        .header("Content-MD5", md5);
    let answer = running.ask(ask).await;
    assert!(answer.text().contains("<Key>k\u{1}</Key>"), "{answer:?}");
    assert!(
        answer.text().contains("<Key>k\u{2}&lt;</Key>"),
        "{answer:?}"
    );
    assert_eq!(running.get("k\u{1}").await.status, 404);
    running.stop().await;
}

/// What a page holds, worked out the slow way.
fn naive(keys: &BTreeSet<String>, wanted: &PageRequest<'_>) -> (Vec<String>, Option<String>) {
    let mut entries = BTreeSet::new();
    for key in keys.iter().filter(|key| key.starts_with(wanted.prefix)) {
        let rest = &key[wanted.prefix.len()..];
        let entry = match rest.find(wanted.delimiter) {
            Some(at) if !wanted.delimiter.is_empty() => {
                &key[..wanted.prefix.len() + at + wanted.delimiter.len()]
            }
            _ => key,
        };
        if entry > wanted.marker {
            entries.insert(entry.to_owned());
        }
    }
    let is_truncated = entries.len() > wanted.max_keys && wanted.max_keys > 0;
    let shown: Vec<_> = entries.into_iter().take(wanted.max_keys).collect();
    let next = shown.last().cloned().filter(|_| is_truncated);
    (shown, next)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_page_agrees_with_the_slow_way(
        keys in prop::collection::btree_set("[ab/中\u{10ffff}]{1,6}", 0..120),
        prefix in "[ab/]{0,2}",
        delimiter in "[/b中]?",
        marker in "[ab/中]{0,3}",
        max_keys in 0_usize..12,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = store::open(&StoreSettings::memory()).unwrap();
            store.create_bucket(contract::bucket("b-1")).await.unwrap();
            for key in &keys {
                contract::put(&store, "b-1", key, b"", 1).await.unwrap();
            }
            let wanted = PageRequest { prefix: &prefix, delimiter: &delimiter, marker: &marker, max_keys };
            let page = page(&store, "b-1", &wanted).await.unwrap();
            let mut shown: Vec<_> = page.objects.iter().map(|object| object.key.clone()).collect();
            shown.extend(page.common_prefixes.clone());
            shown.sort_unstable();
            prop_assert_eq!((shown, page.next_marker), naive(&keys, &wanted));
            Ok(())
        })?;
    }
}
