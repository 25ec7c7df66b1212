//! How much a journal keeps.

use std::fmt;
use std::str::FromStr;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// How much memory the records of a journal may take before the oldest ones are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// None is ever forgotten.
    None,
    /// The maximal number of bytes, as [`Record::weight`](super::Record::weight) counts them. The latest record is kept whatever it weighs.
    Bytes(usize),
}

/// A text that is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size such as `512KiB` or `16MiB`, and not `none`")]
pub struct NotALimit(String);

impl Limit {
    /// For a stage that stays: some 40,000 records, which 20,000 uploads leave.
    pub const LASTING: Self = Self::Bytes(16 * MIB);

    pub(super) fn is_exceeded_by(self, bytes: usize) -> bool {
        match self {
            Self::None => false,
            Self::Bytes(most) => bytes > most,
        }
    }
}

impl FromStr for Limit {
    type Err = NotALimit;

    fn from_str(text: &str) -> Result<Self, NotALimit> {
        if text == "none" {
            return Ok(Self::None);
        }
        let units = [("KiB", KIB), ("MiB", MIB), ("GiB", 1024 * MIB)];
        let bytes = units.into_iter().find_map(|(unit, size)| {
            let number: usize = text.strip_suffix(unit)?.trim_end().parse().ok()?;
            number.checked_mul(size)
        });
        bytes
            .map(Self::Bytes)
            .ok_or_else(|| NotALimit(text.to_owned()))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("none"),
            Self::Bytes(bytes) if bytes.is_multiple_of(MIB) => write!(out, "{}MiB", bytes / MIB),
            Self::Bytes(bytes) => write!(out, "{}KiB", bytes / KIB),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_size_with_its_unit() {
        for (text, expected) in [
            ("none", Limit::None),
            ("512KiB", Limit::Bytes(512 * 1024)),
            ("16MiB", Limit::LASTING),
        ] {
            assert_eq!(text.parse(), Ok(expected));
            assert_eq!(expected.to_string(), text);
        }
        for text in [
            "",
            "16",
            "MiB",
            "-1MiB",
            "1.5MiB",
            "99999999999999999999GiB",
            "99999999999GiB",
        ] {
            let error = text.parse::<Limit>().unwrap_err();
            assert!(error.to_string().contains("16MiB"), "{error}");
        }
    }
}
