//! An outcome as text for people: events, invocations with their attempts, dead letters, faults, and the final buckets.

use bytes::Bytes;

use super::super::outcome::{Outcome, StoredObject};
use super::line::{Teller, hash, number_of, since};
use super::tokens::Tokens;
use crate::base::json;
use crate::journal::Lane;

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
        let tell = Teller {
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
        let mut bucket = None;
        for object in &self.outcome.objects {
            if bucket != Some(&object.bucket) {
                self.heading(&format!("bucket {}", object.bucket));
                bucket = Some(&object.bucket);
            }
            self.object(object);
        }
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
