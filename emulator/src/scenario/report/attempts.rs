//! How the attempts of a scenario ended, for a reader who wonders why it failed: status, end of the process, last lines.
//!
//! Attempts that are equal are shown once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::Style;

use crate::scf::{RECLAIMED, Status, failure_lines};
use backlot_base::journal::{HttpRecord, Lane, Record, ScfRecord, What};

/// The number of printed lines that are shown of one attempt.
const LINES_SHOWN: usize = 12;
/// The number of invocations that are shown: the last ones.
const INVOCATIONS_SHOWN: usize = 5;
const SUCCESS: u16 = 200;

const DIM: Style = Style::new().dimmed();

/// One invocation with its attempts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Invocation {
    function: String,
    attempts: Vec<Attempt>,
}

/// What a reader sees of one attempt.
#[derive(Debug, Default, PartialEq, Eq)]
struct Attempt {
    /// `None` while it runs.
    status: Option<u16>,
    lines: Vec<String>,
    /// What it ended with, if it failed: the end of a traceback, or a message.
    failure: Vec<String>,
    /// Calls to other hosts that were refused, and why.
    refused: Vec<String>,
    /// How its instance ended, if it did.
    end: Option<String>,
}

/// The attempts that failed or printed something; empty if every attempt succeeded in silence.
pub(super) fn describe(records: &[Record]) -> String {
    let mut text = String::new();
    let mut invocations = invocations(records);
    invocations.retain(|(_, invocation)| invocation.attempts.iter().any(Attempt::is_of_interest));
    let groups = groups(&invocations, |(_, one), (_, other)| one == other);
    let first = groups.len().saturating_sub(INVOCATIONS_SHOWN);
    for group in &groups[first..] {
        let (number, invocation) = &group[0];
        let function = &invocation.function;
        let _ = writeln!(text, "\n{DIM}invocation {number} of `{function}`{DIM:#}");
        invocation.describe(&mut text);
        let others: Vec<u32> = group[1..].iter().map(|(number, _)| *number).collect();
        if let Some(others) = enumerate("invocation", &others) {
            let _ = writeln!(text, "{DIM}the same in {others}{DIM:#}");
        }
    }
    text
}

/// The invocations of a journal with their attempts, by number.
fn invocations(records: &[Record]) -> Vec<(u32, Invocation)> {
    let mut found: BTreeMap<u32, Invocation> = BTreeMap::new();
    for record in records {
        let Lane::Invocation(number) = record.lane else {
            continue;
        };
        match &record.what {
            What::Scf(what) => found.entry(number).or_default().read(what),
            What::Http(what) => found.entry(number).or_default().called(what),
            _ => {}
        }
    }
    found.into_iter().collect()
}

impl Invocation {
    fn read(&mut self, what: &ScfRecord) {
        match what {
            ScfRecord::InvocationQueued { function, .. }
            | ScfRecord::InvocationCalled { function, .. } => self.function.clone_from(function),
            ScfRecord::AttemptStarted { .. } => self.attempts.push(Attempt::default()),
            ScfRecord::LogLine { text, .. } => {
                if let Some(attempt) = self.attempts.last_mut() {
                    attempt.lines.push(text.clone());
                }
            }
            ScfRecord::AttemptFinished { status, result, .. } => {
                if let Some(attempt) = self.attempts.last_mut() {
                    attempt.status = Some(*status);
                    if *status != SUCCESS {
                        attempt.failure = failure_lines(&result.0);
                    }
                }
            }
            // The last attempt of an instance that is reclaimed ended long before.
            ScfRecord::InstanceStopped { reason, .. } if reason == RECLAIMED => {}
            ScfRecord::InstanceStopped { reason, .. } => {
                if let Some(attempt) = self.attempts.last_mut() {
                    attempt.end = Some(reason.clone());
                }
            }
            _ => {}
        }
    }

    fn called(&mut self, what: &HttpRecord) {
        let HttpRecord::OutboundCall {
            host,
            method,
            outcome,
            why,
            ..
        } = what
        else {
            return;
        };
        if outcome != "refused" {
            return;
        }
        if let Some(attempt) = self.attempts.last_mut() {
            let why = why.as_deref().unwrap_or("no stub answers");
            let line = format!(
                "`{method} {host}` was refused: {why}; answer it under `stubs:`, or allow it under `egress:`"
            );
            if !attempt.refused.contains(&line) {
                attempt.refused.push(line);
            }
        }
    }

