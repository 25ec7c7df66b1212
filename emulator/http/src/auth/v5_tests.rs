//! The published vectors verify, and what is close to them does not.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::*;
use crate::auth::{Credentials, Principal};
use crate::query::Parameter;

const NOW: i64 = 1_700_000_100;

/// A vector as a request.
struct Sent {
    name: String,
    method: String,
    host: String,
    path: Vec<u8>,
    query: Query,
    headers: HeaderMap,
    format_string: String,
    string_to_sign: String,
}

impl Sent {
    fn signed<'a>(&'a self, hosts: &'a [&'a str], paths: &'a [Vec<u8>]) -> Signed<'a> {
        Signed {
            method: &self.method,
            hosts,
            paths,
            query: &self.query,
            headers: &self.headers,
        }
    }

    fn verify(&self, keyring: &Keyring, now: i64) -> Result<Arc<Key>, SignatureError> {
        let (hosts, paths) = ([self.host.as_str()], [self.path.clone()]);
        verify(&self.signed(&hosts, &paths), keyring, now)
    }
}

fn keyring(token: Option<&str>) -> Keyring {
    let keyring = Keyring::default();
    let credentials = Credentials {
        secret_id: "AKIDEXAMPLEEXAMPLEEXAMPLE000000000000".into(),
        secret_key: "EXAMPLEsecretKEYexampleSECRETkey".into(),
        token: token.map(Into::into),
    };
    keyring.issue(credentials, Principal::new("owner", None));
    keyring
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

fn vectors() -> Vec<Sent> {
    let file = include_str!("../../../../tests/vectors/cos/signature-vectors.json");
    let file: Value = serde_json::from_str(file).unwrap();
    file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .map(sent)
        .collect()
}

fn sent(vector: &Value) -> Sent {
    let mut headers = HeaderMap::new();
    let mut host = "examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com".to_owned();
    for (name, value) in vector["signed_headers_input"]
        .as_object()
        .into_iter()
        .flatten()
    {
        if name == "Host" {
            host = text(value);
        }
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(
            name,
            HeaderValue::from_bytes(text(value).as_bytes()).unwrap(),
        );
    }
    let mut parameters = Vec::new();
    for (name, value) in vector["signed_params_input"]
        .as_object()
        .into_iter()
        .flatten()
    {
        parameters.push(format!("{name}={}", encode(text(value).as_bytes())));
    }
    let mut raw_query = parameters.join("&");
    if let Some(authorization) = vector["authorization"].as_str() {
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
    }
    if let Some((_, query)) = vector["presigned_url"]
        .as_str()
        .and_then(|url| url.split_once('?'))
    {
        raw_query = query.to_owned();
    }
    let format_string = text(&vector["http_string"]);
    Sent {
        name: text(&vector["name"]),
        method: text(&vector["method"]),
        host,
        path: format_string.lines().nth(1).unwrap().as_bytes().to_vec(),
        query: Query::parse(&raw_query),
        headers,
        format_string,
        string_to_sign: text(&vector["string_to_sign"]),
    }
}

fn vector(name: &str) -> Sent {
    vectors()
        .into_iter()
        .find(|vector| vector.name == name)
        .unwrap()
}

/// Only one of the vectors was made with a temporary key.
fn keyring_for(vector: &Sent) -> Keyring {
    let is_temporary = vector.headers.contains_key("x-cos-security-token");
    keyring(is_temporary.then_some("EXAMPLE/session+token=="))
}

#[test]
fn every_published_vector_verifies() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 14);
    for vector in vectors {
        let key = vector.verify(&keyring_for(&vector), NOW);
        assert_eq!(
            key.map(|key| key.principal.name.clone()),
            Ok("owner".into()),
            "{}",
            vector.name
        );
    }
}

