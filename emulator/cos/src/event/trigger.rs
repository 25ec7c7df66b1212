//! Which changes invoke which functions, and when two triggers conflict. Follows: COS reference, section 9.1.

use super::pattern::EventPattern;
use backlot_base::signal::{FunctionTarget, ObjectChanged};

/// The maximal number of COS triggers of a function.
pub const MAX_TRIGGERS: usize = 10;

/// A trigger: binds changes in a bucket to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The bucket's full name.
    pub bucket: String,
    /// The events, of which any invokes the function.
    pub events: Vec<EventPattern>,
    /// The prefix of the keys.
    pub prefix: String,
    /// The suffix of the keys.
    pub suffix: String,
    /// The function.
    pub target: FunctionTarget,
}

/// How two triggers overlap; each has an error code of COS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// `NotifyRuleEventConflict`: prefix and suffix are the same.
    Event,
    /// `NotifyRulePrefixConflict`: one prefix begins with the other.
    Prefix,
    /// `NotifyRuleSuffixConflict`: one suffix ends with the other.
    Suffix,
}

impl Trigger {
    /// Whether it invokes its function for a change.
    pub fn covers(&self, changed: &ObjectChanged) -> bool {
        self.bucket == changed.bucket
            && changed.key.starts_with(&self.prefix)
            && changed.key.ends_with(&self.suffix)
            && self
                .events
                .iter()
                .any(|event| event.covers(&changed.event_name))
    }

    /// Why two triggers cannot exist at the same time, whichever functions they are for; `None` if they can.
    ///
    /// Choice: rules overlap if one change could concern both. Which of the three codes the platform answers then is not
    /// documented; here it is the first part in which they differ.
    pub fn conflict(&self, other: &Self) -> Option<Conflict> {
        let starts = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
        let ends = |one: &str, other: &str| one.ends_with(other) || other.ends_with(one);
        let mut events = self.events.iter();
        let overlaps = self.bucket == other.bucket
            && events.any(|event| other.events.iter().any(|other| event.overlaps(*other)))
            && starts(&self.prefix, &other.prefix)
            && ends(&self.suffix, &other.suffix);
        if !overlaps {
            None
        } else if self.prefix != other.prefix {
            Some(Conflict::Prefix)
        } else if self.suffix != other.suffix {
            Some(Conflict::Suffix)
        } else {
            Some(Conflict::Event)
        }
    }
}

impl Conflict {
    /// The code that COS answers with.
    pub fn code(self) -> &'static str {
        match self {
            Self::Event => "NotifyRuleEventConflict",
            Self::Prefix => "NotifyRulePrefixConflict",
            Self::Suffix => "NotifyRuleSuffixConflict",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(event: &str, prefix: &str, suffix: &str) -> Trigger {
        Trigger {
            bucket: "in-1250000000".into(),
            events: vec![event.parse().unwrap()],
            prefix: prefix.into(),
            suffix: suffix.into(),
            target: FunctionTarget::named("f"),
        }
    }

    fn put(key: &str) -> ObjectChanged {
        ObjectChanged::put("in-1250000000", key)
    }

    #[test]
    fn filters_are_joined() {
        let wanted = trigger("cos:ObjectCreated:*", "in/", ".mp4");
        assert!(wanted.covers(&put("in/a.mp4")));
        assert!(!wanted.covers(&put("in/a.mov")));
        assert!(!wanted.covers(&put("out/a.mp4")));
        let mut elsewhere = put("in/a.mp4");
        elsewhere.bucket = "out-1250000000".into();
        assert!(!wanted.covers(&elsewhere));
        assert!(!trigger("cos:ObjectRemove:*", "", "").covers(&put("in/a.mp4")));
    }

    #[test]
    fn triggers_that_one_change_could_concern_are_in_conflict() {
        let one = trigger("cos:ObjectCreated:*", "in/", ".mp4");
        for (event, prefix, suffix, expected) in [
            (
                "cos:ObjectCreated:Put",
                "in/",
                ".mp4",
                Some(Conflict::Event),
            ),
            (
                "cos:ObjectCreated:Put",
                "in/a",
                ".mp4",
                Some(Conflict::Prefix),
            ),
            ("cos:ObjectCreated:*", "in/", "", Some(Conflict::Suffix)),
            ("cos:ObjectRemove:*", "in/", ".mp4", None),
            ("cos:ObjectCreated:*", "out/", ".mp4", None),
            ("cos:ObjectCreated:*", "in/", ".mov", None),
        ] {
            let other = trigger(event, prefix, suffix);
            assert_eq!(one.conflict(&other), expected, "{other:?}");
            assert_eq!(other.conflict(&one), expected, "{other:?}");
        }
        let mut elsewhere = one.clone();
        elsewhere.bucket = "out-1250000000".into();
        assert_eq!(one.conflict(&elsewhere), None);
    }
}
