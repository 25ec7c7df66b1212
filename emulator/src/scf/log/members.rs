//! What a line that is a JSON object adds to its record. Follows: SCF reference, section 13.2.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use backlot_base::json::Value;

/// How the names of the platform's own fields begin.
const OWN: &str = "SCF_";

/// The first-level members of a line that is a JSON object, as further fields of its record, in their order.
///
/// Choice: a member with the name of one of the platform's own fields is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members(Vec<(String, Value)>);

impl Members {
    pub(super) fn of(line: &str) -> Self {
        let line = line.trim();
        if !line.starts_with('{') {
            return Self::default();
        }
        let Ok(Value::Object(mut members)) = Value::parse(line) else {
            return Self::default();
        };
        members.retain(|(name, _)| !name.starts_with(OWN));
        // The last member of a name counts, as for most readers of JSON.
        let mut seen = BTreeSet::new();
        members.reverse();
        members.retain(|(name, _)| seen.insert(name.clone()));
        members.reverse();
        Self(members)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