#[test]
fn a_wrong_signature_shows_what_should_have_been_signed() {
    for mut vector in vectors() {
        let keyring = keyring_for(&vector);
        let format_string = vector.format_string.clone();
        let string_to_sign = vector.string_to_sign.clone();
        if let Some(header) = vector.headers.get(AUTHORIZATION) {
            let mut text = header.to_str().unwrap().to_owned();
            let last = if text.ends_with('0') { "1" } else { "0" };
            text.replace_range(text.len() - 1.., last);
            vector.headers.insert(AUTHORIZATION, text.parse().unwrap());
        } else {
            let bent = |part: &Parameter| {
                let value = if part.name == "q-signature" {
                    "0"
                } else {
                    &part.value
                };
                format!("{}={}", part.name, encode(value.as_bytes()))
            };
            let parts: Vec<_> = vector.query.iter().map(bent).collect();
            vector.query = Query::parse(&parts.join("&"));
        }
        let expected = SignatureError::Mismatch(Box::new(Mismatch {
            expected: SignedText {
                string_to_sign,
                format_string,
            },
            client: None,
            separator: '\n',
        }));
        assert_eq!(
            vector.verify(&keyring, NOW).unwrap_err(),
            expected,
            "{}",
            vector.name
        );
    }
}

#[test]
fn what_is_signed_cannot_be_changed() {
    let mut vector = vector("put-object-simple");
    let keyring = keyring(None);
    vector
        .headers
        .insert("content-type", "text/html".parse().unwrap());
    assert!(matches!(
        vector.verify(&keyring, NOW),
        Err(SignatureError::Mismatch(_))
    ));
    vector.headers.remove("content-type");
    assert!(matches!(
        vector.verify(&keyring, NOW),
        Err(SignatureError::Mismatch(_))
    ));
}

#[test]
fn what_is_not_signed_can_be_changed() {
    let mut vector = vector("node-put-object");
    vector
        .headers
        .insert("content-type", "text/html".parse().unwrap());
    assert!(vector.verify(&keyring(None), NOW).is_ok());
}

#[test]
fn the_span_is_judged() {
    let vector = vector("put-object-simple");
    let keyring = keyring(None);
    let end = 1_700_003_600;
    assert!(vector.verify(&keyring, end).is_ok());
    assert_eq!(
        vector.verify(&keyring, end + 1).unwrap_err(),
        SignatureError::Expired { end }
    );
    let start = 1_700_000_000;
    assert!(vector.verify(&keyring, start - 900).is_ok());
    assert_eq!(
        vector.verify(&keyring, start - 901).unwrap_err(),
        SignatureError::TooEarly { start }
    );
}

#[test]
fn keys_and_tokens_must_be_known() {
    let simple = vector("put-object-simple");
    let unknown = SignatureError::UnknownKey("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000".into());
    assert!(!unknown.is_about_real_key());
    assert_eq!(
        simple.verify(&Keyring::default(), NOW).unwrap_err(),
        unknown
    );
    let wrong = Err(SignatureError::WrongToken);
    let temporary = vector("temp-credential");
    let name =
        |verified: Result<Arc<Key>, SignatureError>| verified.map(|key| key.principal.name.clone());
    assert_eq!(name(temporary.verify(&keyring(Some("other")), NOW)), wrong);
    assert_eq!(name(temporary.verify(&keyring(None), NOW)), wrong);
    assert_eq!(name(simple.verify(&keyring(Some("token")), NOW)), wrong);
}

#[test]
fn one_of_several_spellings_suffices() {
    let vector = vector("node-custom-domain-port");
    let hosts = ["localhost", "localhost:9000"];
    let paths = [b"/x".to_vec(), vector.path.clone()];
    assert!(verify(&vector.signed(&hosts, &paths), &keyring(None), NOW).is_ok());
}

