//! Conditions of a policy: what must hold of a request for a statement to count.
//!
//! Follows: CAM, "Condition keys and operators". Several keys of a condition must all hold, of several values one.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;

use super::glob;

/// What a condition can ask about a request: the values of a key, in lower case. Empty if the request has no such value.
pub type Lookup<'a> = dyn Fn(&str) -> Vec<String> + 'a;

/// One operator with its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    operator: Operator,
    /// Whether an absent key counts as holding.
    if_exist: bool,
    /// Whether all values of the request must hold, rather than one.
    for_all: bool,
    keys: Vec<(String, Vec<String>)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Operator {
    Compare {
        how: How,
        negated: bool,
    },
    /// Whether a key is absent.
    Null,
    Unknown(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Same,
    SameInAnyCase,
    Like,
    Number(Order),
    Date(Order),
    Bool,
    Ip,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Whether a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The operator is not supported.
    Unknown(String),
}

impl Condition {
    /// Reads `"ip_equal": {"qcs:ip": [...]}`; `None` if the right side is not of that shape.
    pub(super) fn parse(name: &str, keys: &Value) -> Option<Self> {
        let lower = name.trim().to_ascii_lowercase();
        let (for_all, rest) = match lower.split_once(':') {
            Some(("for_all_value", rest)) => (true, rest),
            Some(("for_any_value", rest)) => (false, rest),
            _ => (false, lower.as_str()),
        };
        let (rest, if_exist) = match rest.strip_suffix("_if_exist") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let keys = keys.as_object()?.iter().map(|(key, values)| {
            let values = texts(values)?;
            Some((key.to_ascii_lowercase(), values))
        });
        Some(Self {
            operator: Operator::named(rest, name),
            if_exist,
            for_all,
            keys: keys.collect::<Option<_>>()?,
        })
    }

    pub(super) fn holds(&self, lookup: &Lookup<'_>) -> Held {
        let (how, negated) = match &self.operator {
            Operator::Unknown(name) => return Held::Unknown(name.clone()),
            Operator::Null => {
                let holds = self.keys.iter().all(|(key, wanted)| {
                    let is_absent = lookup(key).is_empty().to_string();
                    wanted
                        .iter()
                        .any(|wanted| wanted.eq_ignore_ascii_case(&is_absent))
                });
                return Held::of(holds);
            }
            Operator::Compare { how, negated } => (*how, *negated),
        };
        let holds = self.keys.iter().all(|(key, wanted)| {
            let found = lookup(key);
            if found.is_empty() {
                return self.if_exist || negated;
            }
            let one = |found: &String| wanted.iter().any(|wanted| how.holds(found, wanted));
            let is_met = if self.for_all {
                found.iter().all(one)
            } else {
                found.iter().any(one)
            };
            is_met != negated
        });
        Held::of(holds)
    }
}

impl Held {
    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Operator {
    fn named(lower: &str, written: &str) -> Self {
        let (family, rest) = lower.split_once('_').unwrap_or((lower, ""));
        let (negated, rest) = match rest.strip_prefix("not_") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let order = match rest {
            "equal" => Some(Order::Equal),
            "less_than" => Some(Order::Less),
            "less_than_equal" => Some(Order::LessOrEqual),
            "greater_than" => Some(Order::Greater),
            "greater_than_equal" => Some(Order::GreaterOrEqual),
            _ => None,
        };
        let how = match (family, rest, order) {
            ("null", "equal", _) if !negated => return Self::Null,
            ("string", "equal", _) => How::Same,
            ("string", "equal_ignore_case", _) => How::SameInAnyCase,
            ("string", "like", _) => How::Like,
            ("bool", "equal", _) => How::Bool,
            ("ip", "equal", _) => How::Ip,
            ("numeric", _, Some(order)) => How::Number(order),
            ("date", _, Some(order)) => How::Date(order),
            _ => return Self::Unknown(written.to_owned()),
        };
        Self::Compare { how, negated }
    }
}

impl How {
    /// A value that the operator cannot compare never holds.
    fn holds(self, found: &str, wanted: &str) -> bool {
        match self {
            Self::Same => found == wanted,
            Self::SameInAnyCase => found.to_lowercase() == wanted.to_lowercase(),
            Self::Like => glob::matches(wanted, found, true),
            Self::Bool => found.eq_ignore_ascii_case(wanted),
            Self::Number(order) => {
                let number = |text: &str| text.trim().parse::<f64>().ok();
                number(found)
                    .zip(number(wanted))
                    .and_then(|(found, wanted)| found.partial_cmp(&wanted))
                    .is_some_and(|found| order.covers(found))
            }
            Self::Date(order) => {
                let date = |text: &str| text.trim().parse::<Timestamp>().ok();
                date(found)
                    .zip(date(wanted))
                    .is_some_and(|(found, wanted)| order.covers(found.cmp(&wanted)))
            }
            Self::Ip => found.parse().is_ok_and(|found| covers(wanted, found)),
        }
    }
}

impl Order {
    fn covers(self, found: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}

/// Whether an address lies in a network, written `10.0.0.0/8` or `10.0.0.1`, or as an IPv6 address.
fn covers(network: &str, address: IpAddr) -> bool {
    let (base, length) = match network.trim().split_once('/') {
        Some((base, length)) => (base, length.parse().ok()),
        None => (network.trim(), Some(128)),
    };
    let bits = |address: IpAddr| match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let Some((base, length)) = base.parse::<IpAddr>().ok().zip(length) else {
        return false;
    };
    let ((base, width), (address, other_width)) = (bits(base), bits(address));
    let kept: u32 = length;
    let hidden = width - kept.min(width);
    width == other_width && (hidden == 128 || base >> hidden == address >> hidden)
}

/// One value, or a list of them, as texts.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::Bool(flag) => Some(vec![flag.to_string()]),
        Value::Array(list) => {
            let lists = list.iter().map(|value| match value {
                Value::Array(_) => None,
                value => texts(value),
            });
            Some(lists.collect::<Option<Vec<_>>>()?.concat())
        }
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(operator: &str, wanted: &Value, found: &[&str]) -> Held {
        let condition = Condition::parse(operator, &json!({"cos:K": wanted})).unwrap();
        let found: Vec<_> = found.iter().map(|text| (*text).to_owned()).collect();
        condition.holds(&|key| {
            if key == "cos:k" {
                found.clone()
            } else {
                Vec::new()
            }
        })
    }

    #[test]
    fn operators_compare_as_they_are_named() {
        for (operator, wanted, found, expected) in [
            ("string_equal", json!("a"), &["a"][..], true),
            ("string_equal", json!(["b", "a"]), &["a"], true),
            ("string_equal", json!("A"), &["a"], false),
            ("string_equal_ignore_case", json!("A"), &["a"], true),
            ("string_not_equal", json!(["a", "b"]), &["c"], true),
            ("string_not_equal", json!(["a", "b"]), &["a"], false),
            ("string_like", json!("a*/?"), &["abc/d"], true),
            ("numeric_less_than_equal", json!(10), &["10"], true),
            ("numeric_greater_than", json!("1000"), &["x"], false),
            (
                "date_less_than",
                json!("2024-01-01T00:00:00Z"),
                &["2023-11-14T00:00:00Z"],
                true,
            ),
            ("bool_equal", json!(true), &["true"], true),
            ("ip_equal", json!(["10.0.0.0/8"]), &["10.1.2.3"], true),
            ("ip_equal", json!("10.1.2.4"), &["10.1.2.3"], false),
            ("ip_not_equal", json!("10.0.0.0/8"), &["10.1.2.3"], false),
            ("ip_equal", json!("::/0"), &["10.1.2.3"], false),
            ("ip_equal", json!("0.0.0.0/0"), &["10.1.2.3"], true),
            ("ip_equal", json!("fe80::/10"), &["fe80::1"], true),
            ("ip_equal", json!("10.0.0.0/x"), &["10.0.0.0"], false),
            ("string_equal", json!("a"), &[], false),
            ("string_not_equal", json!("a"), &[], true),
            ("string_equal_if_exist", json!("a"), &[], true),
            ("null_equal", json!("true"), &[], true),
            ("null_equal", json!(false), &["a"], true),
            (
                "for_all_value:string_equal",
                json!(["a", "b"]),
                &["a", "c"],
                false,
            ),
            (
                "for_any_value:string_equal",
                json!(["a", "b"]),
                &["a", "c"],
                true,
            ),
        ] {
            let found = holds(operator, &wanted, found);
            assert_eq!(found, Held::of(expected), "{operator} {wanted}");
        }
    }

    #[test]
    fn an_unsupported_operator_is_named() {
        assert_eq!(
            holds("string_near", &json!("a"), &["a"]),
            Held::Unknown("string_near".into())
        );
        assert!(Condition::parse("string_equal", &json!(["a"])).is_none());
        assert!(Condition::parse("string_equal", &json!({"k": {}})).is_none());
    }
}
