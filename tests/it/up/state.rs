//! Buckets and objects in a file, out of one backlot and into another.

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::http::Query;
use backlot::http::auth::v5::{Signed, sign};
use backlot::stage::owner_keys;
use hyper::header::HeaderMap;

use super::kit::{Answered, Client, Up};

const HOST: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";

pub(super) fn ask(client: Client, method: &str, key: &str, body: &[u8]) -> Answered {
    signed(
        client,
        method,
        HOST,
        &format!("/{key}"),
        "x-cos-meta-a: b\r\n",
        body,
    )
}

/// A request to COS that the owner of a stage with `--seed 1` signs.
pub(super) fn signed(
    client: Client,
    method: &str,
    host: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> Answered {
    let (path, parameters) = target.split_once('?').unwrap_or((target, ""));
    let paths = [path.as_bytes().to_vec()];
    let (query, no_headers) = (Query::parse(parameters), HeaderMap::new());
    let request = Signed {
        method,
        hosts: &[host],
        paths: &paths,
        query: &query,
        headers: &no_headers,
    };
    let now = Clock::real().client_now().as_second();
    let keys = owner_keys(Seed(1));
    let signature = sign(&request, &["host"], &keys, (now - 60, now + 600));
    let headers = format!("Host: {host}\r\nAuthorization: {signature}\r\n{headers}");
    client.ask(method, target, &headers, body)
}

#[test]
fn objects_go_from_one_backlot_to_another_with_everything() {
    let from = Up::start("--seed 1 --store memory");
    let large = vec![b'\n'; 300_000];
    for (key, body) in [
        ("a/b", &b"{\"objects\":1}\n"[..]),
        ("empty", b""),
        ("large", &large),
    ] {
        assert_eq!(ask(from.client(), "PUT", key, body).status, 200, "{key}");
    }
    let before = ask(from.client(), "GET", "a/b", b"");
    let saved = from.backlot("state save kept");
    assert_eq!(
        (saved.code, saved.stdout.as_str()),
        (Some(0), "saved kept\n"),
        "{saved:?}"
    );

    let to = Up::start("--seed 1 --data data --store fs");
    assert_eq!(ask(to.client(), "PUT", "other", b"x").status, 200);
    let file = from.place.path().join("kept");
    let loaded = to.line("state load").arg(&file).run();
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    assert!(
        loaded.stdout.starts_with("loaded 3 objects from "),
        "{loaded:?}"
    );
    let after = ask(to.client(), "GET", "a/b", b"");
    assert_eq!(after.body, before.body);
    for name in [
        "ETag",
        "Last-Modified",
        "x-cos-meta-a",
        "x-cos-hash-crc64ecma",
    ] {
        assert!(!before.header(name).is_empty(), "{name}");
        assert_eq!(after.header(name), before.header(name), "{name}");
    }
    assert_eq!(ask(to.client(), "GET", "large", b"").body, large);
    assert_eq!(
        ask(to.client(), "GET", "other", b"").status,
        404,
        "it was replaced"
    );

    let whole = std::fs::read(&file).unwrap();
    let mut changed = whole.clone();
    let at = changed
        .windows(9)
        .position(|part| part == b"{\"objects")
        .unwrap();
    changed[at + 1] = b'X';
    for broken in [&whole[..whole.len() - 9], &changed, b"", b"{}\n"] {
        to.place.write("broken", "");
        std::fs::write(to.place.path().join("broken"), broken).unwrap();
        let refused = to.backlot("state load broken");
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused.stderr.contains("this is not a saved state"),
            "{refused:?}"
        );
    }
    assert_eq!(
        ask(to.client(), "GET", "large", b"").body,
        large,
        "nothing was changed"
    );
}

#[test]
fn objects_are_exported_at_the_end_and_imported_at_the_start() {
    let up = Up::start("--seed 1 --export-on-exit kept");
    assert_eq!(ask(up.client(), "PUT", "a", b"1").status, 200);
    up.running.signal("TERM");
    let Up { place, running, .. } = up;
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("exported 1 object to"), "{ended:?}");
    let up = place.up("--seed 1 --import kept");
    assert_eq!(ask(up.client(), "GET", "a", b"").body, b"1");
    let Up { place, .. } = up;
    let folder = place.path().join("tree/archive-1250000000/deep");
    std::fs::create_dir_all(&folder).expect("a folder");
    place.write("tree/archive-1250000000/deep/b.txt", "2");
    let up = place.up("--seed 1 --import tree");
    assert_eq!(ask(up.client(), "GET", "deep/b.txt", b"").body, b"2");
    let Up { place, .. } = up;
    let ended = place
        .backlot("up --listen 127.0.0.1:0 --import nowhere")
        .run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
