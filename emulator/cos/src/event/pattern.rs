//! The names of events, and the patterns that triggers may name. Follows: COS reference, section 9.1.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use backlot_base::source::nearest;

/// Every name that a trigger may give. One that ends in `*` stands for all that begin as it does.
const PATTERNS: [&str; 12] = [
    "cos:ObjectCreated:*",
    "cos:ObjectCreated:Put",
    "cos:ObjectCreated:Post",
    "cos:ObjectCreated:Copy",
    "cos:ObjectCreated:CompleteMultipartUpload",
    "cos:ObjectCreated:Origin",
    "cos:ObjectCreated:Replication",
    "cos:ObjectRemove:*",
    "cos:ObjectRemove:Delete",
    "cos:ObjectRemove:DeleteMarkerCreated",
    "cos:ObjectRestore:Post",
    "cos:ObjectRestore:Completed",
];

/// One event, or all events of a kind, as triggers name them: `cos:ObjectCreated:Put`, `cos:ObjectRemove:*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPattern(&'static str);

/// A name that COS does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not an event of COS: {hint}")]
pub struct UnknownEvent {
    name: String,
    hint: String,
}

impl EventPattern {
    /// Every event of a created object.
    pub const CREATED: Self = Self(PATTERNS[0]);

    /// As written.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether it matches the event of this name.
    pub fn covers(self, event_name: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(start) => event_name.starts_with(start),
            None => self.0 == event_name,
        }
    }

    /// Whether both match a common event.
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other.0) || other.covers(self.0)
    }

    /// Why the emulator never sends it; `None` if it does.
    pub fn idle_because(self) -> Option<&'static str> {
        match self.0 {
            "cos:ObjectCreated:Origin" => Some("no origin is asked for missing objects"),
            "cos:ObjectCreated:Replication" => Some("no object is replicated"),
            _ => None,
        }
    }
}

impl FromStr for EventPattern {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let known = PATTERNS.iter().find(|pattern| **pattern == text);
        known
            .map(|pattern| Self(pattern))
            .ok_or_else(|| UnknownEvent {
                name: text.to_owned(),
                hint: match nearest(text, PATTERNS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("expected one of `{}`", PATTERNS.join("`, `")),
                },
            })
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for EventPattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> EventPattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_star_stands_for_all_of_a_kind() {
        let created = pattern("cos:ObjectCreated:*");
        assert!(created.covers("cos:ObjectCreated:Put"));
        assert!(created.covers("cos:ObjectCreated:CompleteMultipartUpload"));
        assert!(!created.covers("cos:ObjectRemove:Delete"));
        let put = pattern("cos:ObjectCreated:Put");
        assert!(put.covers("cos:ObjectCreated:Put"));
        assert!(!put.covers("cos:ObjectCreated:Post"));
        assert!(put.overlaps(created) && created.overlaps(put));
        assert!(!put.overlaps(pattern("cos:ObjectCreated:Post")));
        assert!(!created.overlaps(pattern("cos:ObjectRemove:*")));
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let refused = "cos:ObjectCreate:Put".parse::<EventPattern>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`cos:ObjectCreate:Put` is not an event of COS: did you mean `cos:ObjectCreated:Put`?"
        );
        // Not documented, so it is not an event.
        assert!("cos:ObjectRestore:*".parse::<EventPattern>().is_err());
    }
}
