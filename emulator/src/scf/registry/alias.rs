//! Aliases: names that stand for a version, or for one of several.
//!
//! Follows: SCF reference, section 1.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use backlot_base::json::Value;

/// What an alias stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    /// The version that events go to unless they are routed elsewhere.
    pub version: String,
    /// For people.
    pub description: String,
    /// Versions that get a share of the events.
    #[serde(default)]
    pub weights: Vec<Weight>,
    /// Versions that get the events with a routing key that fits. They are asked first.
    #[serde(default)]
    pub matches: Vec<Match>,
    /// When it was created.
    pub added: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
}

/// A version that gets a share of the events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Weight {
    /// The version.
    pub version: String,
    /// From 0 to 1.
    pub weight: f64,
}

/// A version that gets the events with a routing key that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Match {
    /// The version.
    pub version: String,
    /// `invoke.headers.<name>`: the member of the routing key.
    pub key: String,
    /// How the member is compared.
    pub method: Method,
    /// The value, or a range such as `[1,5)`.
    pub expression: String,
}

/// How a routing key is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The value is the expression.
    Exact,
    /// The value is a number in the range of the expression.
    Range,
}

/// How the name of the routing key's member begins.
pub const HEADER: &str = "invoke.headers.";

impl Alias {
    /// The version that an event goes to. `routing_key` is the caller's, an object; `share` is the draw, from 0 to below 1.
    pub fn route(&self, routing_key: Option<&Value>, share: f64) -> &str {
        let fitting = self.matches.iter().find(|rule| rule.fits(routing_key));
        if let Some(rule) = fitting {
            return &rule.version;
        }
        let mut from = 0.0;
        for weight in &self.weights {
            if (from..from + weight.weight).contains(&share) {
                return &weight.version;
            }
            from += weight.weight;
        }
        &self.version
    }

    /// Every version that it may lead to.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        let weights = self.weights.iter().map(|weight| &weight.version);
        let matches = self.matches.iter().map(|rule| &rule.version);
        let others = weights.chain(matches).map(String::as_str);
        std::iter::once(self.version.as_str()).chain(others)
    }
}

impl Match {
    fn fits(&self, routing_key: Option<&Value>) -> bool {
        let name = self.key.strip_prefix(HEADER).unwrap_or(&self.key);
        let value = routing_key.and_then(|key| key.get(name)?.as_str());
        value.is_some_and(|value| match self.method {
            Method::Exact => value == self.expression,
            Method::Range => {
                let range = Range::parse(&self.expression);
                let number = value.trim().parse().ok();
                range
                    .zip(number)
                    .is_some_and(|(range, number)| range.contains(number))
            }
        })
    }
}

/// A range of numbers such as `[1,5)`: a bracket includes its end, a parenthesis does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    from: (f64, bool),
    to: (f64, bool),
}

impl Range {
    /// Reads a range.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let from_included = text.starts_with('[');
        let to_included = text.ends_with(']');
        let inner = text.strip_prefix(['[', '('])?.strip_suffix([']', ')'])?;
        let (from, to) = inner.split_once(',')?;
        let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        (from <= to).then_some(Self {
            from: (from, from_included),
            to: (to, to_included),
        })
    }

    fn contains(self, number: f64) -> bool {
        let above = number > self.from.0 || (self.from.1 && number >= self.from.0);
        let below = number < self.to.0 || (self.to.1 && number <= self.to.0);
        above && below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias() -> Alias {
        Alias {
            version: "1".into(),
            description: String::new(),
            weights: vec![Weight {
                version: "2".into(),
                weight: 0.25,
            }],
            matches: Vec::new(),
            added: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_weight_is_a_share_of_the_draws() {
        let alias = alias();
        assert_eq!(alias.route(None, 0.0), "2");
        assert_eq!(alias.route(None, 0.249), "2");
        assert_eq!(alias.route(None, 0.25), "1");
        assert_eq!(alias.route(None, 0.999), "1");
        assert_eq!(alias.versions().collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn a_routing_key_that_fits_comes_before_the_draw() {
        let rule = |method, expression: &str| Match {
            version: "3".into(),
            key: "invoke.headers.User".into(),
            method,
            expression: expression.into(),
        };
        let mut alias = alias();
        alias.matches = vec![rule(Method::Exact, "bob"), rule(Method::Range, "[1,5)")];
        let key = |text: &str| Value::parse(text).unwrap();
        let bob = key(r#"{"User":"bob"}"#);
        assert_eq!(alias.route(Some(&bob), 0.5), "3");
        let ann = key(r#"{"User":"ann"}"#);
        assert_eq!(alias.route(Some(&ann), 0.5), "1");
        let four = key(r#"{"User":"4.5"}"#);
        assert_eq!(alias.route(Some(&four), 0.5), "3");
        let five = key(r#"{"User":"5"}"#);
        assert_eq!(alias.route(Some(&five), 0.0), "2");
    }

    #[test]
    fn ranges_have_two_ends_in_order() {
        assert!(Range::parse("(0, 1]").unwrap().contains(1.0));
        assert!(!Range::parse("(0, 1]").unwrap().contains(0.0));
        for text in ["", "1,2", "[2,1]", "[a,b]", "[1]"] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }
}