fn objects_outlive_a_kill_in_the_data_folder() {
    for store in ["sqlite", "fs"] {
        let flags = format!("--seed 1 --data data --store {store}");
        let up = Up::start(&flags);
        assert_eq!(ask(up.client(), "PUT", "a", b"1").status, 200);
        up.running.signal("KILL");
        let Up { place, running, .. } = up;
        running.end();
        let up = place.up(&flags);
        assert_eq!(ask(up.client(), "GET", "a", b"").body, b"1", "{store}");
    }
}

const CORS: &[u8] = b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
                      </CORSRule></CORSConfiguration>";
const ENABLED: &[u8] =
    b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).expect("it begins").1;
    rest.split_once(end).expect("it ends").0
}

#[test]
fn versions_and_configurations_are_kept_and_unfinished_uploads_are_not() {
    for store in ["memory", "sqlite --data data", "fs --data data"] {
        let from = Up::start("--seed 1 --store memory");
        let to = |method: &str, target: &str, body: &[u8]| {
            let answered = ask(from.client(), method, target, body);
            assert!(answered.status < 300, "{target}: {answered:?}");
            answered
        };
        to("PUT", "?cors", CORS);
        to("PUT", "?versioning", ENABLED);
        let first = to("PUT", "k", b"one");
        to("PUT", "k", b"two");
        to(
            "PUT",
            "k?tagging",
            b"<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>",
        );
        to("DELETE", "k", b"");
        let begun = to("POST", "big?uploads", b"").text();
        let id = between(&begun, "<UploadId>", "</UploadId>");
        to("PUT", &format!("big?partNumber=1&uploadId={id}"), b"part");
        let shown = ["?versions", "?cors", "?versioning"].map(|what| to("GET", what, b"").text());
        assert_eq!(from.backlot("state save kept").code, Some(0));

        let there = Up::start(&format!("--seed 1 --store {store}"));
        let before = ask(there.client(), "POST", "gone?uploads", b"");
        assert_eq!(before.status, 200);
        let file = from.place.path().join("kept");
        assert_eq!(there.line("state load").arg(&file).run().code, Some(0));
        for (what, expected) in ["?versions", "?cors", "?versioning"].iter().zip(&shown) {
            let found = ask(there.client(), "GET", what, b"").text();
            assert_eq!(&found, expected, "{store}: {what}");
        }
        let version = first.header("x-cos-version-id");
        let old = ask(
            there.client(),
            "GET",
            &format!("k?versionId={version}"),
            b"",
        );
        assert_eq!(old.body, b"one", "{store}");
        assert_eq!(
            ask(there.client(), "GET", "k", b"").status,
            404,
            "{store}: a marker hides it"
        );
        let uploads = ask(there.client(), "GET", "?uploads", b"").text();
        assert!(!uploads.contains("<Upload>"), "{store}: {uploads}");
    }
}

#[test]
fn hosts_of_ones_own_are_buckets() {
    let place = super::kit::Place::new();
    let said = "domains: { Media.Example.com: archive-1250000000 }\n";
    place.write("backlot.yaml", said);
    let up = place.up("--seed 1");
    let published = ask(up.client(), "PUT", "k", b"open");
    assert_eq!(published.status, 200);
    let host = "Host: media.example.com\r\n";
    let refused = up.client().ask("GET", "/k", host, b"");
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(
        refused
            .text()
            .contains("<Resource>media.example.com/k</Resource>"),
        "{refused:?}"
    );
    let other = up
        .client()
        .ask("GET", "/k", "Host: other.example.com\r\n", b"");
    assert_eq!(other.status, 501, "{other:?}");
    let Up { place, running, .. } = up;
    running.signal("TERM");
    running.end();
    place.write(
        "backlot.yaml",
        "domains: { media.example.com: archiv-1250000000 }\n",
    );
    let ended = place.backlot("up --listen 127.0.0.1:0").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("backlot.yaml:1:31"), "{ended:?}");
    assert!(
        ended.stderr.contains("did you mean `archive-1250000000`?"),
        "{ended:?}"
    );
}
