use super::*;

const UTC: Offset = Offset::UTC;

fn cron(text: &str) -> Cron {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next times, as text.
fn next(text: &str, after: &str, count: usize) -> Vec<String> {
    let cron = cron(text);
    let mut now = at(after);
    let mut times = Vec::new();
    while let Some(due) = cron.next_after(now, UTC).filter(|_| times.len() < count) {
        times.push(due.to_string());
        now = due;
    }
    times
}

#[test]
fn the_documented_forms_fire_when_they_should() {
    for (text, after, expected) in [
        (
            "*/5 * * * * * *",
            "2024-01-01T00:00:03Z",
            &["2024-01-01T00:00:05Z", "2024-01-01T00:00:10Z"][..],
        ),
        (
            "0 0 2 1 * * *",
            "2024-01-31T12:00:00Z",
            &["2024-02-01T02:00:00Z", "2024-03-01T02:00:00Z"],
        ),
        (
            "0 15 10 * * MON-FRI *",
            "2024-01-05T10:15:00Z",
            &["2024-01-08T10:15:00Z", "2024-01-09T10:15:00Z"],
        ),
        (
            "0 0 10,14,16 * * * *",
            "2024-01-01T10:00:00Z",
            &["2024-01-01T14:00:00Z", "2024-01-01T16:00:00Z"],
        ),
        (
            "0 */30 9-17 * * * *",
            "2024-01-01T17:00:00Z",
            &["2024-01-01T17:30:00Z", "2024-01-02T09:00:00Z"],
        ),
        (
            "0 0 12 * * WED *",
            "2024-02-28T12:00:00Z",
            &["2024-03-06T12:00:00Z"],
        ),
        (
            "0 0 0 29 feb * *",
            "2024-02-29T00:00:00Z",
            &["2028-02-29T00:00:00Z"],
        ),
        (
            "0 0 0 1 1 * 2030",
            "2024-01-01T00:00:00Z",
            &["2030-01-01T00:00:00Z"],
        ),
        // The older form begins with minutes.
        (
            "*/20 3 * * *",
            "2024-01-01T00:00:00Z",
            &["2024-01-01T03:00:00Z", "2024-01-01T03:20:00Z"],
        ),
        (
            "0 10/20 * * * * *",
            "2024-01-01T00:00:00Z",
            &["2024-01-01T00:10:00Z", "2024-01-01T00:30:00Z"],
        ),
    ] {
        assert_eq!(next(text, after, expected.len()), expected, "{text}");
    }
}

#[test]
fn restricted_days_of_both_kinds_are_joined_by_or() {
    let expected = [
        "2024-01-12T00:00:00Z",
        "2024-01-13T00:00:00Z",
        "2024-01-19T00:00:00Z",
    ];
    assert_eq!(
        next("0 0 0 13 * FRI *", "2024-01-06T00:00:00Z", 3),
        expected
    );
    // A field that allows every day restricts nothing.
    assert_eq!(
        next("0 0 0 1-31 * FRI *", "2024-01-06T00:00:00Z", 1),
        ["2024-01-12T00:00:00Z"]
    );
}

#[test]
fn the_zone_moves_the_hour() {
    let nightly = cron("0 0 2 * * * *");
    let due = nightly.next_after(at("2024-01-01T00:00:00Z"), Offset::constant(8));
    assert_eq!(due, Some(at("2024-01-01T18:00:00Z")));
}

#[test]
fn a_time_is_after_its_second_and_whole() {
    let every = cron("* * * * * * *");
    let due = every.next_after(at("2024-01-01T00:00:00.9Z"), UTC);
    assert_eq!(due, Some(at("2024-01-01T00:00:01Z")));
    let due = every.next_after(at("2024-01-01T00:00:01Z"), UTC);
    assert_eq!(due, Some(at("2024-01-01T00:00:02Z")));
}

#[test]
fn an_expression_may_never_fire_again() {
    assert!(next("0 0 0 30 2 * *", "2024-01-01T00:00:00Z", 1).is_empty());
    assert!(next("0 0 0 1 1 * 2020", "2024-01-01T00:00:00Z", 1).is_empty());
}

#[test]
fn mistakes_name_the_field_and_what_is_expected() {
    for (text, expected) in [
        ("* * * *", "`* * * *` has 4 fields"),
        (
            "60 * * * * * *",
            "`60` is not valid as the second of a cron expression: `60` is not a number from 0 to 59",
        ),
        ("0 0 0 0 * * *", "is not a number from 1 to 31"),
        ("0 0 0 L * * *", "the platform documents no `L`"),
        ("0 0 0 15W * * *", "the platform documents no `15W`"),
        ("0 0 0 ? * MON *", "write `*` for any day"),
        ("0 0 0 * * 7 *", "nor a name such as `SUN`"),
        ("0 0 0 * * 6#3 *", "`6#3` is neither a number"),
        ("0 */0 * * * * *", "`0` is not a step from 1 to 60"),
        ("0 9-5 * * * * *", "the range `9-5` ends before it begins"),
        ("0 +1 * * * * *", "`+1` is not a number"),
        ("0 1, * * * * *", "`` is not a number"),
        ("0 0 0 * * * 1969", "from 1970 to 2099"),
        ("0 0 0 * FOO * *", "nor a name such as `JAN`"),
    ] {
        let mistake = text.parse::<Cron>().unwrap_err().to_string();
        assert!(mistake.contains(expected), "{text}: {mistake}");
    }
}