#[test]
fn a_list_in_the_query_may_be_escaped_twice_or_not_at_all() {
    let vector = vector("presigned-get-url");
    let raw = "q-sign-algorithm=sha1&q-ak=AKIDEXAMPLEEXAMPLEEXAMPLE000000000000&q-sign-time=1700000000;1700003600&\
               q-key-time=1700000000%3b1700003600&q-header-list=host&q-url-param-list=response-content-type&\
               q-signature=77bec313e083cfb0592b4571fce29c9af6f23d10&Response-Content-Type=text%2fplain";
    let (hosts, paths) = ([vector.host.as_str()], [vector.path.clone()]);
    let signed = Signed {
        query: &Query::parse(raw),
        ..vector.signed(&hosts, &paths)
    };
    assert!(verify(&signed, &keyring(None), NOW).is_ok());
    let whole = vector_text("put-object-simple");
    let put = super::tests::vector("put-object-simple");
    let mut headers = put.headers.clone();
    headers.insert(AUTHORIZATION, HeaderValue::from_static(""));
    let query = Query::parse(&format!("sign={}", encode(whole.as_bytes())));
    let (hosts, paths) = ([put.host.as_str()], [put.path.clone()]);
    let signed = Signed {
        query: &query,
        headers: &headers,
        ..put.signed(&hosts, &paths)
    };
    assert!(verify(&signed, &keyring(None), NOW).is_ok());
}

fn vector_text(name: &str) -> String {
    vector(name).headers[AUTHORIZATION]
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn what_cannot_be_read_is_malformed_and_nothing_is_anonymous() {
    let mut vector = vector("put-object-simple");
    let keyring = keyring(None);
    for bent in [
        "x",
        "q-sign-algorithm=md5",
        "AWS4-HMAC-SHA256 Credential=x",
        "q-sign-algorithm=sha1&q-ak=a",
    ] {
        vector.headers.insert(AUTHORIZATION, bent.parse().unwrap());
        assert!(
            matches!(
                vector.verify(&keyring, NOW),
                Err(SignatureError::Malformed(_))
            ),
            "{bent}"
        );
    }
    for absent in [Some(""), None] {
        vector.headers.remove(AUTHORIZATION);
        if let Some(empty) = absent {
            vector.headers.insert(AUTHORIZATION, empty.parse().unwrap());
        }
        assert_eq!(
            vector.verify(&keyring, NOW).unwrap_err(),
            SignatureError::Unsigned
        );
    }
}

#[test]
fn what_is_signed_here_verifies_here() {
    let query = Query::parse("prefix=a%2Fb+c&uploads");
    let headers: HeaderMap = [(
        HeaderName::from_static("x-cos-meta-a"),
        HeaderValue::from_bytes("中".as_bytes()).unwrap(),
    )]
    .into_iter()
    .collect();
    let (hosts, paths) = (["h:1"], [b"/".to_vec()]);
    let request = Signed {
        method: "GET",
        hosts: &hosts,
        paths: &paths,
        query: &query,
        headers: &headers,
    };
    let keyring = keyring(None);
    let credentials = keyring
        .find("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000")
        .unwrap()
        .credentials
        .clone();
    let authorization = sign(
        &request,
        &["Host", "x-cos-meta-a"],
        &credentials,
        (NOW, NOW + 60),
    );
    let mut headers = headers.clone();
    headers.insert(AUTHORIZATION, authorization.parse().unwrap());
    let request = Signed {
        headers: &headers,
        ..request
    };
    assert!(verify(&request, &keyring, NOW).is_ok());
}

#[test]
fn refusals_never_show_a_secret_key() {
    let mut vector = vector("put-object-simple");
    let keyring = keyring(None);
    vector.method = "GET".into();
    let refused = vector.verify(&keyring, NOW).unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("EXAMPLEsecret"));
    let key = keyring
        .find("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000")
        .unwrap();
    assert!(!format!("{key:?}").contains("EXAMPLEsecret"));
}

#[test]
fn what_is_listed_must_have_come() {
    let (query, headers) = (Query::default(), HeaderMap::new());
    let (hosts, paths) = (["h"], [b"/".to_vec()]);
    let request = Signed {
        method: "GET",
        hosts: &hosts,
        paths: &paths,
        query: &query,
        headers: &headers,
    };
    let keyring = keyring(None);
    let key = keyring
        .find("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000")
        .unwrap();
    for (listed, is_accepted) in [("host", true), ("range", false)] {
        // Made without the header, which counts for nothing in the text that is signed.
        let authorization = sign(&request, &[listed], &key.credentials, (NOW, NOW + 60));
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        let request = Signed {
            headers: &headers,
            ..request
        };
        assert_eq!(verify(&request, &keyring, NOW).is_ok(), is_accepted);
    }
}

