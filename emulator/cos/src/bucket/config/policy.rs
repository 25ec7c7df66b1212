//! `?policy`: the policy of a bucket, kept as it was put. What it allows is judged elsewhere.
//!
//! Follows: COS, "PUT Bucket policy", and COS reference, section 7, table.

use super::resource::Resource;
use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use backlot_base::json::Value;
use backlot_http::Body;
use bytes::Bytes;

/// Bytes of a policy at most.
const MAX_POLICY: usize = 20 * 1024;

/// Keeps a policy byte for byte.
pub(super) async fn put(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
) -> Result<Reply, Error> {
    let family = Resource::Policy.family();
    let body = request.receive(body, family.limit).await?;
    if body.len() > MAX_POLICY {
        return Err(Error::from(error::MALFORMED_POLICY).because("The policy exceeds 20 KB."));
    }
    check(&body)?;
    cos.put_configuration(bucket, family.name, body).await?;
    Ok(Reply::empty(family.put))
}

/// The policy. Observed: its content type is `application/xml` although it is JSON.
pub(super) async fn get(cos: &Inner, bucket: &str) -> Result<Reply, Error> {
    match cos.store.document(bucket, "policy").await? {
        Some(bytes) => Ok(Reply::bytes(shown(bytes))),
        None => Err(error::NO_SUCH_POLICY.into()),
    }
}

/// The policy with the members of the top level spelled as the service spells them, `Statement` and `version`; everything
/// else is as it was put.
fn shown(put: Bytes) -> Bytes {
    let policy = str::from_utf8(&put).ok().map(Value::parse);
    let Some(Ok(Value::Object(mut members))) = policy else {
        return put;
    };
    let mut is_changed = false;
    for (name, _) in &mut members {
        let spelled = ["Statement", "version"].into_iter();
        let mut others = spelled.filter(|known| known.eq_ignore_ascii_case(name) && known != name);
        if let Some(known) = others.next() {
            known.clone_into(name);
            is_changed = true;
        }
    }
    if is_changed {
        Value::Object(members).to_string().into()
    } else {
        put
    }
}

/// A policy is an object with a `version` and a list of statements, each with an effect.
fn check(body: &[u8]) -> Result<(), Error> {
    let wrong = |why: &'static str| Error::from(error::MALFORMED_POLICY).because(why);
    let policy: serde_json::Value =
        serde_json::from_slice(body).map_err(|_| wrong("The policy is not JSON."))?;
    let policy = policy
        .as_object()
        .ok_or_else(|| wrong("The policy is not an object."))?;
    let field = |object: &serde_json::Map<String, serde_json::Value>, name: &str| {
        let mut fields = object.iter();
        let found = fields.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    if !field(policy, "version").is_some_and(|version| version.is_string()) {
        return Err(wrong("The policy has no version."));
    }
    let statements = field(policy, "Statement");
    let statements = statements.as_ref().and_then(serde_json::Value::as_array);
    let statements = statements.ok_or_else(|| wrong("The policy has no list of Statement."))?;
    for statement in statements {
        let effect = statement
            .as_object()
            .and_then(|fields| field(fields, "Effect"));
        let effect = effect.as_ref().and_then(serde_json::Value::as_str);
        let is_known = effect.is_some_and(|effect| {
            effect.eq_ignore_ascii_case("allow") || effect.eq_ignore_ascii_case("deny")
        });
        if !is_known {
            return Err(wrong("A Statement has no Effect of allow or deny."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_level_is_shown_in_the_spelling_of_the_service() {
        for (put, expected) in [
            (
                r#"{"version":"2.0","statement":[{"effect":"allow","n":1.50}]}"#,
                r#"{"version":"2.0","Statement":[{"effect":"allow","n":1.50}]}"#,
            ),
            (
                r#"{"Statement": [], "Version": "2.0"}"#,
                r#"{"Statement":[],"version":"2.0"}"#,
            ),
            (
                r#"{ "Statement": [ ], "version": "2.0" }"#,
                r#"{ "Statement": [ ], "version": "2.0" }"#,
            ),
        ] {
            assert_eq!(shown(Bytes::from_static(put.as_bytes())), expected);
        }
    }

    #[test]
    fn the_structure_is_checked() {
        let good = br#"{"Statement":[{"Effect":"allow","Action":["name/cos:*"]}],"version":"2.0"}"#;
        assert!(check(good).is_ok());
        assert!(check(br#"{"statement":[{"effect":"Deny"}],"Version":"2.0"}"#).is_ok());
        for bad in [
            "",
            "[]",
            "{",
            r#"{"version":"2.0"}"#,
            r#"{"Statement":[]}"#,
            r#"{"Statement":[{"Effect":"maybe"}],"version":"2.0"}"#,
            r#"{"Statement":{},"version":"2.0"}"#,
        ] {
            assert_eq!(
                check(bad.as_bytes()).unwrap_err().code,
                "MalformedPolicy",
                "{bad}"
            );
        }
    }
}
