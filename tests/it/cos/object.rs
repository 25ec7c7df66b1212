//! PUT, GET, HEAD and DELETE of objects.

use backlot::cos::Auth;
use backlot::cos::names::check_new_key;
use backlot::cos::store::{self, Durability, Kind, StoreSettings, contract};
use backlot::fault::NoFaults;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{Ask, BUCKET, HOST, Running};

#[tokio::test]
async fn an_object_comes_back_as_it_was_sent() {
    let running = Running::start().await;
    let put = Ask::new("PUT", "/dir/a.txt")
        .header("Content-Type", "text/plain")
        .header("Cache-Control", "")
        .header("Content-MD5", "ZajifYh5KDgxtmS9i38K1A==")
        .header("x-cos-meta-Author", "测试")
        .header("x-cos-meta-raw", b"\xff\xfe")
        .body(b"Hello, World!");
    let answer = running.ask(put).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.header("ETag"),
        Some("\"65a8e27d8879283831b664bd8b7f0ad4\"")
    );
    assert_eq!(
        answer.header("x-cos-hash-crc64ecma"),
        Some("2884049718812637996")
    );
    assert_eq!(answer.header("Content-Length"), Some("0"));
    assert_eq!(answer.header("Server"), Some("tencent-cos"));
    assert_eq!(answer.header("Date"), Some("Mon, 01 Jan 2024 00:00:00 GMT"));
    assert!(answer.header("x-cos-request-id").is_some());

    for method in ["GET", "HEAD"] {
        let answer = running.ask(Ask::new(method, "/dir%2Fa.txt")).await;
        assert_eq!(answer.status, 200);
        for (name, value) in [
            ("Content-Type", "text/plain"),
            ("Content-Length", "13"),
            ("ETag", "\"65a8e27d8879283831b664bd8b7f0ad4\""),
            ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
            ("Accept-Ranges", "bytes"),
            ("x-cos-hash-crc64ecma", "2884049718812637996"),
            ("x-cos-meta-author", "测试"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{method} {name}");
        }
        assert_eq!(answer.header("Cache-Control"), None);
        let raw = answer
            .headers
            .iter()
            .find(|(name, _)| name == "x-cos-meta-raw")
            .unwrap();
        assert_eq!(raw.1, b"\xff\xfe");
        let body: &[u8] = if method == "GET" {
            b"Hello, World!"
        } else {
            b""
        };
        assert_eq!(answer.body, body);
    }
    running.stop().await;
}

#[tokio::test]
async fn removed_objects_are_gone_and_removing_nothing_is_fine() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    for _ in 0..2 {
        assert_eq!(running.ask(Ask::new("DELETE", "/k")).await.status, 204);
        assert_eq!(running.get("k").await.code(), "NoSuchKey");
    }
    running.stop().await;
}

#[tokio::test]
async fn parts_and_conditions() {
    let running = Running::start().await;
    let etag = running
        .put("k", b"0123456789")
        .await
        .header("ETag")
        .unwrap()
        .to_owned();
    let ask = |name: &str, value: &str| running.ask(Ask::new("GET", "/k").header(name, value));
    let part = ask("Range", "bytes=2-4").await;
    assert_eq!((part.status, part.text()), (206, "234"));
    assert_eq!(part.header("Content-Range"), Some("bytes 2-4/10"));
    assert_eq!(part.header("Content-Length"), Some("3"));
    let tail = ask("Range", "bytes=-3").await;
    assert_eq!((tail.status, tail.text()), (206, "789"));
    let beyond = ask("Range", "bytes=10-").await;
    assert_eq!((beyond.status, beyond.code()), (416, "InvalidRange"));
    let stale = ask("If-Match", "\"x\"").await;
    assert_eq!((stale.status, stale.code()), (412, "PreconditionFailed"));
    let same = ask("If-None-Match", &etag).await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(same.header("Content-Length"), Some("0"));
    assert_eq!(same.header("ETag"), Some(etag.as_str()));
    let same = running
        .ask(Ask::new("HEAD", "/k").header("If-None-Match", &etag))
        .await;
    assert_eq!((same.status, same.header("ETag")), (304, None));
    assert!(same.header("x-cos-trace-id").is_some());
    running.stop().await;
}

