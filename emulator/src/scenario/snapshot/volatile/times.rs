//! Points in time, as programs print them.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use regex::{Captures, Regex};

use super::Volatile;

/// How far from the run, in days, a time may lie: time zones, and deadlines that are set in advance.
const DAYS: i32 = 2;

/// What is left of a time after its date, from the hour on.
const CLOCK: &str = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[AP]M)?(?:\s?(?:Z|UTC|GMT(?:[+-]\d{4})?|[+-]\d{2}:?\d{2}))?";
const MONTHS: &str = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const DAY_NAMES: &str = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*";

/// A time of day at the beginning of a line. It is a token whatever it says: nothing about it tells whether it is now.
pub(super) static OF_DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<open>\[?)\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?P<close>[\]\s])"));

/// Patterns in the order in which they are tried: longer spellings first.
static DATED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let months = format!("(?P<name>{MONTHS})[a-z]*");
    [
        format!(r"(?P<y>20\d\d)[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)(?:[T_]|\s){CLOCK}"),
        format!(r"(?:{DAY_NAMES},?\s+)?(?P<d>\d{{1,2}})[ /-]{months}[ /-](?P<y>20\d\d)[: ]{CLOCK}"),
        format!(r"(?:{DAY_NAMES}\s+)?{months}\s+(?P<d>\d{{1,2}}),?\s+(?P<y>20\d\d)\s+{CLOCK}(?:\s\([^)]*\))?"),
        format!(r"(?:{DAY_NAMES}\s+)?{months}\s+(?P<d>\d{{1,2}})\s+\d{{2}}:\d{{2}}:\d{{2}}\s(?P<y>20\d\d)"),
        format!(r"{months}\s+(?P<d>\d{{1,2}})\s+\d{{2}}:\d{{2}}:\d{{2}}"),
        format!(r"(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})/(?P<y>20\d\d),?\s+{CLOCK}"),
        r"(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)[T_-]?\d{4}(?:\d{2}(?:\d{3})?)?Z?".to_owned(),
        r"(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)[T_/-]?[0-2]\d".to_owned(),
        r"(?P<y>20\d\d)[-/](?P<m>\d\d)[-/](?P<d>\d\d)[-/_][0-2]\d(?:[-/_:][0-5]\d(?:[-/_:][0-5]\d)?)?".to_owned(),
    ]
    .iter()
    .map(|text| pattern(text))
    .collect()
});

/// Dates without a time of day.
static DAYS_ONLY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?P<y>20\d\d)(?P<sep>[-/.]?)(?P<m>\d\d)[-/.]?(?P<d>\d\d)"));

/// Seconds, milliseconds, microseconds or nanoseconds since the epoch.
static EPOCH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\d{10}\.\d{1,9}|\d{19}|\d{16}|\d{13}|\d{10}"));

/// The days, counted from the epoch, on which a time counts as one of the run: around its real time, and around its virtual
/// time, which is the same in every run.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    real: (i32, i32),
    virtually: (i32, i32),
    year: i16,
}

impl Window {
    /// Around the real time `now`, and from `start` to `end` on the scenario's clock.
    pub(super) fn new(now: Timestamp, start: Timestamp, end: Timestamp) -> Self {
        let day = |at: Timestamp| day_of(at.as_second());
        Self {
            real: (day(now) - DAYS, day(now) + DAYS),
            virtually: (day(start) - DAYS, day(end) + DAYS),
            year: now.to_zoned(TimeZone::UTC).year(),
        }
    }

    fn has(self, day: i32, only_real: bool) -> bool {
        let within = |(first, last): (i32, i32)| (first..=last).contains(&day);
        within(self.real) || (!only_real && within(self.virtually))
    }
}

impl Volatile<'_> {
    /// Whether a second since the epoch is near the run.
    fn is_of_run(&self, second: i64) -> bool {
        self.window.has(day_of(second), self.is_envelope)
    }
}

/// Replaces all times near the run.
pub(super) fn replace(volatile: &mut Volatile<'_>, text: &str) -> String {
    let mut text = text.to_owned();
    for dated in DATED.iter() {
        text = volatile.pass(&text, dated, time);
    }
    text = volatile.pass(&text, &DAYS_ONLY, date);
    volatile.pass(&text, &EPOCH, epoch)
}

#[expect(clippy::unnecessary_wraps, reason = "the form that `pass` asks for")]
pub(super) fn of_day(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    let token = volatile.token("time");
    Some(format!("{}{token}{}", &found["open"], &found["close"]))
}

fn time(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    is_near(volatile, found).then(|| volatile.token("time"))
}

fn date(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    is_near(volatile, found).then(|| volatile.token("date"))
}

fn is_near(volatile: &Volatile<'_>, found: &Captures<'_>) -> bool {
    let number = |name| found.name(name)?.as_str().parse::<i16>().ok();
    let month = found.name("name").and_then(|name| {
        let mut months = MONTHS.split('|');
        months.position(|month| month == name.as_str())
    });
    let month = month
        .and_then(|index| i8::try_from(index + 1).ok())
        .or_else(|| number("m").and_then(|month| i8::try_from(month).ok()));
    let day = number("d").and_then(|day| i8::try_from(day).ok());
    let (Some(month), Some(day)) = (month, day) else {
        return false;
    };
    // A spelling without a year is of the year of the run, or of one of its neighbors at New Year.
    let years = match number("y") {
        Some(year) => vec![year],
        None => vec![
            volatile.window.year - 1,
            volatile.window.year,
            volatile.window.year + 1,
        ],
    };
    let is_of_run = years.into_iter().any(|year| {
        let date = Date::new(year, month, day).ok();
        let midnight = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        midnight.is_some_and(|at| volatile.is_of_run(at.timestamp().as_second()))
    });
    is_of_run && !volatile.is_given(&found[0])
}

fn epoch(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    let seconds: i64 = found[0].get(..10)?.parse().ok()?;
    let is_near = volatile.is_of_run(seconds) && !volatile.is_given(&found[0]);
    is_near.then(|| volatile.token("time"))
}

/// The day since the epoch of a second since the epoch.
fn day_of(second: i64) -> i32 {
    i32::try_from(second.div_euclid(86_400)).unwrap_or(i32::MAX)
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns of times are valid")
}
