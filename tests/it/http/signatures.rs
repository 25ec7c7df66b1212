//! The signatures of the Cloud API against published vectors, and what is said about wrong ones.

use std::sync::Arc;

use backlot::http::Query;
use backlot::http::auth::{
    Credentials, Key, Keyring, Mismatch, Principal, SignatureError, tc3, v1,
};
use backlot::http::cloud_api::ApiError;
use hyper::HeaderMap;
use serde_json::Value;

const HOST: &str = "mps.tencentcloudapi.com";

/// One request of the vectors.
#[derive(Clone)]
struct Vector {
    method: String,
    hosts: Vec<String>,
    query: String,
    headers: HeaderMap,
    body: String,
    service: Option<String>,
    secret_key: String,
    token: Option<String>,
    now: i64,
    expected: Value,
}

impl Vector {
    fn read(vector: &Value) -> Self {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        for (name, value) in vector["headers"].as_object().unwrap() {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            headers.insert(name, value.as_str().unwrap().parse().unwrap());
        }
        let host = headers
            .get("host")
            .map_or(HOST, |host| host.to_str().unwrap());
        Self {
            method: text("method"),
            hosts: vec![host.to_owned()],
            query: text("query"),
            body: text("body"),
            service: None,
            secret_key: text("secret_key"),
            token: None,
            now: vector["timestamp"].as_i64().unwrap(),
            headers: headers.clone(),
            expected: vector.clone(),
        }
    }

    fn is_first_edition(&self) -> bool {
        self.expected["sign_method"] != "TC3-HMAC-SHA256"
    }

    fn verify(&self) -> Result<Arc<Key>, SignatureError> {
        let keyring = Keyring::default();
        let credentials = Credentials {
            secret_id: "AKIDEXAMPLEFAKE0001".to_owned(),
            secret_key: self.secret_key.clone(),
            token: self.token.clone(),
        };
        keyring.issue(credentials, Principal::new("owner", None));
        let hosts: Vec<_> = self.hosts.iter().map(String::as_str).collect();
        if self.is_first_edition() {
            let raw = if self.method == "GET" {
                &self.query
            } else {
                &self.body
            };
            let signed = v1::Signed {
                method: &self.method,
                hosts: &hosts,
                parameters: &Query::parse(raw),
            };
            return v1::verify(&signed, &keyring, self.now);
        }
        let signed = tc3::Signed {
            method: &self.method,
            hosts: &hosts,
            query: &self.query,
            headers: &self.headers,
            body: self.body.as_bytes(),
            service: self.service.as_deref(),
        };
        tc3::verify(&signed, &keyring, self.now)
    }

    fn replace(&mut self, header: &'static str, old: &str, new: &str) {
        let value = self.headers[header].to_str().unwrap();
        assert!(value.contains(old), "{value}");
        let value = value.replace(old, new);
        self.headers.insert(header, value.parse().unwrap());
    }
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../../vectors/api/sign-vectors.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    vectors
        .as_array()
        .unwrap()
        .iter()
        .map(Vector::read)
        .collect()
}

fn named(name: &str) -> Vector {
    let mut vectors = vectors().into_iter();
    vectors
        .find(|vector| vector.expected["name"] == name)
        .unwrap()
}

fn difference(vector: &Vector) -> (String, String) {
    match vector.verify() {
        Err(SignatureError::Mismatch(mismatch)) => {
            let difference = mismatch.difference();
            let (ours, theirs) = difference.expect("a common mistake").parts();
            (ours.to_owned(), theirs.to_owned())
        }
        other => panic!("{other:?}"),
    }
}

/// What a client of the Cloud API is told.
fn message(mismatch: Mismatch) -> String {
    ApiError::from(SignatureError::Mismatch(Box::new(mismatch))).message
}

#[test]
fn published_requests_verify() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let key = vector.verify();
        assert!(key.is_ok(), "{}: {key:?}", vector.expected["name"]);
        assert_eq!(key.unwrap().principal.name, "owner");
    }
}

#[test]
fn another_key_is_told_with_the_text_to_sign() {
    for mut vector in vectors() {
        "wrong".clone_into(&mut vector.secret_key);
        let Err(SignatureError::Mismatch(mismatch)) = vector.verify() else {
            panic!("{}", vector.expected["name"]);
        };
        assert_eq!(mismatch.difference(), None);
        let text = if vector.is_first_edition() {
            &vector.expected["string_to_sign"]
        } else {
            &vector.expected["canonical_request"]
        };
        let expected = &mismatch.expected.string_to_sign;
        assert!(expected.contains(text.as_str().unwrap()));
        assert!(!message(*mismatch).contains("wrong"));
    }
}