#[tokio::test]
async fn signed_readers_override_headers() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let target = "/k?response-content-type=text%2Fcsv&response-content-disposition=attachment%3B%20filename%3Da.csv";
    let answer = running.ask(Ask::new("GET", target)).await;
    assert_eq!(answer.header("Content-Type"), Some("text/csv"));
    assert_eq!(
        answer.header("Content-Disposition"),
        Some("attachment; filename=a.csv")
    );
    running.stop().await;
}

#[tokio::test]
async fn uploads_are_checked() {
    let running = Running::start().await;
    let put = || Ask::new("PUT", "/k").body(b"x");
    let wrong_md5 = STANDARD.encode([0; 16]);
    let too_long = format!("/{}", "k".repeat(851));
    for (ask, status, code) in [
        (put().header("Content-MD5", "short"), 400, "InvalidDigest"),
        (put().header("Content-MD5", &wrong_md5), 400, "BadDigest"),
        (
            put().header("x-cos-storage-class", "GLACIER"),
            400,
            "NotSupportedStorageClass",
        ),
        (
            put().header("x-cos-traffic-limit", "1"),
            400,
            "InvalidArgument",
        ),
        (
            put().header("x-cos-server-side-encryption", "ROT13"),
            400,
            "InvalidArgument",
        ),
        (
            put().header("x-cos-meta-a", "x".repeat(2100)),
            400,
            "InvalidArgument",
        ),
        (
            Ask::new("PUT", "/k").without_length(),
            411,
            "MissingContentLength",
        ),
        (Ask::new("PUT", &too_long), 400, "KeyTooLong"),
        (Ask::new("PUT", "/a%18"), 400, "InvalidObjectName"),
        (
            Ask::new("PUT", "/k").body(&vec![0; (1 << 22) + 1]),
            400,
            "EntityTooLarge",
        ),
    ] {
        let answer = running.ask(ask).await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    assert_eq!(running.get("k").await.status, 404, "nothing was stored");
    running.stop().await;
}

#[tokio::test]
async fn overwriting_can_be_forbidden() {
    let running = Running::start().await;
    let put = || {
        Ask::new("PUT", "/k")
            .header("x-cos-forbid-overwrite", "true")
            .body(b"first")
    };
    let asks = (0..8).map(|_| running.ask(put()));
    let mut statuses: Vec<_> = futures(asks)
        .await
        .into_iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [200, 409, 409, 409, 409, 409, 409, 409],
        "exactly one wins"
    );
    assert_eq!(running.ask(put()).await.code(), "FileAlreadyExists");
    running.stop().await;
}

