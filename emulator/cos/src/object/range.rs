//! `Range`: the part of an object that a request asks for. Follows: COS reference, section 5.2, and RFC 9110, section 14.

use std::ops::Range;

use http::HeaderMap;
use jiff::Timestamp;

use super::precondition;
use crate::store::ObjectRecord;

/// The outcome of the `Range` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All bytes, 200.
    Whole,
    /// Some bytes, 206.
    Of(Range<u64>),
    /// No byte of the object is in the range: 416.
    Unsatisfiable,
}

/// Judges `Range` and `If-Range` of a GET.
pub(crate) fn judge(headers: &HeaderMap, record: &ObjectRecord, now: Timestamp) -> Part {
    if !precondition::allows_part(headers, record, now) {
        return Part::Whole;
    }
    part(headers, record.size)
}

/// Judges `Range`. An invalid header, and one with several ranges, is ignored.
fn part(headers: &HeaderMap, size: u64) -> Part {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(range: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("range", range.parse().unwrap());
        headers
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
            assert_eq!(part(&headers(range), size), part_of, "{range}");
        }
        assert_eq!(part(&HeaderMap::new(), 10), Part::Whole);
    }
}
