//! Dates in headers. Follows: RFC 9110, section 5.6.7.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A date as headers show it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(at: Timestamp) -> String {
    let printer = rfc2822::DateTimePrinter::new();
    let text = printer.timestamp_to_rfc9110_string(&at);
    text.unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

/// Reads a date in one of the three formats; `None` if it is in none of them.
///
/// Choice: beside the preferred format, dates of RFC 2822 are read too, and the day of the week is not compared with the
/// date. `now` is needed for years of two digits.
pub(crate) fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    let preferred = rfc2822::DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text);
    preferred
        .ok()
        .or_else(|| of_rfc_850(text, now))
        .or_else(|| of_asctime(text))
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`. A year that seems to be more than 50 years ahead is the last one with these digits.
fn of_rfc_850(text: &str, now: Timestamp) -> Option<Timestamp> {
    const DAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let (day, rest) = text.split_once(", ")?;
    if !DAYS.contains(&day) {
        return None;
    }
    let (date, time) = rest.strip_suffix(" GMT")?.split_once(' ')?;
    let (month, year) = date.rsplit_once('-')?;
    let year: i16 = year.parse().ok().filter(|_| year.len() == 2)?;
    let today = now.to_zoned(TimeZone::UTC);
    let latest = today.checked_add(Span::new().years(50)).ok()?.timestamp();
    let century = today.year() / 100 * 100;
    let in_century = |century: i16| {
        let text = format!("{month}-{:04} {time}", century + year);
        timestamp(DateTime::strptime("%d-%b-%Y %H:%M:%S", text).ok()?)
    };
    // The next century is the nearer one for the last decades of this century.
    let candidates = [century + 100, century, century - 100];
    let found = candidates.into_iter().filter_map(in_century);
    found.into_iter().find(|found| *found <= latest)
}

/// `Sun Nov  6 08:49:37 1994`, in UTC.
fn of_asctime(text: &str) -> Option<Timestamp> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let (day, rest) = text.split_once(' ')?;
    if !DAYS.contains(&day) {
        return None;
    }
    timestamp(DateTime::strptime("%b %e %H:%M:%S %Y", rest).ok()?)
}

fn timestamp(at: DateTime) -> Option<Timestamp> {
    at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let now = "2026-07-01T00:00:00Z".parse().unwrap();
        parse(text, now).map(|at| at.to_string())
    }

    #[test]
    fn the_three_formats_are_one_date() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            // The day of the week is not compared.
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Monday, 06-Nov-94 08:49:37 GMT",
        ] {
            assert_eq!(
                read(text).as_deref(),
                Some("1994-11-06T08:49:37Z"),
                "{text}"
            );
        }
        let at: Timestamp = "1994-11-06T08:49:37.9Z".parse().unwrap();
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn years_of_two_digits_are_at_most_fifty_years_ahead() {
        for (text, expected) in [
            ("Monday, 01-Jun-76 00:00:00 GMT", "2076-06-01T00:00:00Z"),
            ("Monday, 01-Aug-76 00:00:00 GMT", "1976-08-01T00:00:00Z"),
            ("Monday, 01-Jan-77 00:00:00 GMT", "1977-01-01T00:00:00Z"),
            ("Monday, 01-Jan-26 00:00:00 GMT", "2026-01-01T00:00:00Z"),
            ("Monday, 01-Jan-00 00:00:00 GMT", "2000-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn leap_days_and_leap_seconds_are_read() {
        let found = read("Thu, 29 Feb 2024 00:00:00 GMT");
        assert_eq!(found.as_deref(), Some("2024-02-29T00:00:00Z"));
        assert_eq!(read("Wed, 29 Feb 2023 00:00:00 GMT"), None);
        for text in ["Sat, 31 Dec 2016 23:59:60 GMT", "Sat Dec 31 23:59:60 2016"] {
            let found = read(text);
            assert!(
                found.is_some_and(|found| found.starts_with("2016-12-31T23:59:59")),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "yesterday",
            "0",
            "1700000000",
            "2024-01-01T00:00:00Z",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 CET",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994 GMT",
            "Nov  6 08:49:37 1994",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