/// All at the same time.
async fn futures<T>(asks: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut asks: Vec<_> = asks.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|ctx| {
        asks.retain_mut(|ask| match ask.as_mut().poll(ctx) {
            std::task::Poll::Ready(answer) => {
                done.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        if asks.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

#[tokio::test]
async fn a_body_that_is_cut_leaves_nothing() {
    let running = Running::start().await;
    running.put("k", b"old").await;
    let mut bytes = Ask::new("PUT", "/k")
        .body(&vec![b'x'; 3_000_000])
        .to_bytes(&running);
    bytes.truncate(bytes.len() - 1000);
    let answer = running.exchange(&bytes, false).await;
    assert_eq!((answer.status, answer.code()), (400, "IncompleteBody"));
    assert_eq!(running.get("k").await.text(), "old");

    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    drop(stream);
    assert_eq!(running.get("k").await.text(), "old");
    running.stop().await;
}

#[tokio::test]
async fn chunked_bodies_are_taken() {
    let running = Running::start().await;
    let mut ask = Ask::new("PUT", "/k")
        .header("Transfer-Encoding", "chunked")
        .without_length()
        .to_bytes(&running);
    ask.extend_from_slice(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(running.exchange(&ask, false).await.status, 200);
    assert_eq!(running.get("k").await.text(), "abcde");
    running.stop().await;
}

#[tokio::test]
async fn hostile_keys_and_large_bodies_survive_on_every_store() {
    for kind in [Kind::Memory, Kind::Sqlite, Kind::Fs] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let settings = StoreSettings {
            kind,
            path,
            durability: Durability::Relaxed,
        };
        let running = Running::with(
            Arc::new(NoFaults),
            Auth::Verify,
            store::open(&settings).unwrap(),
        )
        .await;
        let hostile = contract::HOSTILE_KEYS.iter().copied();
        let hostile: Vec<_> = hostile.filter(|key| check_new_key(key).is_ok()).collect();
        for key in &hostile {
            assert_eq!(
                running.put(key, key.as_bytes()).await.status,
                200,
                "{key:?}"
            );
        }
        for key in &hostile {
            assert_eq!(running.get(key).await.body, key.as_bytes(), "{key:?}");
        }
        let large = contract::pattern(3_333_333);
        assert_eq!(running.put("large", &large).await.status, 200);
        assert!(running.get("large").await.body == large);
        let all = running.cos.all_objects().await.unwrap();
        let mut keys: Vec<_> = hostile.into_iter().chain(["large"]).collect();
        keys.sort_unstable();
        let found: Vec<_> = all
            .iter()
            .map(|stored| stored.record.key.as_str())
            .collect();
        assert_eq!(found, keys);
        let outside: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(
            outside
                .iter()
                .all(|name| name.to_string_lossy().starts_with("store")),
            "{outside:?}"
        );
        running.stop().await;
    }
}

#[tokio::test]
async fn path_style_and_absolute_targets_reach_the_same_object() {
    let running = Running::start().await;
    running.put("k", b"x").await;
    let local = running.address().to_string();
    for ask in [
        Ask::new("GET", &format!("/{BUCKET}/k")).host(&local),
        Ask::new("GET", "/k").host("archive-1250000000.cos.ap-guangzhou.tencentcos.cn"),
        Ask::new("GET", "/k").host(&format!("{HOST}:80")),
    ] {
        assert_eq!(running.ask(ask.clone()).await.status, 200, "{ask:?}");
    }
    let bytes = Ask::new("GET", "/k").to_bytes(&running);
    let text =
        String::from_utf8(bytes)
            .unwrap()
            .replacen("GET /k", &format!("GET http://{HOST}/k"), 1);
    assert_eq!(running.exchange(text.as_bytes(), false).await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_waits_is_told_to_go_on_only_if_its_body_is_wanted() {
    let running = Running::start().await;
    let ask = Ask::new("PUT", "/k")
        .header("Expect", "100-continue")
        .body(b"body");
    let bytes = ask.to_bytes(&running);
    let (head, body) = bytes.split_at(bytes.len() - 4);
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream.write_all(head).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(running.get("k").await.text(), "body");

    let nowhere = ask.host("none-125.cos.ap-x.myqcloud.com");
    let bytes = nowhere.to_bytes(&running);
    let answer = running.exchange(&bytes[..bytes.len() - 4], false).await;
    assert_eq!((answer.status, answer.code()), (404, "NoSuchBucket"));
    running.stop().await;
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let running = Running::start().await;
    let keep = |ask: Ask| {
        let text = String::from_utf8(ask.to_bytes(&running)).unwrap();
        text.replace("Connection: close\r\n", "")
    };
    let requests = [
        keep(Ask::new("PUT", "/k").body(b"body")),
        keep(Ask::new("GET", "/none")),
        keep(Ask::new("DELETE", "/none")),
        keep(Ask::new("HEAD", "/none")),
        keep(Ask::new("GET", "/k")),
    ];
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream
        .write_all(requests.concat().as_bytes())
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    let statuses: Vec<_> = answers
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| &answer[..3])
        .collect();
    assert_eq!(statuses, ["200", "404", "204", "404", "200"]);
    assert!(answers.ends_with("\r\n\r\nbody"), "{answers}");
    running.stop().await;
}
