//! What the signer of a form allows. Follows: COS reference, section 5.10.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::Value;

use crate::request::error::{self, Error};

/// A policy of a form.
#[derive(Debug)]
pub(super) struct Policy {
    expires: Timestamp,
    conditions: Vec<Condition>,
    /// Bytes of the file.
    pub(super) length: Option<RangeInclusive<u64>>,
}

#[derive(Debug)]
enum Condition {
    Equal(String, String),
    StartsWith(String, String),
}

impl Policy {
    /// Reads the text of a policy.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Error> {
        let invalid = || Error::from(error::INVALID_POLICY_DOCUMENT);
        let document: Value = serde_json::from_slice(text).map_err(|_| invalid())?;
        let expires = document["expiration"]
            .as_str()
            .and_then(|text| text.parse().ok());
        let mut policy = Self {
            expires: expires.ok_or_else(invalid)?,
            conditions: Vec::new(),
            length: None,
        };
        let conditions = document["conditions"].as_array().ok_or_else(invalid)?;
        for condition in conditions {
            policy.add(condition).ok_or_else(invalid)?;
        }
        let names: Vec<_> = policy.conditions.iter().map(Condition::name).collect();
        if !["q-sign-algorithm", "q-ak", "q-sign-time"]
            .iter()
            .all(|name| names.contains(name))
        {
            return Err(invalid());
        }
        Ok(policy)
    }

    fn add(&mut self, condition: &Value) -> Option<()> {
        match condition {
            Value::Object(pairs) => {
                for (name, value) in pairs {
                    let equal = Condition::Equal(name.to_ascii_lowercase(), plain(value)?);
                    self.conditions.push(equal);
                }
            }
            Value::Array(parts) => {
                let [kind, first, second] = parts.as_slice() else {
                    return None;
                };
                let kind = kind.as_str()?.to_ascii_lowercase();
                if kind == "content-length-range" {
                    self.length = Some(number(first)?..=number(second)?);
                    return Some(());
                }
                let name = first.as_str()?.strip_prefix('$')?.to_ascii_lowercase();
                let value = plain(second)?;
                self.conditions.push(match kind.as_str() {
                    "eq" => Condition::Equal(name, value),
                    "starts-with" => Condition::StartsWith(name, value),
                    _ => return None,
                });
            }
            _ => return None,
        }
        Some(())
    }

    /// Whether it allows a form with these fields, in lower case, at this time.
    pub(super) fn check(
        &self,
        fields: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if now > self.expires {
            let text = format!(
                "You post object request has been expired, expiration time: {} but the time now : {}",
                self.expires.as_second(),
                now.as_second()
            );
            return Err(Error::from(error::ACCESS_DENIED).because(text));
        }
        for condition in &self.conditions {
            let name = condition.name();
            // The form has the time of the key, which is the time of the signature.
            let field = if name == "q-sign-time" {
                "q-key-time"
            } else {
                name
            };
            let found = fields.get(field).map_or("", String::as_str);
            let is_met = match condition {
                Condition::Equal(_, wanted) => found == wanted,
                Condition::StartsWith(_, wanted) => found.starts_with(wanted.as_str()),
            };
            if !is_met {
                let text = format!("Condition key {name} doesn't match the value {found}");
                return Err(Error::from(error::ACCESS_DENIED).because(text));
            }
        }
        Ok(())
    }

    /// Refuses a file of a size that it does not allow.
    pub(super) fn check_size(&self, size: u64, is_whole: bool) -> Result<(), Error> {
        let Some(length) = &self.length else {
            return Ok(());
        };
        let text = format!("Condition key content-length-range doesn't match the value {size}");
        if size > *length.end() {
            return Err(Error::from(error::ENTITY_TOO_LARGE).because(text));
        }
        if is_whole && size < *length.start() {
            return Err(Error::from(error::ENTITY_TOO_SMALL).because(text));
        }
        Ok(())
    }
}

impl Condition {
    fn name(&self) -> &str {
        match self {
            Self::Equal(name, _) | Self::StartsWith(name, _) => name,
        }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    plain(value)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = r#"{"q-sign-algorithm":"sha1"},{"q-ak":"id"},{"q-sign-time":"1;2"}"#;

    fn check(conditions: &str, fields: &[(&str, &str)]) -> Result<(), String> {
        let text = format!(
            r#"{{"expiration":"2024-01-01T00:00:00.000Z","conditions":[{conditions}{SIGNED}]}}"#
        );
        let mut all: BTreeMap<String, String> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        for (name, value) in [
            ("q-sign-algorithm", "sha1"),
            ("q-ak", "id"),
            ("q-key-time", "1;2"),
        ] {
            all.entry(name.to_owned()).or_insert(value.to_owned());
        }
        let now = "2023-12-31T23:59:59Z".parse().unwrap();
        let checked = Policy::parse(text.as_bytes()).and_then(|policy| policy.check(&all, now));
        checked.map_err(|error| format!("{} {}", error.code, error.message))
    }

    #[test]
    fn conditions_hold_or_are_named() {
        let key = |key| [("key", key)];
        assert_eq!(check("", &[]), Ok(()));
        assert_eq!(
            check(r#"["starts-with","$key","up/"],"#, &key("up/a")),
            Ok(())
        );
        assert_eq!(
            check(r#"["eq","$Key","a"],{"KEY":"a"},"#, &key("a")),
            Ok(())
        );
        assert_eq!(
            check(r#"["starts-with","$key","up/"],"#, &key("down/a")),
            Err("AccessDenied Condition key key doesn't match the value down/a".into())
        );
        assert!(
            check(r#"["like","$key","a"],"#, &[])
                .unwrap_err()
                .starts_with("InvalidPolicy")
        );
        assert!(
            check("", &[("q-ak", "other")])
                .unwrap_err()
                .contains("q-ak")
        );
    }

    #[test]
    fn a_policy_needs_its_parts_and_expires() {
        for text in [
            "",
            "{}",
            r#"{"expiration":"2024-01-01T00:00:00Z","conditions":[]}"#,
        ] {
            let code = Policy::parse(text.as_bytes()).unwrap_err().code;
            assert_eq!(code, "InvalidPolicyDocument", "{text}");
        }
        let text = format!(
            r#"{{"expiration":"2024-01-01T00:00:00Z","conditions":[["content-length-range",2,3],{SIGNED}]}}"#
        );
        let policy = Policy::parse(text.as_bytes()).unwrap();
        let late = policy.check(&BTreeMap::new(), "2024-01-01T00:00:01Z".parse().unwrap());
        let message = late.unwrap_err().message;
        assert_eq!(
            message,
            "You post object request has been expired, expiration time: 1704067200 but the time now : 1704067201"
        );
        let code = |size, is_whole| {
            policy
                .check_size(size, is_whole)
                .err()
                .map(|error| error.code)
        };
        assert_eq!(code(4, false).as_deref(), Some("EntityTooLarge"));
        assert_eq!(code(1, true).as_deref(), Some("EntityTooSmall"));
        assert_eq!((code(1, false), code(2, true)), (None, None));
    }
}
