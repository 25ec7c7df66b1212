//! What still matters of records that are forgotten: how the invocations under way began, which instances there are, and what
//! is unsupported, and what was found about functions.

use std::collections::BTreeMap;

use super::{HttpRecord, Lane, NoticeRecord, Record, ScfRecord, StageRecord, What};

/// The number of different unsupported things and findings that are remembered.
const MOST_GAPS: usize = 1000;

/// The status of an attempt after which no other follows.
const SUCCESS: u16 = 200;

/// A few of the forgotten records. They take no more memory than what is under way takes anyway.
#[derive(Debug, Default)]
pub(super) struct Past {
    under_way: BTreeMap<Lane, UnderWay>,
    /// The starts of instances that have not stopped, by name.
    instances: BTreeMap<String, Record>,
    /// The first record about each thing.
    gaps: BTreeMap<[String; 4], Record>,
}

/// An invocation that has not come to its end.
#[derive(Debug)]
struct UnderWay {
    began: Record,
    /// The latest record about an attempt or a retry.
    latest: Option<Record>,
}

impl Past {
    /// Takes a record that the journal gives up, in the order of appending.
    pub(super) fn take(&mut self, record: Record) {
        if let Some(gap) = gap(&record.what) {
            if self.gaps.len() < MOST_GAPS {
                self.gaps.entry(gap).or_insert(record);
            }
            return;
        }
        match &record.what {
            What::Scf(ScfRecord::InvocationQueued { .. } | ScfRecord::InvocationCalled { .. }) => {
                let under_way = UnderWay {
                    began: record,
                    latest: None,
                };
                self.under_way.insert(under_way.began.lane, under_way);
            }
            What::Scf(ScfRecord::AttemptStarted { .. } | ScfRecord::RetryScheduled { .. }) => {
                self.go_on(record);
            }
            What::Scf(ScfRecord::AttemptFinished { status, .. }) => {
                if *status == SUCCESS || self.is_called(record.lane) {
                    self.under_way.remove(&record.lane);
                } else {
                    // Either a retry follows, or the platform gives the event up.
                    self.go_on(record);
                }
            }
            What::Scf(ScfRecord::DeadLettered { .. } | ScfRecord::Dropped { .. }) => {
                self.under_way.remove(&record.lane);
            }
            What::Scf(ScfRecord::InstanceStarted { instance, .. }) => {
                self.instances.insert(instance.clone(), record);
            }
            What::Scf(ScfRecord::InstanceStopped { instance, .. }) => {
                self.instances.remove(instance);
            }
            What::Stage(StageRecord::Reset) => self.under_way.clear(),
            _ => {}
        }
    }

    /// Nothing is under way any more. Instances have said for themselves that they stopped.
    pub(super) fn reset(&mut self) {
        self.under_way.clear();
    }

    /// All that is remembered, in the order of appending.
    pub(super) fn records(&self) -> Vec<Record> {
        let began = self.under_way.values().map(|under_way| &under_way.began);
        let latest = self.under_way.values();
        let latest = latest.filter_map(|under_way| under_way.latest.as_ref());
        let mut records: Vec<_> = began
            .chain(latest)
            .chain(self.instances.values())
            .chain(self.gaps.values())
            .cloned()
            .collect();
        records.sort_by_key(|record| record.number);
        records
    }

    fn go_on(&mut self, record: Record) {
        if let Some(under_way) = self.under_way.get_mut(&record.lane) {
            under_way.latest = Some(record);
        }
    }

    /// Whether a caller waits for the only attempt.
    fn is_called(&self, lane: Lane) -> bool {
        let under_way = self.under_way.get(&lane);
        under_way.is_some_and(|found| {
            matches!(
                found.began.what,
                What::Scf(ScfRecord::InvocationCalled { .. })
            )
        })
    }
}

/// What tells one unsupported thing, or one finding, from another.
fn gap(what: &What) -> Option<[String; 4]> {
    match what {
        What::Notice(NoticeRecord::Unsupported {
            service,
            feature,
            subject,
            text,
        }) => Some([service, feature, subject, text].map(String::clone)),
        What::Notice(NoticeRecord::Finding {
            function,
            kind,
            hosts,
            text,
        }) => Some([function, kind, hosts, text].map(String::clone)),
        What::Http(HttpRecord::RequestRefused { host, method, .. }) => {
            Some([host.clone(), method.clone(), String::new(), String::new()])
        }
        _ => None,
    }
}
