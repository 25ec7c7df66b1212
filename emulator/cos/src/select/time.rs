//! Times: how they are written, their parts, and computing with them. All are in UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use super::sql::TimePart;

/// Reads a time: a year, a month, a day, or more of ISO 8601; without a zone it is UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    if text.len() > 11
        && let Ok(at) = text.parse::<DateTime>()
    {
        return utc(at);
    }
    let date = text.strip_suffix('T').unwrap_or(text);
    let mut parts = date.split('-').map(str::parse::<i16>);
    let year = parts.next()?.ok()?;
    let mut part = || match parts.next() {
        None => Some(1),
        Some(part) => i8::try_from(part.ok()?).ok(),
    };
    let (month, day) = (part()?, part()?);
    if parts.next().is_some() || date.len() < 4 {
        return None;
    }
    utc(Date::new(year, month, day)
        .ok()?
        .to_datetime(jiff::civil::Time::midnight()))
}

/// `2007-02-23T12:14:33.079Z`
pub(super) fn text(at: Timestamp) -> String {
    at.to_string()
}

/// A part of a time.
pub(super) fn extract(part: TimePart, at: Timestamp) -> i64 {
    let at = zoned(at);
    match part {
        TimePart::Year => at.year().into(),
        TimePart::Month => at.month().into(),
        TimePart::Day => at.day().into(),
        TimePart::Hour => at.hour().into(),
        TimePart::Minute => at.minute().into(),
        TimePart::Second => at.second().into(),
        TimePart::TimezoneHour | TimePart::TimezoneMinute => 0,
    }
}

/// The time that is later by a number of days, hours or other parts; `None` if it is out of range.
pub(super) fn add(part: TimePart, count: i64, at: Timestamp) -> Option<Timestamp> {
    let span = Span::new();
    let span = match part {
        TimePart::Year => span.try_years(count),
        TimePart::Month => span.try_months(count),
        TimePart::Day => span.try_days(count),
        TimePart::Hour => span.try_hours(count),
        TimePart::Minute => span.try_minutes(count),
        TimePart::Second => span.try_seconds(count),
        TimePart::TimezoneHour | TimePart::TimezoneMinute => return None,
    };
    let later = zoned(at).checked_add(span.ok()?).ok()?;
    Some(later.timestamp())
}

/// How many whole parts lie between two times; years and months count by the calendar.
pub(super) fn difference(part: TimePart, from: Timestamp, to: Timestamp) -> Option<i64> {
    let months = |at: &Zoned| i64::from(at.year()) * 12 + i64::from(at.month());
    let (start, end) = (zoned(from), zoned(to));
    let seconds = to.as_second() - from.as_second();
    Some(match part {
        TimePart::Year => i64::from(end.year()) - i64::from(start.year()),
        TimePart::Month => months(&end) - months(&start),
        TimePart::Day => seconds / 86_400,
        TimePart::Hour => seconds / 3600,
        TimePart::Minute => seconds / 60,
        TimePart::Second => seconds,
        TimePart::TimezoneHour | TimePart::TimezoneMinute => return None,
    })
}

/// A time by a pattern such as `yyyy-MM-dd'T'HH:mm:ss`; `None` if the pattern has an unknown letter.
pub(super) fn format(at: Timestamp, pattern: &str) -> Option<String> {
    let at = zoned(at);
    let (mut out, mut letters) = (String::new(), pattern.chars().peekable());
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            out.extend(letters.by_ref().take_while(|letter| *letter != '\''));
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            out.push(letter);
            continue;
        }
        let mut count = 1;
        while letters.next_if_eq(&letter).is_some() {
            count += 1;
        }
        out.push_str(&field(&at, letter, count)?);
    }
    Some(out)
}

/// One field of a pattern: its letter and how often it occurs.
fn field(at: &Zoned, letter: char, count: usize) -> Option<String> {
    let strftime = |directive: &str| Some(at.strftime(directive).to_string());
    let padded = |number: i8| Some(format!("{number:0count$}"));
    match (letter, count) {
        ('y', 2) => strftime("%y"),
        ('y', _) => Some(format!("{:0count$}", at.year())),
        ('M', 1 | 2) => padded(at.month()),
        ('M', 3) => strftime("%b"),
        ('M', 4) => strftime("%B"),
        ('M', 5) => strftime("%b").map(|name| name[..1].to_owned()),
        ('d', 1 | 2) => padded(at.day()),
        ('H', 1 | 2) => padded(at.hour()),
        ('h', 1 | 2) => padded((at.hour() + 11) % 12 + 1),
        ('a', 1) => strftime("%p"),
        ('m', 1 | 2) => padded(at.minute()),
        ('s', 1 | 2) => padded(at.second()),
        ('S', 1..=9) => Some(format!("{:09}", at.subsec_nanosecond())[..count].to_owned()),
        ('n', 1) => Some(at.subsec_nanosecond().to_string()),
        ('X', 1..=3) => Some("Z".to_owned()),
        ('x', 1) => Some("+00".to_owned()),
        ('x', 2) => Some("+0000".to_owned()),
        ('x', 3) => Some("+00:00".to_owned()),
        _ => None,
    }
}

fn zoned(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_all_precisions() {
        for (text, expected) in [
            ("2007T", "2007-01-01T00:00:00Z"),
            ("2007-02T", "2007-02-01T00:00:00Z"),
            ("2007-02-23", "2007-02-23T00:00:00Z"),
            ("2007-02-23T12:14Z", "2007-02-23T12:14:00Z"),
            ("2007-02-23T12:14:33.079-08:00", "2007-02-23T20:14:33.079Z"),
            ("2007-02-23T12:14:33", "2007-02-23T12:14:33Z"),
        ] {
            assert_eq!(
                parse(text).map(super::text).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in ["", "soon", "7", "2007-13", "2007-02-30", "2007-1-1-1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_computed_and_written() {
        let at = parse("2024-01-31T23:05:06.5Z").unwrap();
        let month = add(TimePart::Month, 1, at).unwrap();
        assert_eq!(text(month), "2024-02-29T23:05:06.5Z");
        assert_eq!(difference(TimePart::Month, at, month), Some(1));
        assert_eq!(difference(TimePart::Day, at, month), Some(29));
        assert_eq!(extract(TimePart::Hour, at), 23);
        let shown = format(at, "yyyy-MM-dd'T'HH:mm:ss.SSS h a MMM X");
        assert_eq!(
            shown.as_deref(),
            Some("2024-01-31T23:05:06.500 11 PM Jan Z")
        );
        assert_eq!(format(at, "Q"), None);
    }
}
