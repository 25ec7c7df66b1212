//! When a timer trigger fires: the cron expressions of the platform.
//!
//! Follows: SCF reference, section 14.2. An expression has seven fields, from seconds to years, or in the older form five,
//! from minutes to days of the week.
//!
//! Choice: `start/step` is read as `start-end/step`, where `end` is the end of the field. A field of days is restricted
//! unless it allows every value. `L`, `W`, `#` and `?` are not documented for the platform and are refused, so that no
//! expression works here only.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// A cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: String,
    seconds: Field,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
    years: Field,
}

/// Why a text is not a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCron {
    /// It has another number of fields.
    #[error(
        "`{text}` has {found} fields; a cron expression has 7: second, minute, hour, day, month, day of the week, year"
    )]
    Fields {
        /// The expression.
        text: String,
        /// The number of its fields.
        found: usize,
    },
    /// A field cannot be read.
    #[error("`{written}` is not valid as the {field} of a cron expression: {problem}")]
    Field {
        /// The field as written.
        written: String,
        /// What it stands for.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// What a field may hold.
struct Kind {
    name: &'static str,
    first: i16,
    last: i16,
    /// Names of the values, the first one's first; empty if they have none.
    names: &'static [&'static str],
}

const SECOND: Kind = Kind {
    name: "second",
    first: 0,
    last: 59,
    names: &[],
};
const MINUTE: Kind = Kind {
    name: "minute",
    ..SECOND
};
const HOUR: Kind = Kind {
    name: "hour",
    last: 23,
    ..SECOND
};
const DAY: Kind = Kind {
    name: "day of the month",
    first: 1,
    last: 31,
    names: &[],
};
const MONTH: Kind = Kind {
    name: "month",
    first: 1,
    last: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
};
const WEEKDAY: Kind = Kind {
    name: "day of the week",
    first: 0,
    last: 6,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
const YEAR: Kind = Kind {
    name: "year",
    first: 1970,
    last: 2099,
    names: &[],
};

/// The values that a field allows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    allowed: BTreeSet<i16>,
    /// Whether it allows every value.
    is_full: bool,
}

impl Cron {
    /// The first time after `after` at which it fires, to the second, read in the zone with this offset from UTC; `None`
    /// if it never fires again.
    pub fn next_after(&self, after: Timestamp, zone: Offset) -> Option<Timestamp> {
        let begin = after.checked_add(SignedDuration::from_secs(1)).ok()?;
        let begin = Timestamp::from_second(begin.as_second()).ok()?;
        let begin = begin.to_zoned(TimeZone::fixed(zone)).datetime();
        let found = self.first_from(begin)?;
        zone.to_timestamp(found).ok()
    }

    /// The first local time at or after `begin`.
    fn first_from(&self, begin: DateTime) -> Option<DateTime> {
        for year in self.years.from(begin.year()) {
            for month in self.months.from(1) {
                let month = i8::try_from(month).ok()?;
                let first = Date::new(year, month, 1).ok()?;
                if first.last_of_month() < begin.date() {
                    continue;
                }
                let days = first.series(jiff::Span::new().days(1));
                let days = days.take_while(|day| day.month() == month);
                for day in days.filter(|day| *day >= begin.date() && self.allows_day(*day)) {
                    let earliest = if day == begin.date() {
                        begin.time()
                    } else {
                        Time::midnight()
                    };
                    if let Some(time) = self.time_from(earliest) {
                        return Some(day.to_datetime(time));
                    }
                }
            }
        }
        None
    }

    /// Days of the month and days of the week are joined by *or* if both are restricted, else by *and*.
    fn allows_day(&self, day: Date) -> bool {
        let in_month = self.days.allows(day.day().into());
        let in_week = day.weekday().to_sunday_zero_offset();
        let in_week = self.weekdays.allows(in_week.into());
        if self.days.is_full || self.weekdays.is_full {
            in_month && in_week
        } else {
            in_month || in_week
        }
    }

    /// The first time of day at or after `earliest`.
    fn time_from(&self, earliest: Time) -> Option<Time> {
        let (hour, minute) = (i16::from(earliest.hour()), i16::from(earliest.minute()));
        for now_hour in self.hours.from(hour) {
            let from = if now_hour == hour { minute } else { 0 };
            for now_minute in self.minutes.from(from) {
                let is_same = (now_hour, now_minute) == (hour, minute);
                let from = if is_same { earliest.second() } else { 0 };
                if let Some(second) = self.seconds.from(from.into()).next() {
                    return time(now_hour, now_minute, second);
                }
            }
        }
        None
    }
}

