//! What policies allow, and what they do not.

use super::*;

fn statement(effect: &str, action: &str, resource: &str, more: &str) -> String {
    format!(r#"{{"effect":"{effect}","action":["{action}"],"resource":["{resource}"]{more}}}"#)
}

fn policy(statements: &[String]) -> Policy {
    let text = format!(
        r#"{{"version":"2.0","statement":[{}]}}"#,
        statements.join(",")
    );
    Policy::parse(&text).unwrap()
}

fn question<'a>(action: &'a str, bucket: &'a str, key: &'a str) -> Question<'a> {
    Question {
        principal: Some("qcs::cam::uin/100000000001:uin/100000000002"),
        action,
        resource: Resource {
            region: "ap-guangzhou",
            appid: "1250000000",
            bucket,
            key,
            is_listing: false,
        },
    }
}

fn nothing(_key: &str) -> Vec<String> {
    Vec::new()
}

fn judge(policy: &Policy, action: &str, key: &str) -> Verdict {
    policy.judge(
        &question(action, "b-1250000000", key),
        Attached::ToHolder,
        &nothing,
    )
}

#[test]
fn resources_are_covered_by_their_patterns() {
    for (pattern, bucket, key, expected) in [
        ("*", "", "", true),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:b-1250000000/doc/*",
            "b-1250000000",
            "doc/a/b",
            true,
        ),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:b-1250000000/doc/*",
            "b-1250000000",
            "doc2",
            false,
        ),
        (
            "qcs::cos:ap-beijing:uid/1250000000:b-1250000000/*",
            "b-1250000000",
            "a",
            false,
        ),
        (
            "qcs::cos:*:uid/1250000000:b-1250000000/*",
            "b-1250000000",
            "a",
            true,
        ),
        ("qcs::cos::uid/1250000000:*", "b-1250000000", "", true),
        ("qcs::cos:ap-guangzhou:uid/1:*", "b-1250000000", "a", false),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:b-1250000000",
            "b-1250000000",
            "",
            true,
        ),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:b-1250000000/",
            "b-1250000000",
            "",
            true,
        ),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:b-1250000000",
            "b-1250000000",
            "k",
            false,
        ),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:prefix//1250000000/b/doc/*",
            "b-1250000000",
            "doc/x",
            true,
        ),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:prefix//1250000000/b/doc/*",
            "b-1250000000",
            "x",
            false,
        ),
        (
            "qcs::cos:ap-guangzhou:uid/1250000000:b-1250000000/a:b*",
            "b-1250000000",
            "a:bc",
            true,
        ),
        (
            "qcs::scf:ap-guangzhou:uid/1250000000:*",
            "b-1250000000",
            "",
            false,
        ),
        ("b-1250000000/*", "b-1250000000", "a", false),
    ] {
        let found = question("x", bucket, key).resource.is_in(pattern);
        assert_eq!(found, expected, "{pattern} {bucket}/{key}");
    }
}

#[test]
fn deny_beats_allow_in_any_order() {
    let allow = statement("allow", "name/cos:*", "*", "");
    let deny = statement("deny", "name/cos:DeleteObject", "*", "");
    for statements in [[allow.clone(), deny.clone()], [deny, allow]] {
        let policy = policy(&statements);
        assert_eq!(judge(&policy, "name/cos:GetObject", "k"), Verdict::Allowed);
        assert_eq!(
            judge(&policy, "name/cos:DeleteObject", "k"),
            Verdict::Denied
        );
    }
    let narrow = policy(&[statement("allow", "cos:Get*", "*", "")]);
    assert_eq!(judge(&narrow, "name/cos:GetObject", "k"), Verdict::Allowed);
    assert_eq!(judge(&narrow, "name/cos:PutObject", "k"), Verdict::Silent);
    let case = policy(&[statement("allow", "name/cos:getobject", "*", "")]);
    assert_eq!(judge(&case, "name/cos:GetObject", "k"), Verdict::Silent);
}

#[test]
fn principals_are_named_or_meant() {
    let with = |principal: &str| {
        let more = format!(r#","principal":{{"qcs":["{principal}"]}}"#);
        policy(&[statement("allow", "*", "*", &more)])
    };
    let ask = |policy: &Policy, principal: Option<&str>| {
        let question = Question {
            principal,
            ..question("name/cos:GetObject", "b-1250000000", "k")
        };
        policy.judge(&question, Attached::ToBucket, &nothing)
    };
    let user = Some("qcs::cam::uin/100000000001:uin/100000000002");
    let everybody = with("qcs::cam::anyone:anyone");
    assert_eq!(ask(&everybody, user), Verdict::Allowed);
    assert_eq!(ask(&everybody, None), Verdict::Allowed);
    assert_eq!(
        ask(&with("qcs::cam::anonymous:anonymous"), user),
        Verdict::Silent
    );
    assert_eq!(
        ask(&with("qcs::cam::uin/100000000001:uin/100000000002"), user),
        Verdict::Allowed
    );
    assert_eq!(
        ask(&with("qcs::cam::uin/100000000001:uin/*"), user),
        Verdict::Allowed
    );
    assert_eq!(
        ask(&with("qcs::cam::uin/100000000001:uin/100000000003"), user),
        Verdict::Silent
    );
    let silent = policy(&[statement("allow", "*", "*", "")]);
    assert_eq!(ask(&silent, user), Verdict::Silent);
    let shared = r#"{"version":"2.0","principal":{"qcs":"*"},"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    assert_eq!(ask(&Policy::parse(shared).unwrap(), None), Verdict::Allowed);
}

#[test]
fn conditions_narrow_and_unknown_ones_are_said() {
    let with = |effect: &str, condition: &str| {
        let more = format!(r#","condition":{condition}"#);
        policy(&[
            statement("allow", "name/cos:GetObject", "*", ""),
            statement(effect, "name/cos:*", "*", &more),
        ])
    };
    let home = |key: &str| match key {
        "qcs:ip" => vec!["10.1.1.1".to_owned()],
        _ => Vec::new(),
    };
    let ask = |policy: &Policy| {
        let question = question("name/cos:GetObject", "b-1250000000", "k");
        policy.judge(&question, Attached::ToHolder, &home)
    };
    let abroad = r#"{"ip_not_equal":{"qcs:ip":["192.168.0.0/16"]}}"#;
    assert_eq!(ask(&with("deny", abroad)), Verdict::Denied);
    assert_eq!(
        ask(&with("deny", &abroad.replace("192.168", "10.1"))),
        Verdict::Allowed
    );
    let unknown = r#"{"moon_equal":{"qcs:moon":"full"}}"#;
    for effect in ["allow", "deny"] {
        assert_eq!(
            ask(&with(effect, unknown)),
            Verdict::Unknown("moon_equal".into())
        );
    }
    let both = r#"{"moon_equal":{"qcs:moon":"full"},"ip_equal":{"qcs:ip":"1.1.1.1"}}"#;
    assert_eq!(
        ask(&with("allow", both)),
        Verdict::Allowed,
        "another key says no already"
    );
}

#[test]
fn what_is_no_policy_is_refused_with_a_reason() {
    for (text, reason) in [
        ("", "not JSON"),
        ("[]", "not an object"),
        (r#"{"version":"2.0"}"#, "no list of statements"),
        (r#"{"statement":[]}"#, "no version"),
        (r#"{"version":"1.0","statement":[]}"#, "\"2.0\""),
        (
            r#"{"version":"2.0","statement":[{"effect":"allow","action":"*"}]}"#,
            "no resource",
        ),
        (
            r#"{"version":"2.0","statement":[{"effect":"maybe","action":"*","resource":"*"}]}"#,
            "neither allow nor deny",
        ),
        (
            r#"{"version":"2.0","statement":[{"effect":"allow","notAction":"*","resource":"*"}]}"#,
            "`notaction`",
        ),
        (
            r#"{"version":"2.0","statement":[{"effect":"allow","action":7,"resource":"*"}]}"#,
            "the action",
        ),
    ] {
        let error = Policy::parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}
