//! What `backlot up` shows while it runs in the foreground: one line for each request, task, attempt and delivery, read from
//! the journal.
//!
//! ```text
//! 12:00:00.101  cos   PUT media-1250000000/in/a.mp4: 200 (PutObject, 2048 bytes)
//! 12:00:00.102  mps   task 1 created by workflow `transcode` for media-1250000000/in/a.mp4
//! 12:00:02.102  mps   task 1 finished: WorkflowTask
//! 12:00:02.102  scf   archive: invocation 1 queued by MPS_TRIGGER
//! 12:00:02.120  scf   archive: 1 | stored in/a.mp4
//! 12:00:02.139  scf   archive: invocation 1, attempt 1: 200 in 37 ms
//! ```
//!
//! A line that a function printed has the number of its invocation, because several may print at the same time; the name of each
//! function has a color of its own.

mod invoked;
mod palette;

mod cos;
mod line;
mod mps;
mod others;
mod scf;

use std::convert::Infallible;
use std::io::IsTerminal as _;

use tracing::Level;

use self::invoked::Invoked;
use super::tell;
use backlot_base::journal::{Batch, Journal, Record, ScfRecord, What};

/// Records that are read at once.
const BATCH: usize = 256;

/// Follows a journal and prints its records.
#[derive(Debug)]
pub(super) struct Live {
    journal: Journal,
    next: usize,
    invoked: Invoked,
    /// The function whose output is shown already.
    debugged: Option<String>,
}

/// Whether lines are wanted: someone looks at the terminal, or has asked for them with `-v`.
pub(super) fn is_wanted() -> bool {
    let is_quiet = !tracing::enabled!(Level::WARN);
    let is_asked_for = tracing::enabled!(Level::INFO);
    is_asked_for || (!is_quiet && std::io::stderr().is_terminal())
}

impl Live {
    /// Shows what happens; `debugged` names a function whose output is shown in another way.
    pub(super) fn of(journal: &Journal, debugged: Option<&str>) -> Self {
        Self {
            journal: journal.clone(),
            next: 0,
            invoked: Invoked::default(),
            debugged: debugged.map(str::to_owned),
        }
    }

    /// Prints each record as it comes. Never ends; may be dropped at any time.
    pub(super) async fn follow(&mut self) -> Infallible {
        loop {
            self.journal.reached(self.next).await;
            self.show();
        }
    }

    /// Whether a record is a line of the function that is debugged.
    fn is_shown_already(&self, record: &Record) -> bool {
        let is_line = matches!(record.what, What::Scf(ScfRecord::LogLine { .. }));
        let invocation = self.invoked.lanes.get(&record.lane);
        is_line && invocation.is_some_and(|found| Some(&found.function) == self.debugged.as_ref())
    }

    /// Prints the records that are there and not printed yet.
    pub(super) fn show(&mut self) {
        loop {
            let Batch { lost, records } = self.journal.read(self.next, BATCH);
            if let Some(lost) = lost {
                self.invoked.lanes.clear();
                for record in &lost.remembered {
                    self.invoked.note(record);
                }
                if !lost.by_reset {
                    let skipped = lost.first - lost.since;
                    tell(&format!(
                        "… {skipped} records are not shown: they came faster than they could be printed"
                    ));
                }
            }
            let Some(last) = records.last() else {
                return;
            };
            self.next = last.number + 1;
            let mut text = String::new();
            for record in &records {
                if self.is_shown_already(record) {
                    continue;
                }
                if let Some(line) = self.invoked.line(record) {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
            if !text.is_empty() {
                tell(text.trim_end());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::invoked::tests::{finished, queued};
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::Lane;

    #[test]
    fn names_of_functions_are_kept_no_longer_than_needed() {
        let journal = Journal::new(&Clock::virtual_default());
        let mut live = Live::of(&journal, None);
        for number in 1..=100 {
            journal.append(Lane::Invocation(number), queued("archive"));
            journal.append(Lane::Invocation(number), finished(1, 200));
        }
        journal.append(Lane::Invocation(101), queued("archive"));
        live.show();
        assert_eq!(live.next, 201);
        assert_eq!(live.invoked.lanes.len(), 1);
    }
}
