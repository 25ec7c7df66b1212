//! The table that people read while scenarios run, and what they need to know of those that failed.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::super::failure::Failure;
use super::super::run::Finished;
use super::super::snapshot::{Comparison, SnapshotFile};
use super::attempts;
use backlot_base::journal::{NoticeRecord, What};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Columns that fit all scenarios of a run.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    name_width: usize,
}

/// What a whole run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Scenarios in which everything was as it should be.
    pub passed: usize,
    /// The others.
    pub failed: usize,
}

impl Table {
    /// A table for scenarios of these names.
    pub fn for_names<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let longest = names.map(|name| name.chars().count()).max();
        Self {
            name_width: longest.unwrap_or(0).max("scenario".len()),
        }
    }

    /// The line above the rows.
    pub fn head(self) -> String {
        let width = self.name_width;
        format!(
            "{DIM}      {:<width$}  events  attempts   clock      real{DIM:#}",
            "scenario"
        )
    }

    /// One scenario.
    pub fn row(self, finished: &Finished) -> String {
        let (style, word) = if finished.is_passed() {
            (GOOD, "PASS")
        } else {
            (BAD, "FAIL")
        };
        let deliveries = finished.outcome.deliveries();
        let attempts: usize = deliveries
            .iter()
            .map(|delivery| delivery.attempts.len())
            .sum();
        format!(
            "{style}{word}{style:#}  {:<width$}  {:>6}  {attempts:>8}  {:>6}  {DIM}{:>8}{DIM:#}",
            finished.name,
            deliveries.len() + finished.outcome.refused().count(),
            clock(finished.outcome.virtual_ms()),
            millis(finished.real),
            width = self.name_width,
        )
    }
}

/// What messages say about review: where outcomes are, and whether they are kept.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// The folder of the snapshots.
    pub snapshots: &'a Path,
    /// What was given on the command line and has to be given to commands about these outcomes too.
    pub flags: [Option<(&'static str, &'a Path)>; 2],
    /// Whether outcomes that differ are kept for review.
    pub is_kept: bool,
    /// Whether outcomes were to be accepted, but not those of runs that failed.
    pub is_refused: bool,
}

impl Review<'_> {
    /// The command that accepts an outcome.
    fn accept(self, name: &str) -> String {
        let flags = self.flags.iter().flatten();
        let flags: Vec<_> = flags
            .map(|(flag, path)| format!(" {flag} {}", shell_word(&path.to_string_lossy())))
            .collect();
        format!("`backlot accept{} {}`", flags.concat(), shell_word(name))
    }

    /// What to do about an outcome that is right.
    fn of_right(self, name: &str) -> String {
        if !self.is_kept {
            return "with `CI` set, outcomes are not kept: run `backlot test` without it and accept the snapshot".to_owned();
        }
        let pending = SnapshotFile::new(self.snapshots, name).pending_path();
        let accept = self.accept(name);
        format!(
            "look at `{}`; if it is right, run {accept}",
            pending.display()
        )
    }

    /// What becomes of the outcome of a run that failed.
    fn of_failed(self, name: &str) -> Option<String> {
        let even = "`--even-if-failed`";
        if self.is_refused {
            return Some(format!(
                "the outcome is not accepted, because the run failed; {even} accepts it all the same"
            ));
        }
        let pending = SnapshotFile::new(self.snapshots, name).pending_path();
        self.is_kept
            .then(|| format!("the outcome is in `{}`", pending.display()))
    }
}

/// A word as a shell takes it.
fn shell_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What a reader needs to know about a scenario that failed; empty for one that passed.
pub fn details(finished: &Finished, review: &Review<'_>, color: bool) -> String {
    let mut text = String::new();
    if finished.is_passed() {
        return text;
    }
    let name = &finished.name;
    let _ = writeln!(text, "\n{BAD}{name}{BAD:#}");
    if let Some(failures) = &finished.failures {
        let _ = writeln!(text, "{}", failures.render(color));
    }
    text.push_str(&violations(&finished.violations));
    let is_sound = finished.is_sound();
    if !is_sound {
        text.push_str(&attempts::describe(&finished.outcome.records));
    }
    match &finished.comparison {
        Some(Comparison::Missing) if is_sound => {
            let _ = writeln!(text, "{BAD}error{BAD:#}: there is no snapshot yet");
        }
        Some(Comparison::Differs { difference }) => {
            let _ = writeln!(
                text,
                "{BAD}error{BAD:#}: the outcome differs from its snapshot\n\n{}",
                paint(difference)
            );
        }
        Some(Comparison::Missing | Comparison::Same) | None => {}
    }
    let is_same = matches!(finished.comparison, None | Some(Comparison::Same));
    let hint = match (is_same, is_sound) {
        (true, _) => None,
        (false, true) => Some(review.of_right(name)),
        (false, false) => review.of_failed(name),
    };
    if let Some(hint) = hint {
        let _ = writeln!(text, "\nhint: {hint}");
    }
    text
}

/// What the oracle found; a hint that several of them share is given once, after the last of them.
fn violations(found: &[Failure]) -> String {
    let mut text = String::new();
    for (index, violation) in found.iter().enumerate() {
        let _ = writeln!(text, "{BAD}error{BAD:#}: {}", violation.title);
        let next = found.get(index + 1).map(|next| &next.hint);
        if let Some(hint) = &violation.hint
            && next != Some(&violation.hint)
        {
            let _ = writeln!(text, "\nhint: {hint}\n");
        }
    }
    text
}

/// What a run shows about its functions that no claim asked for, each once; empty if there is nothing.
pub fn findings(finished: &Finished) -> String {
    let mut text = String::new();
    let mut told = Vec::new();
    for found in findings_of(finished) {
        if !told.contains(&found) {
            let _ = writeln!(text, "{NOTE}finding{NOTE:#}: {found}");
            told.push(found);
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("\n{}\n{text}", finished.name)
}

/// The findings of a run that no claim accounts for, in the order of the journal.
pub fn findings_of(finished: &Finished) -> impl Iterator<Item = &str> {
    finished
        .unclaimed()
        .filter_map(|record| match &record.what {
            What::Notice(NoticeRecord::Finding { text, .. }) => Some(text.as_str()),
            _ => None,
        })
}

/// The last line.
pub fn summary(tally: Tally, real: Duration, circumstances: &str) -> String {
    let style = if tally.failed == 0 { GOOD } else { BAD };
    let Tally { passed, failed } = tally;
    format!(
        "\n{style}{passed} passed, {failed} failed{style:#} {DIM}in {:.2} s ({circumstances}){DIM:#}",
        real.as_secs_f64()
    )
}

fn paint(difference: &str) -> String {
    let lines = difference
        .lines()
        .map(|line| match line.as_bytes().first() {
            Some(b'+') => format!("{GOOD}{line}{GOOD:#}\n"),
            Some(b'-') => format!("{BAD}{line}{BAD:#}\n"),
            _ => format!("{line}\n"),
        });
    lines.collect()
}

/// Time on the scenario's clock: `+0s`, `+120s`, `+1.5s`.
fn clock(millis: i64) -> String {
    if millis % 1000 == 0 {
        return format!("+{}s", millis / 1000);
    }
    let tenths = millis / 100;
    format!("+{}.{}s", tenths / 10, tenths % 10)
}

fn millis(real: Duration) -> String {
    format!("{:.1} ms", real.as_secs_f64() * 1000.0)
}
