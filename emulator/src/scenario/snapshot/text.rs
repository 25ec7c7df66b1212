//! An outcome as text for people: events, invocations with their attempts, dead letters, faults, and the final buckets.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;

use super::super::outcome::{Outcome, StoredObject};
use super::record::{RecordText, hash, since};
use super::tokens::Tokens;
use super::volatile::{self, Field, Surroundings, Volatile};
use backlot_base::journal::{Lane, Record};
use backlot_base::json;
use backlot_cos::Noncurrent;

/// The outcome as text, volatile values replaced.
pub fn render(outcome: &Outcome, surroundings: &Surroundings<'_>) -> String {
    let events = outcome.events();
    let tokens = Tokens::of(outcome, &events);
    let inputs = volatile::inputs(outcome, surroundings.scenario);
    let volatile = Volatile::new(outcome, &tokens, surroundings, &inputs);
    let text_of = RecordText {
        start: outcome.start,
        resized: resized(outcome, &volatile),
        events,
        volatile: RefCell::new(volatile),
    };
    let mut page = Page {
        outcome,
        text_of: &text_of,
        tokens: &tokens,
        text: String::new(),
    };
    page.events();
    page.lanes();
    page.buckets();
    tokens.apply(&page.text)
}

/// The objects whose size varies, because of what is in them.
fn resized(outcome: &Outcome, volatile: &Volatile<'_>) -> HashSet<(String, String)> {
    let events = outcome.events();
    let objects = outcome.objects.iter();
    let own =
        objects.filter(|object| events.number_of(&object.body).is_none() && !is_of_mps(object));
    let resized = own.filter(|object| {
        let text = std::str::from_utf8(&object.body);
        text.is_ok_and(|text| volatile.is_resized(text))
    });
    resized
        .map(|object| (object.bucket.clone(), object.key.clone()))
        .collect()
}

/// Whether MPS wrote an object: what it says is the same in every run.
fn is_of_mps(object: &StoredObject) -> bool {
    let mut names = object.metadata.iter().map(|(name, _)| name.as_str());
    names.any(|name| name.ends_with("mps-task-id"))
}

