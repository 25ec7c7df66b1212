//! One run of scenarios as its user sees it: rows, what is wrong with those that failed, what still runs, the last line.
//!
//! On a terminal, a scenario is shown when it ends, with what is wrong with it, and a line tells what still runs. Elsewhere
//! scenarios are shown in the order of their names and what is wrong follows at the end, so that two runs print the same.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Duration;

use super::unmet::Unmet;
use super::{Output, Test, as_json};
use crate::cli::exit::{CommandError, Exit, chain};
use crate::cli::print;
use crate::cli::strict::{self, Gap};
use crate::scenario::coverage::Coverage;
use crate::scenario::report::terminal::{self, Table, Tally};
use crate::scenario::run::{self, Finished};
use backlot_base::words::count;

/// How many scenarios the line about what still runs names.
const NAMED: usize = 3;
/// How long a scenario runs before that line names it.
const SLOW: Duration = Duration::from_secs(2);

/// What a run has come to so far.
pub(super) struct Session<'a> {
    test: &'a Test,
    table: Table,
    is_live: bool,
    tally: Tally,
    details: String,
    gaps: Vec<(String, Gap)>,
    unmet: Unmet,
    coverage: Coverage,
    failed_to_run: Option<run::Error>,
    /// How many columns the line about what still runs takes.
    progress: usize,
}

impl<'a> Session<'a> {
    /// Begins to show a run of scenarios with these names.
    pub(super) fn begin(test: &'a Test, names: &[String]) -> Result<Self, CommandError> {
        let table = Table::for_names(names.iter().map(String::as_str));
        if test.output == Output::Text {
            print(&format!("{}\n", table.head()))?;
        }
        Ok(Self {
            test,
            table,
            is_live: test.output == Output::Text && std::io::stdout().is_terminal(),
            tally: Tally::default(),
            details: String::new(),
            gaps: Vec::new(),
            unmet: Unmet::default(),
            coverage: Coverage::default(),
            failed_to_run: None,
            progress: 0,
        })
    }

    /// Whether scenarios are shown as they end.
    pub(super) fn is_live(&self) -> bool {
        self.is_live
    }

    /// Takes a scenario that has ended.
    pub(super) fn take(&mut self, ended: Result<Finished, run::Error>) -> Result<(), CommandError> {
        let mut finished = match ended {
            Ok(finished) => finished,
            Err(error) => {
                self.failed_to_run.get_or_insert(error);
                return Ok(());
            }
        };
        self.clear()?;
        self.test.keep(&mut finished)?;
        self.unmet.take(&finished.shared);
        if self.test.coverage {
            self.coverage.add(&finished.name, &finished.outcome);
        }
        let mut details = terminal::details(&finished, &self.test.review(), true);
        details.push_str(&terminal::findings(&finished));
        match self.test.output {
            Output::Text => print(&format!("{}\n", self.table.row(&finished)))?,
            Output::Json => print(&format!("{}\n", as_json::as_json(&finished)))?,
        }
        if self.is_live && !details.is_empty() {
            print(&format!("{}\n", details.trim_start_matches('\n')))?;
        } else {
            self.details.push_str(&details);
        }
        let gaps = Gap::all(finished.unclaimed()).into_iter();
        self.gaps
            .extend(gaps.map(|gap| (finished.name.clone(), gap)));
        let passed = finished.is_passed();
        self.tally.passed += usize::from(passed);
        self.tally.failed += usize::from(!passed);
        Ok(())
    }

    /// Tells what still runs, and for how long.
    pub(super) fn still_running(
        &mut self,
        under_way: &[(String, Duration)],
    ) -> Result<(), CommandError> {
        self.clear()?;
        let slow = under_way.iter().filter(|(_, elapsed)| *elapsed >= SLOW);
        let mut slow: Vec<_> = slow.collect();
        if slow.is_empty() {
            return Ok(());
        }
        slow.sort_by_key(|(_, elapsed)| std::cmp::Reverse(*elapsed));
        let named = slow.iter().take(NAMED);
        let named: Vec<_> = named
            .map(|(name, elapsed)| format!("{name} ({} s)", elapsed.as_secs()))
            .collect();
        let more = slow.len().saturating_sub(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let line = format!("still running: {}{more}", named.join(", "));
        self.progress = line.chars().count();
        print(&line)
    }

    /// The last lines of a run that came to its end, and its exit code.
    pub(super) fn end(mut self, real: Duration) -> Result<Exit, CommandError> {
        self.clear()?;
        if let Some(error) = self.failed_to_run {
            return Err(CommandError::environment(chain(&error)));
        }
        let unmet = if self.test.is_whole() {
            self.unmet.errors()
        } else {
            Vec::new()
        };
        for error in &unmet {
            let _ = writeln!(self.details, "\n{error}");
        }
        if self.test.output == Output::Text {
            print(&self.details)?;
            let summary = terminal::summary(self.tally, real, &self.test.circumstances());
            print(&format!("{summary}\n"))?;
            if !unmet.is_empty() {
                let plans = count(unmet.len(), "fault or stub", "faults or stubs");
                print(&format!(
                    "the run failed: {plans} of `backlot.yaml` met nothing\n"
                ))?;
            }
        } else {
            for error in &unmet {
                crate::cli::tell(error);
            }
        }
        self.tell_coverage()?;
        let is_strict = self.test.strict.is_on() && !self.gaps.is_empty();
        if is_strict && self.test.output == Output::Text {
            let gaps = self.gaps.iter();
            print(&strict::list(
                gaps.map(|(name, gap)| (Some(name.as_str()), gap)),
            ))?;
        }
        Ok(match self.tally.failed {
            0 if !unmet.is_empty() => Exit::Failed,
            0 if is_strict => Exit::Unsupported,
            0 => Exit::Passed,
            // A failed scenario takes precedence over what strict mode objects to.
            _ => Exit::Failed,
        })
    }

    /// What functions were shown, if that is asked for.
    fn tell_coverage(&self) -> Result<(), CommandError> {
        if !self.test.coverage {
            return Ok(());
        }
        match self.test.output {
            Output::Text => print(&format!("\n{}", self.coverage.to_text())),
            Output::Json => {
                let line = serde_json::json!({ "coverage": self.coverage.to_json() });
                print(&format!("{line}\n"))
            }
        }
    }

    /// The last lines of a run that the user interrupted.
    pub(super) fn interrupted(
        mut self,
        left: &[(String, Duration)],
        waiting: usize,
        real: Duration,
    ) -> Result<Exit, CommandError> {
        self.clear()?;
        if self.test.output == Output::Text {
            print(&self.details)?;
            let names: Vec<_> = left.iter().map(|(name, _)| name.as_str()).collect();
            let running = match names.as_slice() {
                [] => String::new(),
                names => format!("; was running: {}", names.join(", ")),
            };
            let cut = count(left.len() + waiting, "scenario", "scenarios");
            print(&format!("\ninterrupted: {cut} not finished{running}\n"))?;
            let summary = terminal::summary(self.tally, real, &self.test.circumstances());
            print(&format!("{}\n", summary.trim_start_matches('\n')))?;
        }
        Ok(Exit::Interrupted)
    }

    /// Removes the line about what still runs.
    fn clear(&mut self) -> Result<(), CommandError> {
        let columns = std::mem::take(&mut self.progress);
        if columns == 0 {
            return Ok(());
        }
        print(&format!("\r{}\r", " ".repeat(columns)))
    }
}