fn time(hour: i16, minute: i16, second: i16) -> Option<Time> {
    let part = |value: i16| i8::try_from(value).ok();
    Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}

impl FromStr for Cron {
    type Err = InvalidCron;

    fn from_str(text: &str) -> Result<Self, InvalidCron> {
        let fields: Vec<_> = text.split_whitespace().collect();
        let whole: [&str; 7] = match fields[..] {
            [second, minute, hour, day, month, weekday, year] => {
                [second, minute, hour, day, month, weekday, year]
            }
            [minute, hour, day, month, weekday] => ["0", minute, hour, day, month, weekday, "*"],
            _ => {
                return Err(InvalidCron::Fields {
                    text: text.to_owned(),
                    found: fields.len(),
                });
            }
        };
        let [second, minute, hour, day, month, weekday, year] = whole;
        Ok(Self {
            text: text.to_owned(),
            seconds: Field::read(second, &SECOND)?,
            minutes: Field::read(minute, &MINUTE)?,
            hours: Field::read(hour, &HOUR)?,
            days: Field::read(day, &DAY)?,
            months: Field::read(month, &MONTH)?,
            weekdays: Field::read(weekday, &WEEKDAY)?,
            years: Field::read(year, &YEAR)?,
        })
    }
}

impl<'de> Deserialize<'de> for Cron {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// As written.
impl fmt::Display for Cron {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Field {
    fn read(written: &str, kind: &Kind) -> Result<Self, InvalidCron> {
        let mut allowed = BTreeSet::new();
        for item in written.split(',') {
            let (first, last, step) =
                item_of(item, kind).map_err(|problem| InvalidCron::Field {
                    written: written.to_owned(),
                    field: kind.name,
                    problem,
                })?;
            allowed.extend((first..=last).step_by(step));
        }
        let is_full = (kind.first..=kind.last).all(|value| allowed.contains(&value));
        Ok(Self { allowed, is_full })
    }

    fn allows(&self, value: i16) -> bool {
        self.allowed.contains(&value)
    }

    /// The values from `first` on, in order.
    fn from(&self, first: i16) -> impl Iterator<Item = i16> {
        self.allowed.range(first..).copied()
    }
}

/// One item of a list: its first and last value and its step.
fn item_of(item: &str, kind: &Kind) -> Result<(i16, i16, usize), String> {
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (item, None),
    };
    let width = kind.last - kind.first + 1;
    let step_by = match step {
        Some(step) => step
            .parse()
            .ok()
            .filter(|step| (1..=width).contains(step))
            .ok_or_else(|| format!("`{step}` is not a step from 1 to {width}"))?,
        None => 1,
    };
    let (first, last) = match range.split_once('-') {
        Some((first, last)) => (value_of(first, kind)?, value_of(last, kind)?),
        None if range == "*" => (kind.first, kind.last),
        None => {
            let first = value_of(range, kind)?;
            let last = if step.is_some() { kind.last } else { first };
            (first, last)
        }
    };
    if first > last {
        return Err(format!("the range `{range}` ends before it begins"));
    }
    Ok((first, last, usize::from(step_by.unsigned_abs())))
}

fn value_of(text: &str, kind: &Kind) -> Result<i16, String> {
    let named = kind
        .names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text));
    let named = named.and_then(|position| i16::try_from(position).ok());
    if let Some(position) = named {
        return Ok(kind.first + position);
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number);
    number
        .filter(|number| (kind.first..=kind.last).contains(number))
        .ok_or_else(|| problem(text, kind))
}

fn problem(text: &str, kind: &Kind) -> String {
    if text == "?" {
        return "write `*` for any day".to_owned();
    }
    if text.contains(['L', 'W', '#']) && kind.names.is_empty() {
        return format!("the platform documents no `{text}`");
    }
    let (first, last) = (kind.first, kind.last);
    match kind.names {
        [] => format!("`{text}` is not a number from {first} to {last}"),
        [name, ..] => {
            format!(
                "`{text}` is neither a number from {first} to {last} nor a name such as `{name}`"
            )
        }
    }
}

#[cfg(test)]
#[path = "cron_tests.rs"]
mod tests;
