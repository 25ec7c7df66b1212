//! What was found about functions since the start or the last reset: a view of the journal that is kept up, so that it has what
//! the journal has forgotten.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use backlot_base::journal::{Batch, Journal, NoticeRecord, Record, StageRecord, What};

/// Records that are read at once.
const BATCH: usize = 256;

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    // A plain mutex: reading a journal does not wait.
    view: Mutex<View>,
}

#[derive(Debug, Default)]
struct View {
    /// The number of the first record that is not in here.
    next: usize,
    /// How often each sentence was found, with function and kind before it.
    found: BTreeMap<[String; 3], usize>,
}

impl Findings {
    /// All of them, each sentence once.
    pub(super) fn to_json(&self, journal: &Journal) -> Value {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.catch_up(journal);
        let found = view.found.iter();
        let found = found.map(|([function, kind, text], count)| {
            json!({ "function": function, "kind": kind, "text": text, "count": count })
        });
        found.collect()
    }
}

impl View {
    fn catch_up(&mut self, journal: &Journal) {
        loop {
            let Batch { lost, records } = journal.read(self.next, BATCH);
            if let Some(lost) = lost {
                if lost.by_reset {
                    self.found.clear();
                }
                // What was forgotten unread is remembered once.
                let next = self.next;
                let unread = lost.remembered.iter();
                let unread = unread.filter(|record| record.number >= next);
                for record in unread {
                    self.take(record);
                }
            }
            let Some(last) = records.last() else {
                return;
            };
            let next = last.number + 1;
            for record in &records {
                self.take(record);
            }
            self.next = next;
        }
    }

    fn take(&mut self, record: &Record) {
        match &record.what {
            What::Stage(StageRecord::Reset) => self.found.clear(),
            What::Notice(NoticeRecord::Finding {
                function,
                kind,
                text,
                ..
            }) => {
                let key = [function, kind, text].map(String::clone);
                *self.found.entry(key).or_default() += 1;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::{Lane, Limit};

    fn finding(text: &str) -> NoticeRecord {
        NoticeRecord::Finding {
            function: "archive".into(),
            kind: "answer-too-large".into(),
            hosts: String::new(),
            text: text.into(),
        }
    }

    #[test]
    fn findings_are_counted_also_when_their_records_are_forgotten() {
        let journal = Journal::limited(&Clock::virtual_default(), Limit::Bytes(1));
        let findings = Findings::default();
        for text in ["a", "a", "b"] {
            journal.append(Lane::Stage, finding(text));
            findings.to_json(&journal);
        }
        let counted = |text: &str, count: u32| json!({ "function": "archive", "kind": "answer-too-large", "text": text, "count": count });
        let expected = json!([counted("a", 2), counted("b", 1)]);
        assert_eq!(findings.to_json(&journal), expected);
        let late = Findings::default();
        let expected = json!([counted("a", 1), counted("b", 1)]);
        assert_eq!(late.to_json(&journal), expected, "each at least once");
        journal.clear();
        journal.append(Lane::Stage, StageRecord::Reset);
        assert_eq!(findings.to_json(&journal), json!([]));
    }
}
