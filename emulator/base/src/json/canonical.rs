//! One spelling for each value: what two texts have in common when they are equal as JSON.

use super::{Number, Value};

impl Value {
    /// The value with members ordered by name and numbers in one spelling. Two values are equal as JSON if these are equal.
    ///
    /// Of members with one name, only the last one counts, as for most readers. Numbers are equal by value, and no digit is
    /// lost: `1`, `1.0` and `1e0` are equal, `0.1` and `0.1000000000000000055` are not.
    #[must_use]
    pub fn canonical(&self) -> Self {
        match self {
            Self::Number(number) => Self::Number(number.canonical()),
            Self::Array(items) => Self::Array(items.iter().map(Self::canonical).collect()),
            Self::Object(members) => Self::Object(canonical_members(members)),
            same @ (Self::Null | Self::Bool(_) | Self::String(_)) => same.clone(),
        }
    }
}

fn canonical_members(members: &[(String, Value)]) -> Vec<(String, Value)> {
    let mut ordered: Vec<&(String, Value)> = members.iter().rev().collect();
    // The sort is stable, so the member that is kept of several is the last one in the text.
    ordered.sort_by(|(one, _), (other, _)| one.cmp(other));
    ordered.dedup_by(|(later, _), (kept, _)| later == kept);
    let members = ordered.into_iter();
    members
        .map(|(name, value)| (name.clone(), value.canonical()))
        .collect()
}

impl Number {
    /// The number as its digits without zeros at either end, and an exponent: `60.0` is `6e1`, `-0.50` is `-5e-1`.
    fn canonical(&self) -> Self {
        let (is_negative, digits, exponent) = parts(self.as_str());
        if digits.is_empty() {
            return Self::from_spelling("0");
        }
        let sign = if is_negative { "-" } else { "" };
        Self::from_spelling(&format!("{sign}{digits}e{exponent}"))
    }

    /// Whether both spell one number, to the last digit: `60`, `60.0` and `6e1` do.
    pub fn is_same(&self, other: &Self) -> bool {
        self == other || self.canonical() == other.canonical()
    }
}

/// Sign, digits without zeros at either end, and the power of ten that they are multiplied by. An exponent that is too large
/// for any machine is cut down to the largest one.
fn parts(spelling: &str) -> (bool, String, i128) {
    let unsigned = spelling.trim_start_matches('-');
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let largest = i128::from(i64::MAX);
    let exponent = exponent.trim_start_matches('+').parse().unwrap_or({
        if exponent.starts_with('-') {
            -largest
        } else {
            largest
        }
    });
    let exponent: i128 = i128::clamp(exponent, -largest, largest);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let dropped = digits.len() - significant.len();
    let shift = i128::try_from(dropped).unwrap_or(0) - i128::try_from(fraction.len()).unwrap_or(0);
    (
        spelling.starts_with('-'),
        significant.trim_start_matches('0').to_owned(),
        exponent + shift,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_equal(one: &str, other: &str) -> bool {
        let canonical = |text| Value::parse(text).unwrap().canonical();
        canonical(one) == canonical(other)
    }

    #[test]
    fn order_of_members_and_space_do_not_count() {
        assert!(is_equal(
            r#"{"a":[1,{"c":true,"b":"\u0041"}],"d":null}"#,
            "{ \"d\": null,\n \"a\": [1, {\"b\": \"A\", \"c\": true}] }"
        ));
        assert!(!is_equal("[1,2]", "[2,1]"));
        assert!(!is_equal(r#"{"a":1}"#, r#"{"a":1,"b":null}"#));
        assert!(is_equal(r#"{"a":1,"a":2}"#, r#"{"a":2}"#));
        assert!(!is_equal(r#"{"a":2,"a":1}"#, r#"{"a":2}"#));
    }

    #[test]
    fn numbers_are_equal_by_value() {
        for (one, other) in [
            ("60", "60.0"),
            ("60", "6e1"),
            ("0.50", "5E-1"),
            ("0", "-0.00"),
            ("1e+2", "100"),
            ("-1200e-2", "-12"),
            (
                "1e999999999999999999999999999999999999999999",
                "1e999999999999999999999999999999999999999998",
            ),
        ] {
            assert!(is_equal(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn no_digit_is_lost() {
        for (one, other) in [
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993.0", "9007199254740992.0"),
            ("0.1", "0.1000000000000000055"),
            ("1", "-1"),
            ("1", "10"),
            ("1", "\"1\""),
            ("1e400", "1e401"),
        ] {
            assert!(!is_equal(one, other), "{one} and {other}");
        }
    }
}