    fn describe(&self, text: &mut String) {
        let numbered: Vec<(u32, &Attempt)> = (1..).zip(&self.attempts).collect();
        for group in groups(&numbered, |(_, one), (_, other)| one == other) {
            let (number, attempt) = group[0];
            attempt.describe(number, text);
            let others: Vec<u32> = group[1..].iter().map(|(number, _)| *number).collect();
            if let Some(others) = enumerate("attempt", &others) {
                let _ = writeln!(text, "  the same in {others}");
            }
        }
    }
}

impl Attempt {
    fn is_of_interest(&self) -> bool {
        self.status != Some(SUCCESS) || !self.lines.is_empty()
    }

    fn describe(&self, number: u32, text: &mut String) {
        let status = self
            .status
            .map_or_else(|| "still running".to_owned(), with_name);
        let end = self.end.as_ref().map(|end| format!(", the process {end}"));
        let end = end.filter(|end| end.contains("exited") || end.contains("killed"));
        let _ = writeln!(
            text,
            "  attempt {number}: {status}{}",
            end.unwrap_or_default()
        );
        let first = self.lines.len().saturating_sub(LINES_SHOWN);
        if first > 0 {
            let _ = writeln!(text, "    {DIM}… {first} earlier lines{DIM:#}");
        }
        for line in &self.lines[first..] {
            let _ = writeln!(text, "    {DIM}|{DIM:#} {line}");
        }
        for line in self.refused.iter().chain(&self.failure) {
            let _ = writeln!(text, "    {line}");
        }
    }
}

/// A status and what it is called, for example `433 TimeLimitReached`.
fn with_name(status: u16) -> String {
    let mut names = Status::failures();
    match names.find(|(known, _)| known.0 == status) {
        Some((_, name)) => format!("{status} {name}"),
        None => status.to_string(),
    }
}

/// Neighbors that are the same, together.
fn groups<T>(items: &[T], is_same: impl Fn(&T, &T) -> bool) -> Vec<&[T]> {
    items.chunk_by(|one, other| is_same(one, other)).collect()
}

/// `attempt 2`, `attempts 2 and 3`, `attempts 2 to 5`; `None` without numbers, which follow one another.
fn enumerate(what: &str, numbers: &[u32]) -> Option<String> {
    Some(match numbers {
        [] => return None,
        [one] => format!("{what} {one}"),
        [one, other] => format!("{what}s {one} and {other}"),
        [first, .., last] => format!("{what}s {first} to {last}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::Journal;
    use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

    #[test]
    fn equal_attempts_are_shown_once() {
        let journal = Journal::new(&Clock::virtual_default());
        for number in 1..=3 {
            let lane = Lane::Invocation(number);
            let queued = ScfRecord::InvocationQueued {
                function: "archive".into(),
                namespace: DEFAULT_NAMESPACE.into(),
                qualifier: DEFAULT_ALIAS.into(),
                version: LATEST.into(),
                source: "COS".into(),
                request_id: format!("R{number}"),
                event: "{}".into(),
            };
            journal.append(lane, queued);
            for attempt in 1..=3 {
                let instance = format!("archive/{number}.{attempt}");
                let started = ScfRecord::AttemptStarted {
                    attempt,
                    instance: instance.clone(),
                    cold: false,
                };
                journal.append(lane, started);
                let text = "Traceback".to_owned();
                journal.append(lane, ScfRecord::LogLine { attempt, text });
                let finished = ScfRecord::AttemptFinished {
                    attempt,
                    status: 439,
                    result: r#"{"errorMessage":"user code exception caught","stackTrace":"File a.py\nKeyError: 'Nope'\n"}"#
                        .into(),
                    duration_ms: 0,
                    memory_bytes: None,
                };
                journal.append(lane, finished);
                let reason = "exited with code 1".to_owned();
                journal.append(lane, ScfRecord::InstanceStopped { instance, reason });
            }
        }
        let text = describe(&journal.ordered());
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            text,
            "\ninvocation 1 of `archive`\n  attempt 1: 439 UserProcessExit, the process exited with code 1\n    | Traceback\n    File a.py\n    \
             KeyError: 'Nope'\n  \
             the same in attempts 2 and 3\nthe same in invocations 2 and 3\n"
        );
    }
}
