//! Keys and tokens stay with those who were given them: nothing that backlot writes down or tells others holds one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use backlot::config::Config;
use backlot::cos::store::{Durability, Kind};
use backlot::http::Query;
use backlot::http::auth::v5::{Signed, sign};
use backlot::http::auth::{Credentials, tc3};
use backlot::scf::{Function, InProcess};
use backlot::stage::{Settings, Stage, StoreChoice};
use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const HOST: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";

/// What must not be found, and what it is.
type Secrets = Vec<(&'static str, String)>;

fn settings(folder: &Path, given: &Arc<Mutex<Vec<Credentials>>>) -> Settings {
    let mut settings = Settings::from_config(&Config::embedded()).unwrap();
    let given = Arc::clone(given);
    let code = InProcess::handler(move |embedded, _event| {
        let mut variables = embedded.environment.into_iter();
        let mut find = |wanted: &str| {
            variables
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        };
        let credentials = Credentials {
            secret_id: find("TENCENTCLOUD_SECRETID").unwrap_or_default(),
            secret_key: find("TENCENTCLOUD_SECRETKEY").unwrap_or_default(),
            token: find("TENCENTCLOUD_SESSIONTOKEN"),
        };
        given.lock().unwrap().push(credentials);
        async { Ok(Bytes::from_static(b"\"ok\"")) }
    });
    settings.functions = vec![Function {
        has_role: true,
        ..Function::in_process("archive", code)
    }];
    settings.store = StoreChoice {
        kind: Kind::Fs,
        folder: Some(folder.to_owned()),
        durability: Durability::Relaxed,
    };
    settings
}

/// Sends bytes and reads until the connection ends.
async fn exchange(stage: &Stage, request: String) -> Vec<u8> {
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
    stage.attend(far, peer).await;
    near.write_all(request.as_bytes()).await.unwrap();
    near.shutdown().await.unwrap();
    let mut answer = Vec::new();
    near.read_to_end(&mut answer).await.unwrap();
    answer
}

/// A request with a token that is not covered, which is signed right, or for another path.
fn put(stage: &Stage, key: &Credentials, path: &str, signed_path: &str) -> String {
    let token = key.token.clone().unwrap_or_default();
    let (query, headers) = (Query::default(), HeaderMap::new());
    let signed = Signed {
        method: "PUT",
        hosts: &[HOST],
        paths: &[signed_path.as_bytes().to_vec()],
        query: &query,
        headers: &headers,
    };
    let now = stage.clock().client_now().as_second();
    let signature = sign(&signed, &["host"], key, (now - 60, now + 600));
    let token = if token.is_empty() {
        String::new()
    } else {
        format!("x-cos-security-token: {token}\r\n")
    };
    format!(
        "PUT {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nAuthorization: {signature}\r\n{token}\
         Content-Length: 2\r\n\r\nok"
    )
}

/// A call of the Cloud API, signed for another body if `is_wrong`.
fn call(stage: &Stage, key: &Credentials, is_wrong: bool) -> String {
    let body = r#"{"Name":"n","Policy":"{\"version\":\"2.0\",\"statement\":[]}"}"#;
    let now = stage.clock().client_now().as_second();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let signed = tc3::Signed {
        method: "POST",
        hosts: &["sts.tencentcloudapi.com"],
        query: "",
        headers: &headers,
        body: if is_wrong { b"{}" } else { body.as_bytes() },
        service: Some("sts"),
    };
    let authorization = tc3::sign(&signed, &[], key, "sts", now);
    format!(
        "POST / HTTP/1.1\r\nHost: sts.tencentcloudapi.com\r\nConnection: close\r\nContent-Type: application/json\r\n\
         X-TC-Action: GetFederationToken\r\nX-TC-Version: 2018-08-13\r\nX-TC-Timestamp: {now}\r\n\
         Authorization: {authorization}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[track_caller]
fn clean(secrets: &Secrets, place: &str, bytes: &[u8]) {
    for (what, secret) in secrets {
        let mut windows = bytes.windows(secret.len());
        let found = windows.any(|window| window == secret.as_bytes());
        assert!(
            !found,
            "{what} in {place}: {}",
            String::from_utf8_lossy(bytes)
        );
    }
}

fn clean_files(secrets: &Secrets, folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            clean_files(secrets, &path);
        } else if path.file_name().unwrap() != "ca-key.pem" {
            clean(
                secrets,
                &path.display().to_string(),
                &std::fs::read(&path).unwrap(),
            );
        }
    }
}

/// The text of a member of an answer in JSON.
fn member(answer: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(answer);
    let after = text.split_once(&format!("\"{name}\":\""))?.1;
    Some(after.split_once('"')?.0.to_owned())
}

#[tokio::test]
async fn no_key_and_no_token_is_told_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let given = Arc::new(Mutex::new(Vec::new()));
    let stage = Stage::start(settings(folder.path(), &given)).await.unwrap();
    let owner = stage.owner().clone();
    stage.call("archive", Bytes::from_static(b"{}")).await;
    let role = given.lock().unwrap().first().cloned().unwrap();
    assert!(role.token.is_some(), "the function has a role");
    let pem = std::fs::read_to_string(folder.path().join("ca-key.pem")).unwrap();
    let mut secrets: Secrets = vec![
        ("the owner's key", owner.secret_key.clone()),
        ("the role's key", role.secret_key.clone()),
        ("the role's token", role.token.clone().unwrap()),
        (
            "the authority's key",
            pem.lines().nth(1).unwrap().to_owned(),
        ),
        ("somebody's password", "moon-and-stars".to_owned()),
    ];

    let right = exchange(&stage, put(&stage, &role, "/a", "/a")).await;
    assert!(
        right.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&right)
    );
    let wrong = exchange(&stage, put(&stage, &role, "/a", "/b")).await;
    assert!(
        wrong.starts_with(b"HTTP/1.1 403"),
        "{}",
        String::from_utf8_lossy(&wrong)
    );
    let issued = exchange(&stage, call(&stage, &owner, false)).await;
    for (what, name) in [
        ("a session's key", "TmpSecretKey"),
        ("a session's token", "Token"),
    ] {
        let secret = member(&issued, name);
        let shown = || String::from_utf8_lossy(&issued).into_owned();
        secrets.push((what, secret.unwrap_or_else(|| panic!("{}", shown()))));
    }
    let refused = exchange(&stage, call(&stage, &owner, true)).await;
    assert!(member(&refused, "Code").is_some_and(|code| code.starts_with("AuthFailure")));
    let elsewhere = "GET http://me:moon-and-stars@metadata.tencentyun.com/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let elsewhere = exchange(&stage, elsewhere.to_owned()).await;
    let stranger = "GET http://me:moon-and-stars@example.com/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let stranger = exchange(&stage, stranger.to_owned()).await;
    for (place, answer) in [
        ("the answer to a right request", right),
        ("the answer to a wrong request", wrong),
        ("the answer to a wrong call", refused),
        ("the answer for another host", elsewhere),
        ("the answer of the proxy", stranger),
    ] {
        clean(&secrets, place, &answer);
    }

    for path in ["health", "clock", "faults", "journal", "logs", "state"] {
        let request = format!(
            "GET /_backlot/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(&stage, request).await;
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}");
        clean(&secrets, path, &answer);
    }
    clean(
        &secrets,
        "what developers see",
        format!("{stage:?} {:?}", stage.client_env()).as_bytes(),
    );
    stage.stop().await;
    clean_files(&secrets, folder.path());
}

#[tokio::test]
async fn the_key_of_the_authority_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::start(settings(folder.path(), &Arc::default()))
        .await
        .unwrap();
    let mode = |name: &str| {
        let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("ca-key.pem"), 0o600);
    assert_eq!(mode("ca.pem"), 0o644);
    stage.stop().await;
}