struct Page<'a> {
    outcome: &'a Outcome,
    text_of: &'a RecordText<'a>,
    tokens: &'a Tokens,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, line: &str) {
        let line = line.trim_end();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    fn heading(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.line(0, line);
    }

    fn events(&mut self) {
        let text_of = self.text_of;
        for (number, event) in text_of.events.iter() {
            self.heading(&format!("event {number}: {} bytes", event.len()));
            self.body(2, event, |text| text_of.volatile.borrow_mut().ruled(text));
        }
    }

    /// A body, line by line, as `said` spells it.
    fn body(&mut self, indent: usize, body: &Bytes, said: impl Fn(&str) -> String) {
        match shown(body) {
            Shown::Lines(text) => said(&text).lines().for_each(|line| self.line(indent, line)),
            Shown::Hash(hash) => self.line(indent, &hash),
        }
    }

    fn lanes(&mut self) {
        let mut lanes: BTreeMap<Lane, Vec<&Record>> = BTreeMap::new();
        for record in &self.outcome.records {
            lanes.entry(record.lane).or_default().push(record);
        }
        for (lane, records) in lanes {
            self.lane(lane, &records);
        }
    }

    fn lane(&mut self, lane: Lane, records: &[&Record]) {
        let mut is_empty = true;
        let mut shown_at = None;
        for record in records {
            let Some(text) = self.text_of.line(record) else {
                continue;
            };
            if is_empty {
                self.heading(&lane.to_string());
                is_empty = false;
            }
            let at = (shown_at != Some(record.at)).then(|| since(self.outcome.start, record.at));
            shown_at = Some(record.at);
            self.line(2, &format!("{:<9}{text}", at.unwrap_or_default()));
        }
    }

    fn buckets(&mut self) {
        let mut buckets: BTreeMap<&str, (Vec<&StoredObject>, Vec<&Noncurrent>)> = BTreeMap::new();
        for object in &self.outcome.objects {
            buckets.entry(&object.bucket).or_default().0.push(object);
        }
        for below in &self.outcome.below {
            buckets.entry(&below.bucket).or_default().1.push(below);
        }
        for (bucket, (objects, below)) in buckets {
            self.heading(&format!("bucket {bucket}"));
            for (key, object) in self.by_key(objects) {
                self.object(&key, object);
            }
            for below in below {
                self.below(below);
            }
        }
    }

    fn below(&mut self, below: &Noncurrent) {
        let record = &below.record;
        let what = match (record.is_delete_marker(), below.is_older) {
            (true, true) => "an older delete marker".to_owned(),
            (true, false) => "is hidden by a delete marker".to_owned(),
            (false, _) => format!("an older version of {} bytes, {}", record.size, record.etag),
        };
        let key = self.text_of.said(Field::Key, &record.key);
        self.line(2, &format!("{key}: {what}"));
    }

    /// Objects in the order of their keys as they are shown, so that keys that vary do not change the order.
    fn by_key<'o>(&self, objects: Vec<&'o StoredObject>) -> Vec<(String, &'o StoredObject)> {
        let shown = objects.into_iter().map(|object| {
            let key = self.text_of.said(Field::Key, &object.key);
            // Ids are the same in every run, so keys that vary in nothing else order as they are.
            let is_varied = key != self.tokens.apply(&object.key);
            let order = if is_varied {
                key.clone()
            } else {
                object.key.clone()
            };
            (order, key, object)
        });
        let mut shown: Vec<_> = shown.collect();
        shown.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        shown
            .into_iter()
            .map(|(_, key, object)| (key, object))
            .collect()
    }

    fn object(&mut self, key: &str, object: &StoredObject) {
        let text_of = self.text_of;
        let bytes = object.body.len().try_into().unwrap_or(u64::MAX);
        let size = text_of.size(&object.bucket, &object.key, bytes);
        self.line(2, &format!("{key} ({size}, {})", object.content_type));
        for (name, value) in &object.metadata {
            let value = text_of.said(Field::Body, value);
            self.line(4, &format!("{name}: {value}"));
        }
        match text_of.events.number_of(&object.body) {
            Some(number) => self.line(4, &format!("= event {number}")),
            None if is_of_mps(object) => {
                self.body(4, &object.body, |text| {
                    text_of.volatile.borrow_mut().ruled(text)
                });
            }
            None => self.body(4, &object.body, |text| text_of.said(Field::Body, text)),
        }
    }
}

enum Shown {
    Lines(String),
    Hash(String),
}

/// JSON pretty-printed, other text as it is, binary as size and hash.
fn shown(body: &Bytes) -> Shown {
    let Ok(text) = std::str::from_utf8(body) else {
        return Shown::Hash(hash(body));
    };
    match json::Value::parse(text) {
        Ok(value) => Shown::Lines(value.to_pretty()),
        Err(_)
            if text
                .chars()
                .any(|letter| letter.is_control() && letter != '\n') =>
        {
            Shown::Hash(hash(body))
        }
        Err(_) => Shown::Lines(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_cos::store::{ObjectRecord, ObjectType};

    fn below(key: &str, is_older: bool, size: u64) -> Noncurrent {
        let text = format!(
            r#"{{"key":"{key}","size":{size},"etag":"\"e\"","crc64":0,"last_modified":"2024-01-01T00:00:00Z","storage_class":"STANDARD"}}"#
        );
        let mut record: ObjectRecord = serde_json::from_str(&text).unwrap();
        if size == 0 {
            record.object_type = ObjectType::DeleteMarker;
        }
        Noncurrent {
            bucket: "b-1250000000".into(),
            is_older,
            record,
        }
    }

    #[test]
    fn buckets_show_what_lies_below() {
        let outcome = Outcome {
            scenario: "test".into(),
            start: jiff::Timestamp::UNIX_EPOCH,
            records: Vec::new(),
            objects: Vec::new(),
            below: vec![below("gone", false, 0), below("gone", true, 3)],
            imported: Vec::new(),
        };
        let folders = volatile::Folders::around("".as_ref());
        let surroundings = Surroundings {
            rules: &[],
            folders: &folders,
            now: outcome.start,
            scenario: "",
        };
        assert_eq!(
            render(&outcome, &surroundings),
            "bucket b-1250000000\n  gone: is hidden by a delete marker\n  gone: an older version of 3 bytes, \"e\"\n"
        );
    }
}
