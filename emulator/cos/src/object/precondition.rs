//! `If-*` and `Range`: rules about an existing object. Follows: COS reference, section 5.2, and RFC 9110.

use std::ops::Range;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::store::ObjectRecord;

/// The outcome of the `If-*` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The conditions hold.
    Met,
    /// The client has this object already: 304.
    NotModified,
    /// A condition does not hold: 412.
    Failed,
}

/// The outcome of the `Range` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All bytes, 200.
    Whole,
    /// Some bytes, 206.
    Of(Range<u64>),
    /// No byte of the object is in the range: 416.
    Unsatisfiable,
}

/// Judges `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since`, in the order of RFC 9110.
///
/// A date that cannot be read counts as absent.
pub fn judge(headers: &HeaderMap, record: &ObjectRecord) -> Outcome {
    let text = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty()).then_some(value)
    };
    let date = |name: &str| text(name).and_then(parse_date);
    let modified = record.last_modified.as_second();
    if let Some(wanted) = text("if-match") {
        if !lists(wanted, &record.etag) {
            return Outcome::Failed;
        }
    } else if date("if-unmodified-since").is_some_and(|date| modified > date.as_second()) {
        return Outcome::Failed;
    }
    if let Some(unwanted) = text("if-none-match") {
        if lists(unwanted, &record.etag) {
            return Outcome::NotModified;
        }
    } else if date("if-modified-since").is_some_and(|date| modified <= date.as_second()) {
        return Outcome::NotModified;
    }
    Outcome::Met
}

/// Judges `Range`. An invalid header, and one with several ranges, is ignored.
pub fn part(headers: &HeaderMap, size: u64) -> Part {
    let header = headers
        .get(http::header::RANGE)
        .and_then(|value| value.to_str().ok());
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => return Part::Whole,
        (Some(first), Some(last)) => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Part::Whole,
    };
    if range.start >= size {
        return Part::Unsatisfiable;
    }
    Part::Of(range)
}

/// Whether a list of entity tags, with or without quotes, names this one; `*` names any.
fn lists(list: &str, etag: &str) -> bool {
    let bare = |tag: &str| {
        tag.trim()
            .trim_start_matches("W/")
            .trim_matches('"')
            .to_owned()
    };
    let wanted = bare(etag);
    list.split(',')
        .any(|tag| tag.trim() == "*" || bare(tag) == wanted)
}

/// A date of RFC 9110, or of RFC 2822.
fn parse_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
        .ok()
}

/// A date as headers show it.
pub fn http_date(at: Timestamp) -> String {
    let printer = rfc2822::DateTimePrinter::new();
    let text = printer.timestamp_to_rfc9110_string(&at);
    text.unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::record;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        pairs.collect()
    }

    #[test]
    fn conditions_follow_their_precedence() {
        let mut record = record("k", b"x");
        record.last_modified = "2024-01-01T00:00:00.5Z".parse().unwrap();
        let etag = record.etag.clone();
        let bare = etag.trim_matches('"');
        let (before, same, after) = (
            "Sun, 31 Dec 2023 23:59:59 GMT",
            "Mon, 01 Jan 2024 00:00:00 GMT",
            "Mon, 01 Jan 2024 00:00:01 GMT",
        );
        for (pairs, outcome) in [
            (vec![], Outcome::Met),
            (vec![("if-match", etag.as_str())], Outcome::Met),
            (vec![("if-match", bare)], Outcome::Met),
            (vec![("if-match", "*")], Outcome::Met),
            (vec![("if-match", "\"x\", \"y\"")], Outcome::Failed),
            (vec![("if-match", "")], Outcome::Met),
            (vec![("if-none-match", bare)], Outcome::NotModified),
            (vec![("if-none-match", "\"x\"")], Outcome::Met),
            (vec![("if-modified-since", same)], Outcome::NotModified),
            (vec![("if-modified-since", before)], Outcome::Met),
            (vec![("if-unmodified-since", same)], Outcome::Met),
            (vec![("if-unmodified-since", before)], Outcome::Failed),
            (vec![("if-unmodified-since", "yesterday")], Outcome::Met),
            (
                vec![("if-match", bare), ("if-unmodified-since", before)],
                Outcome::Met,
            ),
            (
                vec![("if-none-match", "x"), ("if-modified-since", after)],
                Outcome::Met,
            ),
            (
                vec![("if-match", bare), ("if-modified-since", same)],
                Outcome::NotModified,
            ),
        ] {
            assert_eq!(judge(&headers(&pairs), &record), outcome, "{pairs:?}");
        }
        assert_eq!(http_date(record.last_modified), same);
    }

    #[test]
    fn ranges_are_clipped_ignored_or_refused() {
        for (range, size, part_of) in [
            ("bytes=0-4", 10, Part::Of(0..5)),
            ("bytes=5-99", 10, Part::Of(5..10)),
            ("bytes=9-", 10, Part::Of(9..10)),
            ("bytes=-3", 10, Part::Of(7..10)),
            ("bytes=-99", 10, Part::Of(0..10)),
            ("bytes=10-", 10, Part::Unsatisfiable),
            ("bytes=0-0", 0, Part::Unsatisfiable),
            ("bytes=-0", 10, Part::Unsatisfiable),
            ("bytes=-1", 0, Part::Unsatisfiable),
            ("bytes=5-4", 10, Part::Whole),
            ("bytes=0-1,3-4", 10, Part::Whole),
            ("bytes=a-b", 10, Part::Whole),
            ("lines=0-1", 10, Part::Whole),
            ("bytes=0-99999999999999999999", 10, Part::Of(0..10)),
        ] {
            assert_eq!(
                part(&headers(&[("range", range)]), size),
                part_of,
                "{range}"
            );
        }
        assert_eq!(part(&HeaderMap::new(), 10), Part::Whole);
    }
}
