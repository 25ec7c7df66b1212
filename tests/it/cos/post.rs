//! Uploads out of forms.

use backlot::http::auth::post::sign;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{Answered, Ask, BUCKET, HOST, Running};

/// The fields of a form with a policy like the one that is published, signed now.
fn fields(running: &Running, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let now = running.clock.client_now().as_second();
    let key_time = format!("{};{}", now - 60, now + 900);
    let id = &running.credentials.secret_id;
    let policy = format!(
        r#"{{"expiration":"2099-01-01T00:00:00.000Z","conditions":[{{"acl":"default"}},["starts-with","$key","upload/"],
        ["content-length-range",1,1048576],{{"q-sign-algorithm":"sha1"}},{{"q-ak":"{id}"}},{{"q-sign-time":"{key_time}"}}]}}"#
    );
    let signature = sign(
        &running.credentials.secret_key,
        &key_time,
        policy.as_bytes(),
    );
    let encoded = STANDARD.encode(&policy);
    let signed = [
        ("q-sign-algorithm", "sha1"),
        ("q-ak", id),
        ("q-key-time", &key_time),
        ("q-signature", &signature),
        ("policy", &encoded),
        ("acl", "default"),
    ];
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, value) in signed.iter().chain(more) {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).into(), (*value).into()));
    }
    fields
}

fn form(fields: &[(String, String)], files: &[&str]) -> Vec<u8> {
    let field = |head: &str, body: &str| {
        format!("--xyz\r\nContent-Disposition: form-data; name=\"{head}\r\n\r\n{body}\r\n")
    };
    let fields = fields
        .iter()
        .map(|(name, value)| field(&format!("{name}\""), value));
    let head = "file\"; filename=\"照片.txt\"\r\nContent-Type: image/png";
    let files = files.iter().map(|file| field(head, file));
    let body: String = fields.chain(files).collect();
    (body + "--xyz--\r\n").into_bytes()
}

async fn post(running: &Running, fields: &[(String, String)], files: &[&str]) -> Answered {
    let ask = Ask::new("POST", "/")
        .header("Content-Type", "multipart/form-data; boundary=xyz")
        .body(&form(fields, files));
    running.ask(ask.unsigned()).await
}

#[tokio::test]
async fn the_file_of_a_signed_form_becomes_an_object() {
    let running = Running::start().await;
    let more = [
        ("Key", "upload/${filename}"),
        ("Content-Type", "text/plain"),
        ("x-cos-meta-a", "测试"),
    ];
    let answer = post(&running, &fields(&running, &more), &["[Object Content]"]).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    let etag = "\"ee8de918d05640145b18f70f4c3aa602\"";
    assert_eq!(answer.header("ETag"), Some(etag));
    let location = format!("http://{HOST}/upload/%E7%85%A7%E7%89%87.txt");
    assert_eq!(answer.header("Location"), Some(location.as_str()));
    let found = running
        .cos
        .get_object(BUCKET, "upload/照片.txt")
        .await
        .unwrap();
    let (record, body) = found.unwrap();
    assert_eq!(&body[..], b"[Object Content]");
    let header = |pairs: &[(String, backlot::cos::store::Octets)], name: &str| {
        let found = pairs.iter().find(|(known, _)| known == name);
        String::from_utf8(found.unwrap().1.0.to_vec()).unwrap()
    };
    assert_eq!(header(&record.headers, "content-type"), "text/plain");
    assert_eq!(header(&record.metadata, "x-cos-meta-a"), "测试");
    let changes = running.changes.lock().unwrap().clone();
    assert_eq!(changes[0].event_name, "cos:ObjectCreated:Post");
    assert_eq!(changes[0].source_ip, "127.0.0.1");
    running.stop().await;
}

#[tokio::test]
async fn the_answer_is_the_one_that_was_asked_for() {
    let running = Running::start().await;
    let ask = async |name, value| {
        let more = [("key", "upload/k"), (name, value)];
        post(&running, &fields(&running, &more), &["[Object Content]"]).await
    };
    let created = ask("success_action_status", "201").await;
    let expected = format!(
        "<PostResponse>\n\t<Location>http://{HOST}/upload/k</Location>\n\t<Bucket>{BUCKET}</Bucket>\n\
         \t<Key>upload/k</Key>\n\t<ETag>&quot;ee8de918d05640145b18f70f4c3aa602&quot;</ETag>\n</PostResponse>"
    );
    assert_eq!((created.status, created.text()), (201, expected.as_str()));
    assert_eq!(ask("success_action_status", "200").await.status, 200);
    assert_eq!(ask("success_action_status", "999").await.status, 204);
    let sent = ask("success_action_redirect", "http://127.0.0.1/done?x=1").await;
    let location = format!(
        "http://127.0.0.1/done?x=1&bucket={BUCKET}&key=upload%2Fk&etag=%22ee8de918d05640145b18f70f4c3aa602%22"
    );
    assert_eq!(
        (sent.status, sent.header("Location")),
        (303, Some(location.as_str()))
    );
    running.stop().await;
}

#[tokio::test]
async fn forms_that_are_not_allowed_are_refused() {
    let running = Running::start().await;
    let other = STANDARD.encode(r#"{"expiration":"2030-01-01T00:00:00Z","conditions":[]}"#);
    let big = "x".repeat(1_048_577);
    for (more, files, status, code, message) in [
        (
            vec![("key", "down/k")],
            vec!["x"],
            403,
            "AccessDenied",
            Some("Condition key key doesn&apos;t match the value down/k"),
        ),
        (
            vec![("key", "upload/k")],
            vec![],
            400,
            "IncorrectNumberOfFilesInPostRequest",
            None,
        ),
        (
            vec![("key", "upload/k")],
            vec!["a", "b"],
            400,
            "IncorrectNumberOfFilesInPostRequest",
            None,
        ),
        (
            vec![("key", "upload/k")],
            vec![""],
            400,
            "EntityTooSmall",
            None,
        ),
        (
            vec![("key", "upload/k")],
            vec![big.as_str()],
            400,
            "EntityTooLarge",
            None,
        ),
        (vec![("key", "")], vec!["x"], 400, "InvalidArgument", None),
        (
            vec![("key", "upload/k"), ("policy", other.as_str())],
            vec!["x"],
            403,
            "SignatureDoesNotMatch",
            Some("The Signature you specified is invalid."),
        ),
        (
            vec![("key", "upload/k"), ("q-ak", "AKIDOTHER")],
            vec!["x"],
            403,
            "InvalidAccessKeyId",
            None,
        ),
        (
            vec![
                ("key", "upload/k"),
                ("Content-MD5", "ZajifYh5KDgxtmS9i38K1A=="),
            ],
            vec!["x"],
            400,
            "BadDigest",
            None,
        ),
    ] {
        let answer = post(&running, &fields(&running, &more), &files).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{more:?}");
        assert!(message.is_none_or(|message| answer.element("Message") == message));
    }
    let bare = post(&running, &[("key".into(), "upload/k".into())], &["x"]).await;
    assert_eq!((bare.status, bare.code()), (403, "AccessDenied"));
    let plain = Ask::new("POST", "/")
        .header("Content-Type", "text/plain")
        .body(b"x");
    let plain = running.ask(plain.unsigned()).await;
    assert_eq!((plain.status, plain.code()), (400, "MalformedPOSTRequest"));
    let found = running.cos.all_objects().await.unwrap();
    assert!(found.is_empty(), "nothing was stored");
    running.stop().await;
}
