//! What has happened so far, for steps that claim something about it: a view that is kept up instead of being made from the
//! whole journal for each claim.

use std::collections::BTreeMap;

use super::delivery::Deliveries;
use backlot_base::journal::{HttpRecord, Journal, NoticeRecord, Record, ScfRecord, What};

/// Records that are read from the journal at once.
const BATCH: usize = 1024;

/// The part of the journal that steps ask for.
#[derive(Debug, Default)]
pub struct SoFar {
    /// The number of the first record that is not in here.
    next: usize,
    /// Events that functions were to get.
    pub deliveries: Deliveries,
    /// How many messages each dead-letter queue has got.
    pub dead_letters: BTreeMap<String, usize>,
    /// The records of findings.
    pub findings: Vec<Record>,
    /// The records of calls to other hosts, in the order of their appending.
    pub calls: Vec<Record>,
}

impl SoFar {
    /// Reads what was appended since the last time.
    pub fn catch_up(&mut self, journal: &Journal) {
        loop {
            let records = journal.read(self.next, BATCH).records;
            let Some(last) = records.last() else {
                return;
            };
            self.next = last.number + 1;
            for record in records {
                self.take(record);
            }
        }
    }

    fn take(&mut self, record: Record) {
        self.deliveries.take(&record);
        match &record.what {
            What::Scf(ScfRecord::DeadLettered { queue, .. }) => {
                *self.dead_letters.entry(queue.clone()).or_default() += 1;
            }
            What::Notice(NoticeRecord::Finding { .. }) => self.findings.push(record),
            What::Http(HttpRecord::OutboundCall { .. }) => self.calls.push(record),
            _ => {}
        }
    }
}