#[test]
fn every_change_of_a_signed_part_is_noticed() {
    for vector in vectors() {
        let name = vector.expected["name"].clone();
        let mut cases: Vec<(&str, Vector)> = Vec::new();
        let mut change = |what, change: &dyn Fn(&mut Vector)| {
            let mut changed = vector.clone();
            change(&mut changed);
            cases.push((what, changed));
        };
        change("host", &|vector| vector.hosts[0].push('x'));
        change("method", &|vector| {
            vector.method = if vector.method == "GET" {
                "POST"
            } else {
                "GET"
            }
            .to_owned();
            std::mem::swap(&mut vector.query, &mut vector.body);
        });
        if vector.query.is_empty() {
            change("body", &|vector| {
                vector.body = vector.body.replacen('s', "t", 1).replacen("Ta", "Tb", 1);
            });
        } else {
            change("query", &|vector| {
                vector.query = vector.query.replacen('=', "=x", 1);
            });
        }
        for (what, changed) in cases {
            assert!(changed.verify().is_err(), "{name}: {what}");
        }
    }
}

#[test]
fn hosts_count_with_and_without_their_port() {
    let mut vector = named("tc3-post-json");
    vector.hosts = vec![format!("{HOST}:443"), HOST.to_owned()];
    assert!(vector.verify().is_ok());
    let mut vector = named("v1-post-hmacsha256");
    vector.hosts = vec![format!("{HOST}:443"), HOST.to_owned()];
    assert!(vector.verify().is_ok());
}

#[test]
fn a_client_that_signs_its_usual_endpoint_is_told() {
    for name in ["tc3-post-json", "v1-post-hmacsha256", "v1-get-hmacsha1"] {
        let mut vector = named(name);
        vector.hosts = vec!["127.0.0.1:4680".to_owned()];
        let (ours, theirs) = difference(&vector);
        assert!(ours.contains("127.0.0.1:4680"), "{name}: {ours}");
        assert!(theirs.contains(HOST), "{name}: {theirs}");
    }
}

#[test]
fn a_content_type_that_changed_on_the_way_is_told() {
    let mut vector = named("tc3-post-json");
    vector.replace("content-type", "json", "json; charset=utf-8");
    let (ours, theirs) = difference(&vector);
    assert_eq!(ours, "content-type:application/json; charset=utf-8");
    assert_eq!(theirs, "content-type:application/json");
}

#[test]
fn the_scope_must_agree_with_the_request() {
    let vector = named("tc3-post-json");
    for (old, new) in [
        ("2023-11-14", "2023-11-15"),
        ("/tc3_request", "/tc4_request"),
        ("SignedHeaders=content-type;host", "SignedHeaders=host"),
        (
            "SignedHeaders=content-type;host",
            "SignedHeaders=content-type;host;x-not-sent",
        ),
        (", Signature=", ", Sig="),
        ("TC3-HMAC-SHA256 ", "TC3-HMAC-SHA1 "),
        ("Credential=AKIDEXAMPLEFAKE0001/", "Credential="),
    ] {
        let mut vector = vector.clone();
        vector.replace("authorization", old, new);
        let refused = vector.verify();
        assert!(
            matches!(refused, Err(SignatureError::Malformed(_))),
            "{new}: {refused:?}"
        );
    }
    let mut vector = vector;
    vector.service = Some("mps".to_owned());
    assert!(vector.verify().is_ok());
    vector.service = Some("scf".to_owned());
    assert!(matches!(vector.verify(), Err(SignatureError::Malformed(_))));
}

#[test]
fn keys_times_and_tokens_are_checked_in_both_editions() {
    for vector in [named("tc3-get"), named("v1-get-hmacsha1")] {
        let mut other = vector.clone();
        if other.is_first_edition() {
            other.query = other.query.replace("AKIDEXAMPLEFAKE0001", "AKIDUNKNOWN");
        } else {
            other.replace("authorization", "AKIDEXAMPLEFAKE0001", "AKIDUNKNOWN");
        }
        assert_eq!(
            other.verify().err(),
            Some(SignatureError::UnknownKey("AKIDUNKNOWN".to_owned()))
        );
        for skew in [-300, 300] {
            let mut early = vector.clone();
            early.now += skew;
            assert!(early.verify().is_ok());
            early.now += skew.signum();
            assert!(matches!(early.verify(), Err(SignatureError::Skewed { .. })));
        }
        let mut temporary = vector.clone();
        temporary.token = Some("token".to_owned());
        assert_eq!(temporary.verify().err(), Some(SignatureError::WrongToken));
    }
}