#[test]
fn what_the_client_has_signed_instead_is_found() {
    let keyring = keyring(None);
    let client = |vector: &Sent| match vector.verify(&keyring, NOW) {
        Err(SignatureError::Mismatch(mismatch)) => {
            let difference = mismatch.difference().expect("a common mistake");
            (difference.to_string(), mismatch.client.unwrap())
        }
        other => panic!("{other:?}"),
    };
    // Signed for PUT, sent as POST.
    let mut other_method = vector("put-object-simple");
    let signed = other_method.format_string.clone();
    other_method.method = "POST".into();
    let (difference, text) = client(&other_method);
    assert_eq!(text.format_string, signed);
    assert!(difference.contains("line 1, column 2"), "{difference}");
    assert!(
        difference.contains("`ost`") && difference.contains("`ut`"),
        "{difference}"
    );
    // Signed without the header that is listed.
    let (query, headers) = (Query::default(), HeaderMap::new());
    let (hosts, paths) = (["h"], [b"/k".to_vec()]);
    let bare = Signed {
        method: "GET",
        hosts: &hosts,
        paths: &paths,
        query: &query,
        headers: &headers,
    };
    let key = keyring
        .find("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000")
        .unwrap();
    let authorization = sign(&bare, &["host", "range"], &key.credentials, (NOW, NOW + 60));
    let mut headers = HeaderMap::new();
    headers.insert("range", HeaderValue::from_static("bytes=0-"));
    headers.insert(AUTHORIZATION, authorization.parse().unwrap());
    let request = Signed {
        headers: &headers,
        ..bare
    };
    let refused = verify(&request, &keyring, NOW).unwrap_err();
    let SignatureError::Mismatch(mismatch) = &refused else {
        panic!("{refused:?}");
    };
    let client = mismatch.client.as_ref().unwrap();
    assert_eq!(client.format_string, "get\n/k\n\nhost=h\n");
    assert!(!format!("{refused:?}").contains("EXAMPLEsecret"));
}

#[test]
fn keys_that_have_expired_say_so() {
    let simple = vector("put-object-simple");
    let keyring = keyring(None);
    let mut key = keyring
        .find("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000")
        .map(Arc::unwrap_or_clone)
        .unwrap();
    let at = jiff::Timestamp::from_second(NOW).unwrap();
    key.expires = Some(at);
    keyring.add(key);
    assert!(simple.verify(&keyring, NOW - 1).is_ok());
    assert_eq!(
        simple.verify(&keyring, NOW).unwrap_err(),
        SignatureError::ExpiredToken { at }
    );
}

#[test]
fn a_name_may_hold_what_separates_names() {
    let sent = Sent {
        name: "semicolon".to_owned(),
        method: "GET".to_owned(),
        host: "media-1250000000.cos.ap-guangzhou.myqcloud.com".to_owned(),
        path: b"/".to_vec(),
        query: Query::parse("a%3Bb=1&c=2"),
        headers: HeaderMap::new(),
        format_string: String::new(),
        string_to_sign: String::new(),
    };
    let keyring = keyring(None);
    let credentials = keyring
        .find("AKIDEXAMPLEEXAMPLEEXAMPLE000000000000")
        .unwrap()
        .credentials
        .clone();
    let (hosts, paths) = ([sent.host.as_str()], [sent.path.clone()]);
    let signed = sent.signed(&hosts, &paths);
    let text = sign(&signed, &["host"], &credentials, (NOW - 60, NOW + 60));
    assert!(text.contains("q-url-param-list=a%3bb;c&"), "{text}");
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&text).unwrap());
    let sent = Sent { headers, ..sent };
    assert!(sent.verify(&keyring, NOW).is_ok());
}
