//! Whatever comes: nothing panics, nothing is let in by accident.

use backlot::cos::access::policy::{Attached, Policy, Question, Resource, Verdict};
use backlot::http::Query;
use backlot::http::auth::s3::{Unverified, v2, v4};
use backlot::http::auth::v5::{self, Signed};
use backlot::http::auth::{Credentials, Keyring, Principal};
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

fn keyring() -> Keyring {
    let keyring = Keyring::default();
    let credentials = Credentials {
        secret_id: "AKIDEXAMPLE".into(),
        secret_key: "examplekey".into(),
        token: None,
    };
    keyring.issue(credentials, Principal::new("owner", None));
    keyring
}

fn some_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "2.0",
        "allow",
        "deny",
        "*",
        "name/cos:*",
        "qcs::cos:::b/*",
        "qcs::cam::anyone:anyone",
        "10.0.0.0/8",
        "",
    ]);
    let leaf = prop_oneof![
        words.prop_map(|word| json!(word)),
        any::<i64>().prop_map(|number| json!(number)),
        Just(Value::Null),
        any::<bool>().prop_map(|flag| json!(flag)),
    ];
    let names = prop::sample::select(vec![
        "version",
        "Statement",
        "effect",
        "action",
        "resource",
        "principal",
        "condition",
        "qcs",
        "ip_equal",
        "string_like",
        "qcs:ip",
        "cos:x",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect())
            }),
        ]
    })
}

fn question(key: &str) -> Question<'_> {
    Question {
        principal: Some("qcs::cam::uin/1:uin/2"),
        action: "name/cos:GetObject",
        resource: Resource {
            region: "ap-x",
            appid: "1",
            bucket: "b-1",
            key,
            is_listing: false,
        },
    }
}

proptest! {
    #[test]
    fn no_policy_makes_it_panic(document in some_json(), text in ".{0,80}") {
        drop(Policy::parse(&text));
        if let Ok(policy) = Policy::parse(&document.to_string()) {
            policy.judge(&question("k"), Attached::ToBucket, &|_| vec!["10.0.0.1".to_owned()]);
        }
    }

    #[test]
    fn a_denial_cannot_be_outvoted(effects in prop::collection::vec(any::<bool>(), 1..8), key in "[a-z/]{0,6}") {
        let statements = effects.iter().map(|allows| {
            json!({"effect": if *allows { "allow" } else { "deny" }, "action": "*", "resource": "*"})
        });
        let document = json!({"version": "2.0", "statement": statements.collect::<Vec<_>>()});
        let policy = Policy::parse(&document.to_string()).unwrap();
        let verdict = policy.judge(&question(&key), Attached::ToHolder, &|_| Vec::new());
        let expected = if effects.contains(&false) { Verdict::Denied } else { Verdict::Allowed };
        prop_assert_eq!(verdict, expected);
    }

    #[test]
    fn a_prefix_covers_what_begins_with_it(prefix in "[a-c/]{0,4}", key in "[a-c/]{1,6}") {
        let resource = format!("qcs::cos:ap-x:uid/1:b-1/{prefix}*");
        let document = json!({"version": "2.0", "statement": [{"effect": "allow", "action": "*", "resource": resource}]});
        let policy = Policy::parse(&document.to_string()).unwrap();
        let verdict = policy.judge(&question(&key), Attached::ToHolder, &|_| Vec::new());
        prop_assert_eq!(verdict == Verdict::Allowed, key.starts_with(&prefix));
    }

    #[test]
    fn no_signature_makes_it_panic_and_none_is_right_by_chance(
        text in "[ -~]{0,120}",
        raw in "[ -~]{0,120}",
        part in "[A-Za-z0-9/;=,%-]{0,40}",
    ) {
        let query = Query::parse(&format!("{raw}&X-Amz-Credential={part}&X-Amz-Date={part}&Signature={part}"));
        let (hosts, paths) = (["h"], [part.clone().into_bytes()]);
        let forms = [
            text.clone(),
            format!("AWS AKIDEXAMPLE:{text}"),
            format!("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/{part}/s3/aws4_request, SignedHeaders=host;{part}, Signature={part}"),
            format!("q-sign-algorithm=sha1&q-ak=AKIDEXAMPLE&q-sign-time=0;9999999999&q-key-time=0;9999999999\
                     &q-header-list={part}&q-url-param-list={part}&q-signature={part}"),
        ];
        for form in forms.iter().map(Some).chain([None]) {
            let mut headers = HeaderMap::new();
            if let Some(form) = form {
                headers.insert(AUTHORIZATION, HeaderValue::from_str(form).unwrap());
            }
            headers.insert("x-amz-date", HeaderValue::from_static("20231114T221500Z"));
            headers.insert("x-amz-content-sha256", HeaderValue::from_static("UNSIGNED-PAYLOAD"));
            headers.insert("date", HeaderValue::from_str(&part).unwrap());
            let signed = Signed { method: "GET", hosts: &hosts, paths: &paths, query: &query, headers: &headers };
            let asked = Unverified { signed: &signed, raw_path: &part, host_bucket: "b-1" };
            prop_assert!(v5::verify(&signed, &keyring(), 1_700_000_100).is_err());
            prop_assert!(v4::verify(&asked, &keyring(), 1_700_000_100).is_err());
            prop_assert!(v2::verify(&asked, &keyring(), 1_700_000_100).is_err());
        }
    }
}
