//! Text that functions make and that differs from run to run becomes tokens: times, durations, uuids, addresses, paths, and
//! what the rules of a project or a scenario name.
//!
//! Only what comes from functions is looked at: printed lines, answers, keys, the text of objects, calls to other hosts. Values
//! that stand in an event or in the scenario itself are the same in every run and stay as they are. Whether a value counts as a
//! time is decided by its nearness to the run's real or virtual time, so that constant dates stay readable.
//!
//! Tokens of values that a function keeps (uuids, folders, processes) are numbered by first appearance, so that equal ones are
//! recognized. Times and durations have no number: whether two of them are equal differs from run to run as well.

mod durations;
mod identities;
mod paths;
mod pattern;
mod rules;
mod times;

use std::collections::HashMap;

use jiff::Timestamp;

pub use paths::Folders;
pub use rules::Redaction;
pub use times::Window;

use super::super::outcome::Outcome;
use super::tokens::Tokens;

/// Where a text stands, which decides what can vary in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// One printed line, or a message about one.
    Line,
    /// A key or a path of a request.
    Key,
    /// An answer, a message or the text of an object.
    Body,
    /// A message in which the platform wraps what a function says. Its own times are virtual and stay.
    Envelope,
}

/// Replaces what varies, one text after the other, in the order of the page.
#[derive(Clone, Debug)]
pub struct Volatile<'a> {
    ids: &'a Tokens,
    rules: &'a [Redaction],
    folders: &'a Folders,
    window: Window,
    inputs: &'a str,
    numbers: HashMap<(String, String), usize>,
    counts: HashMap<String, usize>,
    is_resized: bool,
    is_envelope: bool,
}

/// Everything about a run that its text depends on beside the outcome.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The rules of the scenario and the project.
    pub rules: &'a [Redaction],
    /// The folders of this machine.
    pub folders: &'a Folders,
    /// The real time of the run.
    pub now: Timestamp,
    /// The text of the scenario.
    pub scenario: &'a str,
}

/// The texts that are the same in every run, one after the other: the scenario, the events, and what was imported.
pub fn inputs(outcome: &Outcome, scenario: &str) -> String {
    let mut inputs = scenario.to_owned();
    let events = outcome.events();
    let events = events.iter().map(|(_, event)| event);
    let imported = outcome.imported.iter().map(|object| &object.body);
    for body in events.chain(imported) {
        if let Ok(text) = std::str::from_utf8(body) {
            inputs.push('\n');
            inputs.push_str(text);
        }
    }
    inputs
}

impl<'a> Volatile<'a> {
    /// For one outcome.
    pub fn new(
        outcome: &Outcome,
        ids: &'a Tokens,
        surroundings: &Surroundings<'a>,
        inputs: &'a str,
    ) -> Self {
        let last = outcome.records.last();
        let end = last.map_or(outcome.start, |record| record.at);
        Self {
            ids,
            rules: surroundings.rules,
            folders: surroundings.folders,
            window: Window::new(surroundings.now, outcome.start, end),
            inputs,
            numbers: HashMap::new(),
            counts: HashMap::new(),
            is_resized: false,
            is_envelope: false,
        }
    }

