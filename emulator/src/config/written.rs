//! Values that people write in more than one way.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, written with its unit: `200ms`, `3s`, `2m`, `6h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pause(pub Duration);

/// A command line, written as a list of words, or as one string that is split as a shell does: quotes keep words together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

impl Pause {
    /// Reads `200ms`, `3s`, `2m`, `6h`.
    pub fn parse(text: &str) -> Option<Self> {
        let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
        let (count, unit) = text.split_at(unit_at);
        let count: u64 = count.parse().ok()?;
        let span = match unit {
            "ms" => Duration::from_millis(count),
            "s" => Duration::from_secs(count),
            "m" => Duration::from_secs(count.checked_mul(60)?),
            "h" => Duration::from_secs(count.checked_mul(3600)?),
            _ => return None,
        };
        Some(Self(span))
    }
}

impl Pause {
    /// Reads a whole number of seconds without a unit, or what [`Pause::parse`] reads.
    pub fn parse_seconds(text: &str) -> Option<Self> {
        let seconds = text.parse().map(Duration::from_secs);
        seconds.map(Self).ok().or_else(|| Self::parse(text))
    }
}

impl Words {
    /// Splits a line into words, as a shell does, without its variables and patterns.
    pub fn split(text: &str) -> Result<Self, OpenQuote> {
        shlex::split(text)
            .map(Self)
            .ok_or_else(|| OpenQuote(text.to_owned()))
    }
}

/// A command line in which a quote is opened and not closed, or whose last letter is a backslash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a quote in `{0}` is not closed")]
pub struct OpenQuote(String);

impl<'de> Deserialize<'de> for Pause {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| {
            let wanted = "a number with a unit, such as `200ms`, `3s`, `2m` or `6h`";
            D::Error::custom(format!("`{text}` is not a length of time: write {wanted}"))
        })
    }
}

impl Serialize for Pause {
    /// In the largest unit that says it exactly. What is smaller than a millisecond cannot be written and is left out.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        const UNITS: [(&str, u128); 3] = [("h", 3_600_000), ("m", 60_000), ("s", 1000)];
        let milliseconds = Duration::as_millis(&self.0);
        let unit = UNITS
            .iter()
            .find(|(_, size)| milliseconds >= *size && milliseconds.is_multiple_of(*size));
        match unit {
            Some((name, size)) => to.collect_str(&format_args!("{}{name}", milliseconds / size)),
            None => to.collect_str(&format_args!("{milliseconds}ms")),
        }
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Words;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a command, as one string or a list of words")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Words, E> {
                Words::split(text).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }

        from.deserialize_any(OneOrMany)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_needs_its_unit() {
        let read = |text| Pause::parse(text).map(|pause| pause.0);
        assert_eq!(read("200ms"), Some(Duration::from_millis(200)));
        assert_eq!(read("2m"), Some(Duration::from_secs(120)));
        for text in [
            "",
            "3",
            "s",
            "3 s",
            "-1s",
            "1.5s",
            "99999999999999999999s",
            "99999999999999999h",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn pauses_keep_their_length() {
        for text in ["1ms", "1500ms", "1s", "90s", "2m", "6h"] {
            let pause = Pause::parse(text).unwrap();
            let written = serde_json::to_value(pause).unwrap();
            assert_eq!(Pause::parse(written.as_str().unwrap()), Some(pause));
        }
    }
}
