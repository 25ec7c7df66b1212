//! RFC 9110, section 13, line by line.

use super::*;
use crate::store::ObjectType;
use crate::store::contract::record;

const BEFORE: &str = "Sun, 31 Dec 2023 23:59:59 GMT";
const SAME: &str = "Mon, 01 Jan 2024 00:00:00 GMT";
const AFTER: &str = "Mon, 01 Jan 2024 00:00:01 GMT";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

/// An object of the middle of a second.
fn object() -> ObjectRecord {
    let mut record = record("k", b"x");
    record.last_modified = "2024-01-01T00:00:00.5Z".parse().unwrap();
    record
}

fn now() -> Timestamp {
    "2024-06-01T00:00:00Z".parse().unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn conditions_of_readers_follow_their_precedence() {
    use Outcome::{Failed, Met, NotModified};

    let record = object();
    let etag = record.etag.as_str();
    let bare = etag.trim_matches('"');
    let weak = format!("W/{etag}");
    let (list, inside) = (format!("\"x\", {etag}"), format!("\"x,{bare}\""));
    for (pairs, outcome) in [
        (vec![], Met),
        // 13.1.1: strong comparison, lists, `*`.
        (vec![("if-match", etag)], Met),
        (vec![("if-match", bare)], Met),
        (vec![("if-match", "*")], Met),
        (vec![("if-match", &list)], Met),
        (vec![("if-match", "\"x\""), ("if-match", etag)], Met),
        (vec![("if-match", "\"x\", \"y\"")], Failed),
        (vec![("if-match", &weak)], Failed),
        (vec![("if-match", &inside)], Failed),
        (vec![("if-match", "\"*\"")], Failed),
        (vec![("if-match", "")], Met),
        // 13.1.2: weak comparison, lists, `*`.
        (vec![("if-none-match", etag)], NotModified),
        (vec![("if-none-match", bare)], NotModified),
        (vec![("if-none-match", &weak)], NotModified),
        (vec![("if-none-match", &list)], NotModified),
        (vec![("if-none-match", "*")], NotModified),
        (
            vec![("if-none-match", "\"x\""), ("if-none-match", &weak)],
            NotModified,
        ),
        (vec![("if-none-match", "\"x\"")], Met),
        (vec![("if-none-match", &inside)], Met),
        (vec![("if-none-match", "\"*\"")], Met),
        (vec![("if-none-match", "")], Met),
        // 13.1.3: whole seconds; what is no date, or several, is ignored.
        (vec![("if-modified-since", SAME)], NotModified),
        (vec![("if-modified-since", AFTER)], NotModified),
        (vec![("if-modified-since", BEFORE)], Met),
        (
            vec![("if-modified-since", "Monday, 01-Jan-24 00:00:00 GMT")],
            NotModified,
        ),
        (
            vec![("if-modified-since", "Mon Jan  1 00:00:00 2024")],
            NotModified,
        ),
        (vec![("if-modified-since", "yesterday")], Met),
        (vec![("if-modified-since", "2024-01-01T00:00:00Z")], Met),
        (
            vec![("if-modified-since", AFTER), ("if-modified-since", AFTER)],
            Met,
        ),
        (vec![("if-modified-since", "")], Met),
        // 13.1.4.
        (vec![("if-unmodified-since", SAME)], Met),
        (vec![("if-unmodified-since", AFTER)], Met),
        (vec![("if-unmodified-since", BEFORE)], Failed),
        (
            vec![("if-unmodified-since", "Sunday, 31-Dec-23 23:59:59 GMT")],
            Failed,
        ),
        (
            vec![("if-unmodified-since", "Sun Dec 31 23:59:59 2023")],
            Failed,
        ),
        (vec![("if-unmodified-since", "yesterday")], Met),
        (
            vec![
                ("if-unmodified-since", BEFORE),
                ("if-unmodified-since", BEFORE),
            ],
            Met,
        ),
        // 13.2.2: a tag hides the date beside it.
        (
            vec![("if-match", etag), ("if-unmodified-since", BEFORE)],
            Met,
        ),
        (
            vec![("if-match", "\"x\""), ("if-unmodified-since", AFTER)],
            Failed,
        ),
        (
            vec![("if-none-match", "\"x\""), ("if-modified-since", AFTER)],
            Met,
        ),
        (
            vec![("if-none-match", etag), ("if-modified-since", BEFORE)],
            NotModified,
        ),
        (
            vec![("if-none-match", ""), ("if-modified-since", AFTER)],
            NotModified,
        ),
        // 13.2.2: what is expected comes before what is known.
        (
            vec![("if-match", etag), ("if-none-match", etag)],
            NotModified,
        ),
        (vec![("if-match", "\"x\""), ("if-none-match", etag)], Failed),
        (
            vec![("if-match", etag), ("if-modified-since", SAME)],
            NotModified,
        ),
        (
            vec![("if-unmodified-since", BEFORE), ("if-none-match", etag)],
            Failed,
        ),
        (
            vec![("if-unmodified-since", SAME), ("if-none-match", etag)],
            NotModified,
        ),
        (
            vec![("if-unmodified-since", SAME), ("if-modified-since", SAME)],
            NotModified,
        ),
        (
            vec![("if-unmodified-since", BEFORE), ("if-modified-since", SAME)],
            Failed,
        ),
        // 13.1.5: `If-Range` alone is no condition.
        (vec![("if-range", "\"x\"")], Met),
    ] {
        assert_eq!(
            judge(&headers(&pairs), &record, now()),
            outcome,
            "{pairs:?}"
        );
    }
}

#[test]
fn conditions_of_writers_are_about_what_is_there() {
    let record = object();
    let mut marker = object();
    marker.object_type = ObjectType::DeleteMarker;
    let (there, nothing, hidden) = (Some(&record), None, Some(&marker));
    let etag = record.etag.as_str();
    let weak = format!("W/{etag}");
    for (pairs, current, expected) in [
        (vec![], there, true),
        (vec![], nothing, true),
        (vec![("if-none-match", "*")], there, false),
        (vec![("if-none-match", "*")], nothing, true),
        (vec![("if-none-match", "*")], hidden, true),
        (vec![("if-none-match", weak.as_str())], there, false),
        (vec![("if-none-match", "\"x\"")], there, true),
        (vec![("if-match", "*")], there, true),
        (vec![("if-match", "*")], nothing, false),
        (vec![("if-match", "*")], hidden, false),
        (vec![("if-match", etag)], there, true),
        (vec![("if-match", &weak)], there, false),
        (vec![("if-match", etag)], nothing, false),
        (vec![("if-unmodified-since", BEFORE)], there, false),
        (vec![("if-unmodified-since", SAME)], there, true),
        (vec![("if-unmodified-since", BEFORE)], nothing, true),
        (
            vec![("if-match", etag), ("if-unmodified-since", BEFORE)],
            there,
            true,
        ),
        (vec![("if-modified-since", AFTER)], there, true),
        (
            vec![("if-match", etag), ("if-none-match", "*")],
            there,
            false,
        ),
    ] {
        let conditions = WriteConditions::of(&headers(&pairs));
        let allows = conditions.check(current, now()).is_ok();
        assert_eq!(
            allows,
            expected,
            "{pairs:?} {:?}",
            current.map(|record| &record.object_type)
        );
    }
}

#[test]
fn a_part_completes_the_same_representation_only() {
    let record = object();
    let etag = record.etag.as_str();
    let bare = etag.trim_matches('"');
    let (weak, list) = (format!("W/{etag}"), format!("\"x\", {etag}"));
    for (values, expected) in [
        (vec![], true),
        (vec![""], true),
        (vec![etag], true),
        (vec![bare], true),
        (vec![weak.as_str()], false),
        (vec!["\"x\""], false),
        (vec!["*"], false),
        (vec![SAME], true),
        (vec!["Monday, 01-Jan-24 00:00:00 GMT"], true),
        (vec!["Mon Jan  1 00:00:00 2024"], true),
        (vec![BEFORE], false),
        // Not "not later": exactly the date.
        (vec![AFTER], false),
        (vec!["yesterday"], false),
        (vec![etag, etag], false),
        (vec![&list], false),
    ] {
        let pairs: Vec<_> = values.iter().map(|value| ("if-range", *value)).collect();
        assert_eq!(
            allows_part(&headers(&pairs), &record, now()),
            expected,
            "{values:?}"
        );
    }
}
