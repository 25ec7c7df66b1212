//! `--strict`: what was accepted without effect or refused because backlot lacks it, and what was found about functions, is
//! told and decides the exit code.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::{self, Write as _};

use clap::Args;
use clap::builder::FalseyValueParser;

use super::exit::Exit;
use super::tell;
use backlot_base::journal::{Batch, HttpRecord, Journal, NoticeRecord, Record, What};

/// Records that are read at once.
const BATCH: usize = 256;

/// Whether an unsupported request, or a finding, fails the command.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Strict {
    /// Exit with 5 if anything unsupported was requested or there is a finding about a function, and list it
    #[arg(long, env = "BACKLOT_STRICT", value_parser = FalseyValueParser::new())]
    strict: bool,
}

/// One thing to which strict mode objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// It was requested, and is not supported.
    Unsupported {
        service: String,
        feature: String,
        subject: String,
        text: String,
    },
    /// It was found about a function.
    Finding(String),
}

/// Follows a journal and gathers what is unsupported, each thing once.
#[derive(Debug)]
pub(super) struct Watch {
    journal: Journal,
    next: usize,
    found: BTreeSet<Gap>,
}

impl Strict {
    /// Whether the mode is on.
    pub(super) fn is_on(self) -> bool {
        self.strict
    }

    /// Follows the journal of a stage, if the mode is on.
    pub(super) fn watch(self, journal: &Journal) -> Option<Watch> {
        self.strict.then(|| Watch {
            journal: journal.clone(),
            next: 0,
            found: BTreeSet::new(),
        })
    }
}

impl Gap {
    /// What the records call unsupported, and findings, each thing once.
    pub(super) fn all<'a>(records: impl IntoIterator<Item = &'a Record>) -> BTreeSet<Self> {
        records.into_iter().filter_map(Self::of).collect()
    }

    /// What a record calls unsupported, or has found.
    pub(super) fn of(record: &Record) -> Option<Self> {
        match &record.what {
            What::Notice(NoticeRecord::Unsupported {
                service,
                feature,
                subject,
                text,
            }) => Some(Self::Unsupported {
                service: service.clone(),
                feature: feature.clone(),
                subject: subject.clone(),
                text: text.clone(),
            }),
            What::Notice(NoticeRecord::Finding { text, .. }) => Some(Self::Finding(text.clone())),
            What::Http(HttpRecord::RequestRefused { host, method, .. }) => {
                Some(Self::Unsupported {
                    service: host.clone(),
                    feature: method.clone(),
                    subject: String::new(),
                    text: "no emulated service has this host".to_owned(),
                })
            }
            _ => None,
        }
    }

    /// Whether it was found about a function.
    pub(super) fn is_finding(&self) -> bool {
        matches!(self, Self::Finding(_))
    }
}

impl Watch {
    /// Warns of each thing as it is asked for. Never ends; may be dropped at any time.
    pub(super) async fn warn(&mut self) -> Infallible {
        loop {
            self.journal.reached(self.next).await;
            self.read(|gap| match gap {
                Gap::Unsupported { .. } => tracing::warn!("not supported: {gap}"),
                Gap::Finding(_) => tracing::warn!("finding: {gap}"),
            });
        }
    }

    /// How a command ends that would have ended with `exit`. A failure of its own weighs more.
    pub(super) fn settle(mut self, exit: Exit) -> Exit {
        self.read(|_| {});
        if !self.found.is_empty() {
            tell(list(self.found.iter().map(|gap| (None, gap))).trim_end());
        }
        self.judge(exit)
    }

    fn judge(&self, exit: Exit) -> Exit {
        match exit {
            Exit::Passed | Exit::Interrupted | Exit::Command(0) if !self.found.is_empty() => {
                Exit::Unsupported
            }
            same => same,
        }
    }

    fn read(&mut self, mut heard: impl FnMut(&Gap)) {
        loop {
            let Batch { lost, records } = self.journal.read(self.next, BATCH);
            let remembered = lost.iter().flat_map(|lost| &lost.remembered);
            self.hear(remembered.chain(&records), &mut heard);
            let Some(last) = records.last() else {
                return;
            };
            self.next = last.number + 1;
        }
    }

    fn hear<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a Record>,
        heard: &mut impl FnMut(&Gap),
    ) {
        for gap in records.into_iter().filter_map(Gap::of) {
            if !self.found.contains(&gap) {
                heard(&gap);
                self.found.insert(gap);
            }
        }
    }
}

/// What strict mode objects to, for people; with the scenarios in which it was.
pub(super) fn list<'a>(gaps: impl Iterator<Item = (Option<&'a str>, &'a Gap)>) -> String {
    let (findings, unsupported): (Vec<_>, Vec<_>) = gaps.partition(|(_, gap)| gap.is_finding());
    let mut text = String::new();
    for (title, gaps) in [("unsupported", unsupported), ("findings", findings)] {
        if gaps.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\nstrict: {title}");
        for (scenario, gap) in gaps {
            let place = scenario.map(|name| format!("  (in `{name}`)"));
            let _ = writeln!(text, "  {gap}{}", place.unwrap_or_default());
        }
    }
    text
}

impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported {
                service,
                feature,
                subject,
                text,
            } => {
                write!(out, "{service} {feature}")?;
                if !subject.is_empty() {
                    write!(out, " of {subject}")?;
                }
                write!(out, ": {text}")
            }
            Self::Finding(text) => out.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::{Lane, Limit, StageRecord};

    #[test]
    fn a_gap_counts_though_its_record_is_forgotten() {
        let journal = Journal::limited(&Clock::virtual_default(), Limit::Bytes(1));
        let refused = HttpRecord::RequestRefused {
            host: "a.example".into(),
            method: "GET".into(),
            status: 502,
        };
        journal.append(Lane::Stage, refused);
        for _ in 0..3 {
            let step = "wait".to_owned();
            journal.append(Lane::Stage, StageRecord::StepStarted { step });
        }
        let mut watch = Strict { strict: true }.watch(&journal).unwrap();
        let mut told = 0;
        watch.read(|_| told += 1);
        journal.clear();
        watch.read(|_| told += 1);
        assert_eq!((told, watch.found.len(), watch.next), (1, 1, 4));
        assert_eq!(watch.judge(Exit::Passed), Exit::Unsupported);
    }

    #[test]
    fn a_failure_weighs_more_than_a_gap() {
        let journal = Journal::new(&Clock::virtual_default());
        let strict = Strict { strict: true };
        let settle = |exit| {
            let mut watch = strict.watch(&journal).unwrap();
            watch.read(|_| {});
            watch.judge(exit)
        };
        assert_eq!(settle(Exit::Passed), Exit::Passed);
        let gap = NoticeRecord::Unsupported {
            service: "mps".into(),
            feature: "ManageTask".into(),
            subject: String::new(),
            text: "backlot does not support this action".into(),
        };
        journal.append(Lane::Stage, gap.clone());
        journal.append(Lane::Stage, gap);
        assert_eq!(Gap::all(&journal.appended()).len(), 1, "told once");
        assert_eq!(settle(Exit::Passed), Exit::Unsupported);
        assert_eq!(settle(Exit::Interrupted), Exit::Unsupported);
        assert_eq!(settle(Exit::Command(0)), Exit::Unsupported);
        assert_eq!(settle(Exit::Command(7)), Exit::Command(7));
        assert_eq!(settle(Exit::Failed), Exit::Failed);
        assert!(Strict { strict: false }.watch(&journal).is_none());
    }
}
