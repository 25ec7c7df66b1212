//! An outcome as text for people: events, invocations with their attempts, dead letters, faults, and the final buckets.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::super::outcome::{Outcome, StoredObject};
use super::record::{RecordText, hash, number_of, since};
use super::tokens::Tokens;
use backlot_base::journal::Lane;
use backlot_base::json;
use backlot_cos::Below;

/// The outcome as text, volatile values replaced.
pub fn render(outcome: &Outcome) -> String {
    let mut page = Page {
        outcome,
        events: outcome.events(),
        text: String::new(),
    };
    page.events();
    page.lanes();
    page.buckets();
    Tokens::of(outcome).apply(&page.text)
}

struct Page<'a> {
    outcome: &'a Outcome,
    events: Vec<&'a Bytes>,
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
        for (index, event) in self.events.clone().into_iter().enumerate() {
            self.heading(&format!("event {}: {} bytes", index + 1, event.len()));
            self.body(2, event);
        }
    }

    fn body(&mut self, indent: usize, body: &Bytes) {
        match shown(body) {
            Shown::Lines(text) => text.lines().for_each(|line| self.line(indent, line)),
            Shown::Hash(hash) => self.line(indent, &hash),
        }
    }

    fn lanes(&mut self) {
        let mut lanes: Vec<Lane> = self
            .outcome
            .records
            .iter()
            .map(|record| record.lane)
            .collect();
        lanes.sort();
        lanes.dedup();
        let records = &self.outcome.records;
        let tell = RecordText {
            start: self.outcome.start,
            events: self.events.clone(),
        };
        for lane in lanes {
            let told: Vec<_> = records
                .iter()
                .filter(|record| record.lane == lane)
                .filter_map(|record| Some((record, tell.line(record)?)))
                .collect();
            if told.is_empty() {
                continue;
            }
            self.heading(&lane.to_string());
            let mut shown_at = None;
            for (record, line) in told {
                let at = (shown_at != Some(record.at)).then(|| since(tell.start, record.at));
                shown_at = Some(record.at);
                self.line(2, &format!("{:<9}{line}", at.unwrap_or_default()));
            }
        }
    }

    fn buckets(&mut self) {
        let objects = self.outcome.objects.iter().map(|object| &object.bucket);
        let below = self.outcome.below.iter().map(|below| &below.bucket);
        let buckets: BTreeSet<_> = objects.chain(below).collect();
        for bucket in buckets {
            self.heading(&format!("bucket {bucket}"));
            let outcome = self.outcome;
            let here = outcome.objects.iter();
            for object in here.filter(|object| object.bucket == *bucket) {
                self.object(object);
            }
            let below = outcome.below.iter();
            for below in below.filter(|below| below.bucket == *bucket) {
                self.below(below);
            }
        }
    }

    fn below(&mut self, below: &Below) {
        let record = &below.record;
        let what = match (record.is_delete_marker(), below.is_older) {
            (true, true) => "an older delete marker".to_owned(),
            (true, false) => "is hidden by a delete marker".to_owned(),
            (false, _) => format!("an older version of {} bytes, {}", record.size, record.etag),
        };
        self.line(2, &format!("{}: {what}", record.key));
    }

    fn object(&mut self, object: &StoredObject) {
        let size = object.body.len();
        self.line(
            2,
            &format!("{} ({size} bytes, {})", object.key, object.content_type),
        );
        for (name, value) in &object.metadata {
            self.line(4, &format!("{name}: {value}"));
        }
        match number_of(&self.events, &object.body) {
            Some(number) => self.line(4, &format!("= event {number}")),
            None => self.body(4, &object.body),
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

    fn below(key: &str, is_older: bool, size: u64) -> Below {
        let text = format!(
            r#"{{"key":"{key}","size":{size},"etag":"\"e\"","crc64":0,"last_modified":"2024-01-01T00:00:00Z","storage_class":"STANDARD"}}"#
        );
        let mut record: ObjectRecord = serde_json::from_str(&text).unwrap();
        if size == 0 {
            record.object_type = ObjectType::DeleteMarker;
        }
        Below {
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
        assert_eq!(
            render(&outcome),
            "bucket b-1250000000\n  gone: is hidden by a delete marker\n  gone: an older version of 3 bytes, \"e\"\n"
        );
    }
}
