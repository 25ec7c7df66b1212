//! Spans of media time, kept in whole milliseconds so that arithmetic is exact.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// A span of media time. Written in seconds with up to three decimals: `2`, `2.5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(u64);

/// The text is not a span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time in seconds: expected a number from 0 with at most three decimals")]
pub struct InvalidSeconds(pub String);

impl Seconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of a number of milliseconds.
    pub fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Whether there is no fraction of a second.
    pub fn is_whole(self) -> bool {
        self.0.is_multiple_of(1000)
    }

    /// Whole milliseconds.
    pub fn millis(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millis) = (self.0 / 1000, self.0 % 1000);
        if millis == 0 {
            return write!(out, "{whole}");
        }
        let decimals = format!("{millis:03}");
        write!(out, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl FromStr for Seconds {
    type Err = InvalidSeconds;

    fn from_str(text: &str) -> Result<Self, InvalidSeconds> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let millis = || -> Option<u64> {
            let decimals: u64 = format!("{decimals:0<3}").parse().ok()?;
            let whole: u64 = whole.parse().ok()?;
            whole.checked_mul(1000)?.checked_add(decimals)
        };
        let is_spelled_well = is_digits(whole) && is_digits(decimals) && decimals.len() <= 3;
        let found = if is_spelled_well { millis() } else { None };
        found
            .map(Self)
            .ok_or_else(|| InvalidSeconds(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written)
    }
}

/// As a text, so that it stays exact.
impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Seconds;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time in seconds, for example 2.5")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Seconds, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Seconds, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Seconds, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Seconds, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, millis) in [("0", 0), ("2.5", 2500), ("62.805", 62_805), ("1.05", 1050)] {
            let span: Seconds = text.parse().unwrap();
            assert_eq!(span.millis(), millis);
            assert_eq!(span.to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "-1",
            "1.",
            ".5",
            "1.0005",
            "1e3",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn yaml_numbers_are_times() {
        let spans: Vec<Seconds> = serde_saphyr::from_str("[3, 2.5, '0.1']").unwrap();
        let millis: Vec<_> = spans.into_iter().map(Seconds::millis).collect();
        assert_eq!(millis, [3000, 2500, 100]);
        assert!(serde_saphyr::from_str::<Vec<Seconds>>("[-1]").is_err());
    }
}
