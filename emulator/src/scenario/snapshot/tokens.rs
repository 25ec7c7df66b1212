//! Volatile values become stable tokens: `<task:1>`, `<request:2>`, `<sha256 of event 1>`.
//!
//! Values are replaced by kind, wherever they stand; nothing is cut out.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};

use super::super::events::Events;
use super::super::outcome::Outcome;
use backlot_base::digest::Digester;
use backlot_base::journal::{CosRecord, HttpRecord, MpsRecord, ScfRecord, What};

/// The number of digits by which a shortened digest is recognized, as in a key.
const SHORT_DIGEST: usize = 16;

/// What stands for what in one outcome.
#[derive(Debug, Default)]
pub struct Tokens {
    known: HashSet<String>,
    values: Vec<String>,
    replacements: Vec<String>,
    /// Finds the values; `None` before the first value.
    finder: Option<AhoCorasick>,
}

impl Tokens {
    /// Finds the volatile values of an outcome, numbered by first appearance.
    pub fn of(outcome: &Outcome, events: &Events<'_>) -> Self {
        let mut tokens = Self::default();
        let (mut tasks, mut requests, mut answers, mut calls) = (0, 0, 0, 0);
        for record in &outcome.records {
            match &record.what {
                What::Mps(
                    MpsRecord::TaskCreated { task_id, .. }
                    | MpsRecord::TaskFinished { task_id, .. },
                ) => {
                    tokens.number("task", task_id, &mut tasks);
                }
                What::Scf(ScfRecord::InvocationQueued { request_id, .. }) => {
                    tokens.number("request", request_id, &mut requests);
                }
                What::Cos(CosRecord::Request { request_id, .. }) => {
                    tokens.number("cos-request", request_id, &mut answers);
                }
                What::Http(HttpRecord::ApiRequest { request_id, .. }) => {
                    tokens.number("api-request", request_id, &mut calls);
                }
                _ => {}
            }
        }
        for (number, event) in events.iter() {
            let mut digester = Digester::new().with_sha256();
            digester.update(event);
            let digests = digester.finish();
            let sha256 = digests.sha256.map(hex::encode).unwrap_or_default();
            tokens.add(
                &hex::encode(digests.md5),
                format!("<md5 of event {number}>"),
            );
            tokens.add(
                &sha256[..SHORT_DIGEST],
                format!("<sha256 of event {number}>"),
            );
            tokens.add(&sha256, format!("<sha256 of event {number}>"));
            tokens.add(
                &digests.crc64.to_string(),
                format!("<crc64 of event {number}>"),
            );
        }
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&tokens.values)
            .expect("a run has fewer values than the automaton has room for");
        tokens.finder = Some(finder);
        tokens
    }

    /// The text with every volatile value replaced.
    pub fn apply(&self, text: &str) -> String {
        match &self.finder {
            Some(finder) => finder.replace_all(text, &self.replacements),
            None => text.to_owned(),
        }
    }

    fn number(&mut self, kind: &str, value: &str, count: &mut usize) {
        if !self.known.contains(value) {
            *count += 1;
            self.add(value, format!("<{kind}:{count}>"));
        }
    }

    fn add(&mut self, value: &str, token: String) {
        if !value.is_empty() {
            self.known.insert(value.to_owned());
            self.values.push(value.to_owned());
            self.replacements.push(token);
        }
    }
}
