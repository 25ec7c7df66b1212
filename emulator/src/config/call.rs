//! How calls to other hosts are described, by stubs and by claims.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use crate::stub::CallMatcher;
use backlot_base::json::Value;
use backlot_http::HostPattern;

/// A host, or all below one: `api.example.com`, `*.example.com`, with a port or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig(pub HostPattern);

/// An HTTP method, in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodConfig(pub String);

/// A path with its leading slash, in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathConfig(pub String);

/// Texts by name, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<(String, String)>);

/// JSON values by dotted path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(pub Vec<(String, Value)>);

/// Which calls a stub is about. What is left out is not asked for; `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct OutboundConfig {
    /// For example `POST`.
    pub method: Option<MethodConfig>,
    /// As sent, without the query.
    pub path: Option<PathConfig>,
    /// Parameters that the query has.
    pub query: Texts,
    /// Headers by name.
    pub headers: Texts,
    /// The whole body.
    pub text: Option<String>,
    /// What a JSON body has, by dotted path.
    pub json: Members,
}

impl OutboundConfig {
    /// What is meant, for calls to `host`.
    pub fn matcher(&self, host: Option<&HostConfig>) -> CallMatcher {
        CallMatcher {
            host: host.map(|host| host.0.clone()),
            method: self.method.as_ref().map(|method| method.0.clone()),
            path: self.path.as_ref().map(|path| path.0.clone()),
            query: self.query.0.clone(),
            headers: self.headers.0.clone(),
            text: self.text.clone(),
            json: self.json.0.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for HostConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let host = HostPattern::from_str(&text).map_err(de::Error::custom)?;
        Ok(Self(host))
    }
}

impl<'de> Deserialize<'de> for MethodConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let is_method = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_method {
            let message = format!("`{text}` is not a method: write it in capitals, such as `POST`");
            return Err(de::Error::custom(message));
        }
        Ok(Self(text))
    }
}

impl<'de> Deserialize<'de> for PathConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let objection = if !text.starts_with(['/', '*']) {
            "begin it with `/`"
        } else if text.contains('?') {
            "write parameters under `query:`"
        } else {
            return Ok(Self(text));
        };
        let message = format!("`{text}` is not a path: {objection}");
        Err(de::Error::custom(message))
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Map;

        impl<'de> de::Visitor<'de> for Map {
            type Value = Texts;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("texts by name")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    texts.push(entry);
                }
                Ok(Texts(texts))
            }
        }

        from.deserialize_map(Map)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let Value::Object(members) = value else {
            let message = format!(
                "found {}, expected values by path, such as `{{ event.id: 7 }}`",
                value.kind()
            );
            return Err(de::Error::custom(message));
        };
        for (path, _) in &members {
            Value::Null.at(path).map_err(de::Error::custom)?;
        }
        Ok(Self(members))
    }
}
