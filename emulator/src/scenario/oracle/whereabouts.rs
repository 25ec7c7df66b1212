//! Where an event is that is not archived where the oracle looks, and which key of a scenario would change the rule.

use std::cell::OnceCell;
use std::collections::HashMap;

use bytes::Bytes;

use super::{Mode, Oracle, canonical};
use crate::scenario::outcome::{Outcome, StoredObject};

/// Where keys that change the rule can be written.
const WRITE_IT: &str = "in the scenario or in backlot.yaml";

/// Looks for events and values in a whole outcome. The values are computed once, when the first one is asked for.
pub(super) struct Whereabouts<'a> {
    oracle: &'a Oracle,
    outcome: &'a Outcome,
    objects: OnceCell<HashMap<Bytes, &'a StoredObject>>,
    events: OnceCell<HashMap<Bytes, usize>>,
}

impl<'a> Whereabouts<'a> {
    pub(super) fn new(oracle: &'a Oracle, outcome: &'a Outcome) -> Self {
        Self {
            oracle,
            outcome,
            objects: OnceCell::new(),
            events: OnceCell::new(),
        }
    }

    /// What to do about an event that is missing.
    pub(super) fn of_event(&self, event: &Bytes) -> String {
        let objects = self.outcome.objects.iter();
        let json = canonical(event).and_then(|value| self.objects().get(&value).copied());
        let same = match self.oracle.mode {
            Mode::Json => json,
            Mode::Bytes | Mode::Off => objects.into_iter().find(|object| object.body == *event),
        };
        if let Some(object) = same {
            let place = format!("`{}/{}`", object.bucket, object.key);
            let archive = archive(self.oracle, self.outcome, object);
            return format!(
                "{place} holds it: if the archive is there, say `{archive}` {WRITE_IT}"
            );
        }
        if let Some(object) = json {
            let place = format!("`{}/{}`", object.bucket, object.key);
            let key = if self.oracle.place.holds(object) {
                "`oracle: json`".to_owned()
            } else {
                format!(
                    "`oracle: json` and `{}`",
                    archive(self.oracle, self.outcome, object)
                )
            };
            return format!(
                "{place} has the same JSON value in other bytes: if that is right, say {key} {WRITE_IT}"
            );
        }
        format!(
            "no bucket holds it; for a function that does not archive events, say `oracle: {{ off: \"the reason\" }}`, \
             for a scenario about losing them, `may-lose: true`, {WRITE_IT}"
        )
    }

    /// What to do about an object in the archive that is no event.
    pub(super) fn of_invention(&self, body: &Bytes) -> String {
        let value = canonical(body).filter(|_| self.oracle.mode == Mode::Bytes);
        match value.and_then(|value| self.events().get(&value)) {
            Some(number) => format!(
                "it has the JSON value of event {number} in other bytes: if that is right, say `oracle: json` {WRITE_IT}"
            ),
            None => format!(
                "if other things are kept there too, say where events are with `archive: {{ prefix: … }}`, or say \
                 `oracle: {{ off: \"the reason\" }}`, {WRITE_IT}"
            ),
        }
    }

    /// All objects that are JSON, by value; of those with one value, one in the archive.
    fn objects(&self) -> &HashMap<Bytes, &'a StoredObject> {
        self.objects.get_or_init(|| {
            let mut objects: Vec<_> = self.outcome.objects.iter().collect();
            objects.sort_by_key(|object| !self.oracle.place.holds(object));
            let mut by_value = HashMap::new();
            for object in objects {
                if let Some(value) = canonical(&object.body) {
                    by_value.entry(value).or_insert(object);
                }
            }
            by_value
        })
    }

    /// All events that are JSON, by value.
    fn events(&self) -> &HashMap<Bytes, usize> {
        self.events.get_or_init(|| {
            let mut by_value = HashMap::new();
            for (number, event) in self.outcome.events().iter() {
                if let Some(value) = canonical(event) {
                    by_value.entry(value).or_insert(number);
                }
            }
            by_value
        })
    }
}

