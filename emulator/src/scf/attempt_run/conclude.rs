//! The end of an attempt is written down: lines, findings, status, and what becomes of the instance.

use std::time::Duration;

use super::end::AttemptEnd;
use super::records::finished;
use super::{AttemptResult, AttemptRun};
use crate::scf::queue::later;
use crate::scf::status::Status;
use backlot_base::journal::{NoticeRecord, ScfRecord, finding};

impl AttemptRun<'_> {
    /// Charges a missed window to the clock and writes the end down.
    pub(super) async fn conclude(&mut self, end: AttemptEnd) -> AttemptResult {
        self.record_lines();
        self.record_notes(end.note);
        self.record_finding(&end);
        if let Some(limit) = end.charge {
            self.wait_until(later(self.began, limit)).await;
        }
        let duration = self.now().duration_since(self.began);
        let duration = Duration::try_from(duration).unwrap_or_default();
        let next = finished(
            &self.runtime.context,
            &self.attempt,
            &end.outcome,
            duration,
            self.memory_bytes,
        );
        let is_spent = self.runtime.function.async_run && !end.outcome.status.is_success();
        match end.stop {
            Some(reason) => self.slot.vacate(self.lane(), reason),
            // Follows: SCF reference, section 2: any failure of asynchronous execution recycles the instance.
            None if is_spent && !self.slot.is_empty() => {
                let reason = "a failure of asynchronous execution".to_owned();
                let _unattached = self.slot.clear(self.lane(), reason).await;
            }
            None => self.slot.freeze(self.lane()).await,
        }
        AttemptResult {
            outcome: end.outcome,
            duration,
            next,
        }
    }

    /// Writes down what the end of the attempt shows about the function.
    fn record_finding(&self, end: &AttemptEnd) {
        let function = &self.runtime.function.name;
        let (kind, text) = match &end.why {
            Some(why) => (finding::ENDED_BEFORE_READY, why.clone()),
            None if end.outcome.status == Status::RESPONSE_TOO_LARGE => {
                let text = format!(
                    "the answer of `{function}` is larger than 6 MB and is discarded: write large results to COS and \
                     answer with their key"
                );
                (finding::ANSWER_TOO_LARGE, text)
            }
            None => return,
        };
        let found = NoticeRecord::Finding {
            function: function.clone(),
            kind: kind.to_owned(),
            hosts: String::new(),
            text,
        };
        self.runtime.context.record(self.lane(), found);
    }

    /// Writes down what the attempt printed, as far as that was not done while it ran.
    pub(super) fn record_lines(&mut self) {
        let (lane, attempt) = (self.lane(), self.attempt.number);
        let context = &self.runtime.context;
        for line in &mut self.printed.lines {
            if !std::mem::replace(&mut line.is_recorded, true) {
                let text = line.text.clone();
                context.record(lane, ScfRecord::LogLine { attempt, text });
            }
        }
    }

    /// Writes down what there is to say about the attempt's log.
    fn record_notes(&self, note: Option<&str>) {
        let (context, lane) = (&self.runtime.context, self.lane());
        if self.printed.lost > 0 {
            let lost = self.printed.lost;
            let what = if lost == 1 {
                "1 line is"
            } else {
                &format!("{lost} lines are")
            };
            let text =
                format!("{what} not in the log, whose limit is 5000 lines or 1 MB in five seconds");
            context.record(lane, NoticeRecord::Diagnostic { text });
        }
        if let Some(note) = note {
            let text = note.to_owned();
            context.record(lane, NoticeRecord::Diagnostic { text });
        }
    }
}
