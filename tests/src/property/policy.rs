//! Policies: whatever is written, a denial of everything stays one, and what is unknown allows nothing.

use backlot::cos::access::policy::{Attached, Policy, Question, Resource, Verdict};
use serde_json::Value;

use super::input::Input;

/// A line with a key, one with the value of every condition, then the document.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let (key, value) = (input.text(), input.text());
    let Ok(text) = std::str::from_utf8(input.0) else {
        return;
    };
    let Ok(policy) = Policy::parse(text) else {
        return;
    };
    let judge = |policy: &Policy, key: &str, attached| {
        let question = Question {
            principal: Some("qcs::cam::uin/100000000001:uin/100000000011"),
            action: "name/cos:GetObject",
            resource: Resource {
                region: "ap-guangzhou",
                appid: "1250000000",
                bucket: "media-1250000000",
                key,
                is_listing: false,
            },
        };
        policy.judge(&question, attached, &|_| vec![value.clone()])
    };
    let mut document: Value = serde_json::from_str(text).expect("a policy is JSON");
    let statements = document
        .as_object_mut()
        .and_then(|members| {
            let mut members = members.iter_mut();
            members.find(|(name, _)| name.eq_ignore_ascii_case("statement"))
        })
        .map(|(_, statements)| statements)
        .expect("a policy has statements");
    if !statements.is_array() {
        *statements = Value::from(vec![statements.take()]);
    }
    let deny = serde_json::json!({
        "effect": "deny", "principal": {"qcs": ["*"]}, "action": "*", "resource": "*",
    });
    statements
        .as_array_mut()
        .expect("it has just been made one")
        .push(deny);
    let denying = Policy::parse(&document.to_string());
    for attached in [Attached::ToBucket, Attached::ToHolder] {
        let verdict = judge(&policy, &key, attached);
        assert_eq!(verdict, judge(&policy, &key, attached), "it is repeatable");
        if let Ok(denying) = &denying {
            let denied = judge(denying, &key, attached);
            assert!(
                matches!(denied, Verdict::Denied | Verdict::Unknown(_)),
                "{denied:?} although all is denied"
            );
        }
    }
}