#[test]
fn what_is_missing_is_named() {
    for header in ["Authorization", "X-TC-Timestamp"] {
        let mut vector = named("tc3-post-json");
        vector.headers.remove(header);
        assert_eq!(vector.verify().err(), Some(SignatureError::Missing(header)));
    }
    for name in ["SecretId", "Timestamp", "Nonce", "Signature"] {
        let mut vector = named("v1-get-hmacsha1");
        vector.query = vector.query.replace(&format!("&{name}="), "&Other=");
        assert_eq!(vector.verify().err(), Some(SignatureError::Missing(name)));
    }
}

#[test]
fn a_raw_plus_sign_in_the_signature_is_a_plus_sign() {
    let mut vector = named("v1-get-hmacsha1");
    assert!(vector.query.contains("%2B4Rk"));
    vector.query = vector.query.replace("%2B4Rk", "+4Rk");
    assert!(vector.verify().is_ok());
}

/// A request of our own, signed with the functions of the emulator; the vectors prove those.
fn own(change: impl Fn(&mut HeaderMap), more: &[&str]) -> Vector {
    let mut vector = named("tc3-post-json");
    change(&mut vector.headers);
    let credentials = Credentials {
        secret_id: "AKIDEXAMPLEFAKE0001".to_owned(),
        secret_key: vector.secret_key.clone(),
        token: None,
    };
    let signed = tc3::Signed {
        method: &vector.method,
        hosts: &[HOST],
        query: "",
        headers: &vector.headers,
        body: vector.body.as_bytes(),
        service: None,
    };
    let authorization = tc3::sign(&signed, more, &credentials, "mps", vector.now);
    vector
        .headers
        .insert("authorization", authorization.parse().unwrap());
    vector
}

#[test]
fn signing_makes_what_the_vectors_say() {
    let ours = own(|_| {}, &[]);
    assert_eq!(
        ours.headers["authorization"],
        named("tc3-post-json").headers["authorization"]
    );
}

#[test]
fn more_headers_may_be_signed_and_then_count() {
    let vector = own(|_| {}, &["x-tc-action", "x-tc-region"]);
    assert!(vector.verify().is_ok());
    let mut other = vector;
    other
        .headers
        .insert("x-tc-action", "EditMedia".parse().unwrap());
    assert!(matches!(other.verify(), Err(SignatureError::Mismatch(_))));
}

#[test]
fn a_payload_may_be_left_unsigned() {
    let unsigned = |headers: &mut HeaderMap| {
        headers.insert("x-tc-content-sha256", "UNSIGNED-PAYLOAD".parse().unwrap());
    };
    let mut vector = own(unsigned, &[]);
    "another".clone_into(&mut vector.body);
    assert!(vector.verify().is_ok());
    let payload = |vector: &Vector| difference(vector);
    vector.headers.remove("x-tc-content-sha256");
    let (ours, theirs) = payload(&vector);
    assert_eq!(ours.len(), 64);
    assert_ne!(ours, theirs);
}

#[test]
fn a_signed_token_is_never_shown() {
    let with_token = |headers: &mut HeaderMap| {
        headers.insert("x-tc-token", "very-secret-token".parse().unwrap());
    };
    let mut vector = own(with_token, &["x-tc-token"]);
    vector.token = Some("very-secret-token".to_owned());
    assert!(vector.verify().is_ok());
    "{}".clone_into(&mut vector.body);
    let Err(SignatureError::Mismatch(mismatch)) = vector.verify() else {
        panic!("the body is another one");
    };
    let shown = message(*mismatch);
    assert!(shown.contains("x-tc-token:(not shown)"), "{shown}");
    assert!(!shown.contains("very-secret-token"), "{shown}");
}

proptest::proptest! {
    #[test]
    fn no_header_makes_the_verifier_panic(
        authorization in "(TC3-HMAC-SHA256 )?[ -~]{0,80}",
        id in "[A-Z]{0,3}",
        date in "[0-9-]{0,12}",
        signed in "[a-z;-]{0,30}",
        timestamp in "[-0-9]{0,21}",
    ) {
        let built = format!(
            "TC3-HMAC-SHA256 Credential={id}/{date}/mps/tc3_request, SignedHeaders={signed};host;content-type, Signature=0"
        );
        for authorization in [authorization, built] {
            let mut vector = named("tc3-post-json");
            vector.headers.insert("authorization", authorization.parse().unwrap());
            vector.headers.insert("x-tc-timestamp", timestamp.parse().unwrap());
            proptest::prop_assert!(vector.verify().is_err());
        }
    }

    #[test]
    fn no_authority_makes_the_router_panic(authority in "\\PC{0,40}", port in "[:\\[\\]@.0-9a-z]{0,20}") {
        for text in [&authority, &port] {
            let emulated = backlot::http::Emulated::default();
            let host = backlot::http::Host::of(text);
            let is_other = host == backlot::http::Host::Other;
            proptest::prop_assert!(!(is_other && emulated.covers(text, 80)));
        }
    }
}