    /// A text of a function without what varies in it.
    pub fn said(&mut self, field: Field, text: &str) -> String {
        self.is_envelope = field == Field::Envelope;
        let mut text = self.ruled(&self.ids.apply(text));
        if field == Field::Line {
            text = self.pass(&text, &times::OF_DAY, times::of_day);
        }
        text = paths::replace(self, &text);
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return text;
        }
        text = identities::replace(self, &text);
        text = times::replace(self, &text);
        if field != Field::Key {
            text = durations::replace(self, &text);
        }
        text
    }

    /// A text that is not a function's, with only the rules applied that were asked for.
    pub fn ruled(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for rule in self.rules {
            text = rule.apply(&text, self);
        }
        text
    }

    /// Whether a text has something in it whose length may differ from run to run. Tries it without effect on the numbers.
    pub fn is_resized(&self, text: &str) -> bool {
        let mut trial = self.clone();
        trial.is_resized = false;
        trial.said(Field::Body, text);
        trial.is_resized
    }

    /// Whether a value is the same in every run, because it stands in what the run begins with.
    fn is_given(&self, value: &str) -> bool {
        self.inputs.contains(value)
    }

    /// A token without a number.
    fn token(&mut self, kind: &str) -> String {
        self.is_resized = true;
        format!("<{kind}>")
    }

    /// The number of a value among those of its kind.
    fn number(&mut self, kind: &str, value: &str) -> usize {
        let key = (kind.to_owned(), value.to_owned());
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        self.numbers.insert(key, *count);
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-27T11:00:24.5Z";

    pub(super) fn replaced(field: Field, texts: &[&str]) -> Vec<String> {
        with(
            field,
            texts,
            &[],
            "{\"CreateTime\":\"2026-11-26T08:00:00Z\"}",
        )
    }

    fn with(field: Field, texts: &[&str], rules: &[Redaction], inputs: &str) -> Vec<String> {
        let now = NOW.parse().unwrap();
        let folders = Folders::new(&["/home/me/proj".into()], "/tmp".as_ref());
        let outcome = Outcome {
            scenario: "test".into(),
            start: "2024-01-01T00:00:00Z".parse().unwrap(),
            records: Vec::new(),
            objects: Vec::new(),
            below: Vec::new(),
            imported: Vec::new(),
        };
        let ids = Tokens::default();
        let surroundings = Surroundings {
            rules,
            folders: &folders,
            now,
            scenario: "",
        };
        let mut volatile = Volatile::new(&outcome, &ids, &surroundings, inputs);
        let texts = texts.iter();
        texts.map(|text| volatile.said(field, text)).collect()
    }

    #[test]
    fn times_in_common_spellings_are_tokens() {
        for time in [
            "2026-11-27T11:00:24Z",
            "2026-11-27T11:00:24.123456+00:00",
            "2026-11-27T19:00:24.123+0800",
            "2026-11-27 11:00:24,123",
            "2026-11-27 11:00:24.123456",
            "2026/11/27 11:00:24",
            "27/Nov/2026:11:00:24 +0000",
            "Fri, 27 Nov 2026 11:00:24 GMT",
            "Fri Nov 27 11:00:24 2026",
            "Fri Nov 27 2026 11:00:24 GMT+0000 (Coordinated Universal Time)",
            "Nov 27 11:00:24",
            "11/27/2026, 11:00:24 AM",
            "20261127T110024Z",
            "20261127110024",
            "1795777224",
            "1795777224.531",
            "1795777224531",
            "1795777224531000000",
            "2024-01-01T00:01:00Z",
            "1704067260",
        ] {
            let said = replaced(Field::Line, &[&format!("at {time} it was stored")]);
            assert_eq!(said, ["at <time> it was stored"], "{time}");
        }
        let prefixed = [
            "11:00:24 INFO stored",
            "[11:00:24.123] stored",
            "2026-11-27T11:00:24.123Z\tundefined\tINFO\tstored",
            "INFO:2026-11-27 11:00:24,123:root:stored",
        ];
        assert_eq!(
            replaced(Field::Line, &prefixed),
            [
                "<time> INFO stored",
                "[<time>] stored",
                "<time>\tundefined\tINFO\tstored",
                "INFO:<time>:root:stored"
            ]
        );
    }

    #[test]
    fn times_that_do_not_vary_stay() {
        for text in [
            "since 1999-12-31T23:59:59Z",
            "created 2026-11-26T08:00:00Z",
            "order 1234567890 of 1700000000",
            "at 00:00:10 of the film",
            "version 2026.1",
            "size 17957772",
            "appid 1250000000",
        ] {
            assert_eq!(replaced(Field::Line, &[text]), [text]);
        }
    }

    #[test]
    fn keys_with_the_wall_clock_in_them_are_tokens() {
        let keys = [
            "logs/2026/11/27/11/a.json",
            "logs/2026-11-27/a.json",
            "logs/20261127/11/a.json",
            "logs/2026112711/a.json",
            "out/1795777224531-0.json",
            "clip_10s.mp4",
        ];
        assert_eq!(
            replaced(Field::Key, &keys),
            [
                "logs/<time>/a.json",
                "logs/<date>/a.json",
                "logs/<time>/a.json",
                "logs/<time>/a.json",
                "out/<time>-0.json",
                "clip_10s.mp4"
            ]
        );
    }

    #[test]
    fn what_a_function_keeps_is_numbered() {
        let (one, other) = (
            "6dbc181b-0b6c-4f0b-8d3e-0123456789ab",
            "9f18a1d0-0b6c-4f0b-8d3e-0123456789ab",
        );
        let lines = [
            &format!("{one} then {other}")[..],
            &format!("again {other}"),
            &format!("key_{one}.json and {}", one.replace('-', "")),
            "worker pid=4711, pid: 12, PID 4711",
            "<Foo object at 0x7f3b2c1d4e50> and 0xff",
        ];
        assert_eq!(
            replaced(Field::Line, &lines),
            [
                "<uuid:1> then <uuid:2>",
                "again <uuid:2>",
                "key_<uuid:1>.json and <uuid:3>",
                "worker pid=<pid:1>, pid: <pid:2>, PID <pid:1>",
                "<Foo object at <address>> and 0xff"
            ]
        );
    }

    #[test]
    fn measured_durations_are_tokens() {
        let lines = [
            "took 1430.005610 s",
            "took 3 s, 12 ms of it waiting",
            "GET / 200 5.123 ms - 12",
            "elapsed: 0.5s",
            "done in 0.12 seconds",
            "{\"took_ms\": 12.5}",
            "ran for 0:00:00.001234",
            "waits 60 s for a film of 10 s",
        ];
        assert_eq!(
            replaced(Field::Line, &lines),
            [
                "took <duration>",
                "took <duration>, <duration> of it waiting",
                "GET / 200 <duration> - 12",
                "elapsed: <duration>",
                "done in <duration>",
                "{\"took_ms\": <duration>}",
                "ran for <duration>",
                "waits 60 s for a film of 10 s"
            ]
        );
    }

    #[test]
    fn folders_of_this_machine_are_tokens() {
        let lines = [
            "  File \"/home/me/proj/src/loop.py\", line 7, in handle",
            "/home/me/project2 is another",
            "in /tmp/backlot-0/run-0123456789abcdef/x and /tmp/.tmpzzzzzz, then /tmp/backlot-0/run-0123456789abcdef",
            "/tmp/tmpabcd1234/file",
            "  File \"/opt/py/lib/python3.11/json/__init__.py\", line 1",
            "refused by 127.0.0.1:43567, not by 127.0.0.1:6379",
        ];
        assert_eq!(
            replaced(Field::Line, &lines),
            [
                "  File \"<project>/src/loop.py\", line 7, in handle",
                "/home/me/project2 is another",
                "in <folder:1>/x and <folder:2>, then <folder:1>",
                "/tmp/<tmp>/file",
                "  File \"<python>/json/__init__.py\", line 1",
                "refused by 127.0.0.1:<port>, not by 127.0.0.1:6379"
            ]
        );
    }

    #[test]
    fn rules_come_first_and_can_number() {
        let rules = [
            Redaction::new("order-([a-z]+)", "<order:#>").unwrap(),
            Redaction::new("[0-9]+ rows", "<rows>").unwrap(),
        ];
        let lines = ["order-abc has 12 rows", "order-xyz", "order-abc"];
        assert_eq!(
            with(Field::Line, &lines, &rules, ""),
            [
                "order-<order:1> has <rows>",
                "order-<order:2>",
                "order-<order:1>"
            ]
        );
    }
}
