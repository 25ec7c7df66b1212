//! Which shapes of MPS events a suite has shown its functions, and which it has not.
//!
//! A reader of the journal: an event counts when it has entered the queue of a function, wherever it came from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::json;

use super::outcome::Outcome;
use crate::mps::catalogue::{self, Entry, Shape, shapes_of};
use backlot_base::journal::{ScfRecord, What};
use backlot_base::json::Value;

/// How many names of shapes that were not shown a line for people has.
const NAMED: usize = 3;

/// What was shown so far.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The scenarios that have shown an entry, by the entry's name.
    shown: BTreeMap<&'static str, BTreeSet<String>>,
    /// The scenarios that have shown a type of result that the catalogue does not have.
    unknown: BTreeMap<String, BTreeSet<String>>,
}

/// One heading of the catalogue.
struct Group {
    heading: &'static str,
    shown: Vec<&'static Entry>,
    missing: Vec<&'static Entry>,
}

impl Coverage {
    /// Adds what a scenario has shown.
    pub fn add(&mut self, scenario: &str, outcome: &Outcome) {
        for record in &outcome.records {
            if let What::Scf(ScfRecord::InvocationQueued { event, .. }) = &record.what {
                self.add_event(scenario, &event.0);
            }
        }
    }

    fn add_event(&mut self, scenario: &str, bytes: &[u8]) {
        let Some(event) = parse(bytes) else {
            return;
        };
        // The platform's Python template gets the text of the event in an array.
        let inner = match event.as_array() {
            Some([Value::String(text)]) => parse(text.as_bytes()),
            _ => None,
        };
        for shape in shapes_of(inner.as_ref().unwrap_or(&event)) {
            let scenarios = match shape {
                Shape::Known(entry) => self.shown.entry(entry.name()).or_default(),
                Shape::Unknown(kind) => self.unknown.entry(kind).or_default(),
            };
            scenarios.insert(scenario.to_owned());
        }
    }

    /// How many of the counted shapes were shown, and how many there are.
    pub fn counts(&self) -> (usize, usize) {
        let groups = self.groups();
        let shown = groups.iter().map(|group| group.shown.len()).sum();
        let missing: usize = groups.iter().map(|group| group.missing.len()).sum();
        (shown, shown + missing)
    }

    /// For people: a line for each heading of the catalogue.
    pub fn to_text(&self) -> String {
        let (shown, all) = self.counts();
        let mut text =
            format!("coverage: {shown} of {all} shapes of MPS events were shown to functions\n");
        for group in self.groups() {
            let (shown, missing) = (group.shown.len(), &group.missing);
            let all = shown + missing.len();
            let _ = write!(text, "  {:<36} {shown:>3} of {all:<3}", group.heading);
            if !missing.is_empty() {
                let names = missing.iter().take(NAMED).map(|entry| entry.name());
                let names: Vec<_> = names.collect();
                let _ = write!(text, "  not shown: {}", names.join(", "));
            }
            if let more @ 1.. = missing.len().saturating_sub(NAMED) {
                let _ = write!(text, " and {more} more");
            }
            text.push('\n');
        }
        let further: Vec<_> = self.further().collect();
        if !further.is_empty() {
            let _ = writeln!(text, "  also shown: {}", further.join(", "));
        }
        for (kind, scenarios) in &self.unknown {
            let scenarios: Vec<_> = scenarios.iter().map(String::as_str).collect();
            let scenarios = scenarios.join(", ");
            let _ = writeln!(text, "  not in the catalogue: {kind} (in {scenarios})");
        }
        text
    }

    /// For programs: `shown` and `all` as numbers; `shapes` with the scenarios that show each, `missing`, `further` and
    /// `unknown`.
    pub fn to_json(&self) -> serde_json::Value {
        let (shown, all) = self.counts();
        let groups = self.groups();
        let missing = groups.iter().flat_map(|group| &group.missing);
        let missing: Vec<_> = missing.map(|entry| entry.name()).collect();
        let counted = groups.iter().flat_map(|group| &group.shown);
        let shapes: BTreeMap<_, _> = counted
            .map(|entry| (entry.name(), &self.shown[entry.name()]))
            .collect();
        json!({
            "shown": shown,
            "all": all,
            "shapes": shapes,
            "missing": missing,
            "further": self.further().collect::<Vec<_>>(),
            "unknown": self.unknown,
        })
    }

    /// Shapes that were shown and are not counted: of tasks under way, and of schedules.
    fn further(&self) -> impl Iterator<Item = &'static str> {
        let names = self.shown.keys().copied();
        names.filter(|name| catalogue::find(name).is_some_and(|entry| !entry.is_counted()))
    }

    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for entry in catalogue::entries() {
            if !entry.is_counted() {
                continue;
            }
            if groups
                .last()
                .is_none_or(|group| group.heading != entry.group())
            {
                groups.push(Group {
                    heading: entry.group(),
                    shown: Vec::new(),
                    missing: Vec::new(),
                });
            }
            let group = groups.last_mut().expect("one was pushed");
            if self.shown.contains_key(entry.name()) {
                group.shown.push(entry);
            } else {
                group.missing.push(entry);
            }
        }
        groups
    }
}

fn parse(bytes: &[u8]) -> Option<Value> {
    Value::parse(std::str::from_utf8(bytes).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_once_and_unknown_ones_are_named() {
        let mut coverage = Coverage::default();
        let event = |set: &str| {
            format!(
                r#"{{"EventType":"WorkflowTask","WorkflowTaskEvent":{{"ErrCode":0,"MediaProcessResultSet":[{set}]}}}}"#
            )
        };
        let failed = r#"{"Type":"Transcode","TranscodeTask":{"Status":"FAIL","Output":null}}"#;
        let strange = r#"{"Type":"CoverBySnapshot","CoverBySnapshotTask":{}}"#;
        let text = event(&format!("{failed},{failed},{strange}"));
        coverage.add_event("a", text.as_bytes());
        coverage.add_event("b", Value::Array(vec![text.into()]).to_string().as_bytes());
        coverage.add_event("b", b"no JSON");
        coverage.add_event("b", br#"{"Records":[]}"#);
        let (shown, all) = coverage.counts();
        assert_eq!(shown, 1);
        assert!(all > 100, "{all}");
        let report = coverage.to_json();
        assert_eq!(
            report["shapes"],
            json!({ "workflow/transcode-failure": ["a", "b"] })
        );
        let kind = "MediaProcessResultSet CoverBySnapshot";
        assert_eq!(report["unknown"], json!({ kind: ["a", "b"] }));
        let text = coverage.to_text();
        assert!(text.starts_with("coverage: 1 of "), "{text}");
        assert!(text.contains(&format!("{kind} (in a, b)")), "{text}");
    }
}
