//! The query of a request target: names and values, decoded, in the order in which they were sent.
//!
//! Follows: COS reference, sections 1.4 and 3.2: a raw `+` is a space, `;` does not separate, and a name without a value is
//! a name with an empty value.

use percent_encoding::percent_decode_str;

/// All parameters of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    parameters: Vec<Parameter>,
}

/// One name with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Decoded.
    pub name: String,
    /// Decoded, with a space for a raw `+`.
    pub value: String,
    /// Decoded, but with a raw `+` as it was sent: some clients append a token without encoding it.
    pub literal: String,
}

impl Query {
    /// Reads the part of a target after the `?`. Bytes that are not UTF-8 become U+FFFD.
    pub fn parse(raw: &str) -> Self {
        let parts = raw.split('&').filter(|part| !part.is_empty());
        let parameters = parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Parameter {
                name: decode(&name.replace('+', " ")),
                value: decode(&value.replace('+', " ")),
                literal: decode(value),
            }
        });
        Self {
            parameters: parameters.collect(),
        }
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter()
    }

    /// Whether the query has no parameters.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// All parameters of this name, in any case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Parameter> {
        let same = move |parameter: &&Parameter| parameter.name.eq_ignore_ascii_case(name);
        self.parameters.iter().filter(same)
    }

    /// The value of the first parameter of this name, in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let same = |parameter: &&Parameter| parameter.name.eq_ignore_ascii_case(name);
        let found = self.parameters.iter().find(same);
        found.map(|parameter| parameter.value.as_str())
    }

    /// The value of the first parameter of this name, in any case; an empty value counts as absent.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether there is a parameter of this name, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let query = Query::parse("a=1%2F2&B&c=x+y%2B;z&&=e&a=3");
        assert_eq!(query.get("A"), Some("1/2"));
        assert_eq!(query.get("b"), Some(""));
        assert_eq!(query.filled("b"), None);
        assert_eq!(query.get("c"), Some("x y+;z"));
        let c = query.all("c").next().unwrap();
        assert_eq!(c.literal, "x+y+;z");
        assert_eq!(query.all("a").count(), 2);
        assert!(!query.has("d"));
        assert!(Query::parse("").is_empty());
    }
}