/// How to write that the archive is where this object is: the bucket if it is another one, and the first folder of the key if
/// the prefix does not fit, or if the other bucket holds more than that folder.
fn archive(oracle: &Oracle, outcome: &Outcome, object: &StoredObject) -> String {
    let place = &oracle.place;
    let is_elsewhere = object.bucket != place.bucket;
    let folder = object.key.split_once('/').map(|(first, _)| first);
    let folder = folder.filter(|first| !first.is_empty());
    let folder = folder.map_or_else(String::new, |first| format!("{first}/"));
    let is_shared = || {
        let mut others = outcome.objects.iter();
        others.any(|other| other.bucket == object.bucket && !other.key.starts_with(&folder))
    };
    let bucket = is_elsewhere.then(|| format!("bucket: {}", object.bucket));
    let prefix = if !object.key.starts_with(&place.prefix) || is_elsewhere && is_shared() {
        Some(match folder.as_str() {
            "" => "prefix: \"\"".to_owned(),
            folder => format!("prefix: {folder}"),
        })
    } else {
        None
    };
    let members: Vec<_> = bucket.into_iter().chain(prefix).collect();
    format!("archive: {{ {} }}", members.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::ArchivePlace;
    use super::*;

    fn outcome(objects: &[(&str, &str, &str)]) -> Outcome {
        let objects = objects.iter().map(|&(bucket, key, body)| StoredObject {
            bucket: bucket.into(),
            key: key.into(),
            content_type: String::new(),
            metadata: Vec::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        });
        Outcome {
            scenario: "test".into(),
            start: jiff::Timestamp::UNIX_EPOCH,
            records: Vec::new(),
            objects: objects.collect(),
            below: Vec::new(),
            imported: Vec::new(),
        }
    }

    fn told(mode: Mode, objects: &[(&str, &str, &str)]) -> String {
        let oracle = Oracle {
            place: ArchivePlace {
                bucket: "archive-1".into(),
                prefix: "mps/".into(),
            },
            mode,
            may_lose: false,
        };
        let outcome = outcome(objects);
        let looked = Whereabouts::new(&oracle, &outcome);
        looked.of_event(&Bytes::from_static(b"{\"a\":1}"))
    }

    #[test]
    fn bytes_elsewhere_are_pointed_at_with_the_key_that_moves_the_archive() {
        let said = told(Mode::Bytes, &[("backup-1", "mps/a", "{\"a\":1}")]);
        assert!(
            said.starts_with("`backup-1/mps/a` holds it: if the archive is there, say `archive: { bucket: backup-1 }`"),
            "{said}"
        );
        let said = told(Mode::Bytes, &[("archive-1", "out/x/a", "{\"a\":1}")]);
        assert!(said.contains("`archive: { prefix: out/ }`"), "{said}");
        let said = told(Mode::Json, &[("backup-1", "a", "{\"a\": 1.0}")]);
        assert!(
            said.contains("`archive: { bucket: backup-1, prefix: \"\" }`"),
            "{said}"
        );
    }

    #[test]
    fn the_same_value_in_other_bytes_leads_to_the_mode() {
        let said = told(Mode::Bytes, &[("archive-1", "mps/a", "{ \"a\": 1 }")]);
        assert!(
            said.contains("`archive-1/mps/a` has the same JSON value"),
            "{said}"
        );
        assert!(said.contains("say `oracle: json` in"), "{said}");
        let said = told(Mode::Bytes, &[("backup-1", "mps/a", "{ \"a\": 1 }")]);
        assert!(
            said.contains("`oracle: json` and `archive: { bucket: backup-1 }`"),
            "{said}"
        );
    }

    #[test]
    fn an_event_that_is_nowhere_leads_to_the_keys_that_let_it_be() {
        let said = told(Mode::Bytes, &[("archive-1", "mps/a", "{\"a\":2}")]);
        assert!(said.contains("oracle: { off: \"the reason\" }"), "{said}");
        assert!(said.contains("may-lose: true"), "{said}");
    }
}
