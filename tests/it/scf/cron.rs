//! Cron expressions against a naive reading of them: second by second, each field by its list of values.

use backlot::scf::triggers::Cron;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

/// Seconds that are looked at one by one.
const LOOK_AHEAD: i64 = 3 * 60 * 60;

/// A field as text, and what it allows; `None` if it is `*`.
type Field = (String, Option<Vec<i16>>);

fn value(first: i16, last: i16) -> impl Strategy<Value = (String, Vec<i16>)> {
    (first..=last).prop_map(|value| (value.to_string(), vec![value]))
}

fn range(first: i16, last: i16) -> impl Strategy<Value = (String, Vec<i16>)> {
    (first..=last, first..=last).prop_map(|(one, other)| {
        let (low, high) = (one.min(other), one.max(other));
        (format!("{low}-{high}"), (low..=high).collect())
    })
}

fn steps(first: i16, last: i16) -> impl Strategy<Value = (String, Vec<i16>)> {
    (1..=last - first).prop_map(move |step| {
        let values = (first..=last).filter(|value| (value - first) % step == 0);
        (format!("*/{step}"), values.collect())
    })
}

fn list(item: impl Strategy<Value = (String, Vec<i16>)>) -> impl Strategy<Value = Field> {
    let items = vec(item, 1..4).prop_map(|items| {
        let text: Vec<_> = items.iter().map(|(text, _)| text.clone()).collect();
        let values = items.into_iter().flat_map(|(_, values)| values);
        (text.join(","), Some(values.collect()))
    });
    prop_oneof![Just(("*".to_owned(), None)), items]
}

fn field(first: i16, last: i16) -> impl Strategy<Value = Field> {
    list(prop_oneof![
        value(first, last),
        range(first, last),
        steps(first, last)
    ])
}

/// Steps of years go far beyond what is looked at.
fn years(first: i16, last: i16) -> impl Strategy<Value = Field> {
    list(prop_oneof![value(first, last), range(first, last)])
}

fn fields() -> impl Strategy<Value = [Field; 7]> {
    [
        field(0, 59).boxed(),
        field(0, 59).boxed(),
        field(0, 23).boxed(),
        field(1, 31).boxed(),
        field(1, 12).boxed(),
        field(0, 6).boxed(),
        years(2023, 2027).boxed(),
    ]
}

fn allows((_, values): &Field, value: impl Into<i16>) -> bool {
    let value = value.into();
    values.as_ref().is_none_or(|values| values.contains(&value))
}

/// Whether the field lets every value through, however it is written.
fn is_open((_, values): &Field, first: i16, last: i16) -> bool {
    let all = |values: &Vec<i16>| (first..=last).all(|value| values.contains(&value));
    values.as_ref().is_none_or(all)
}

fn fires(
    [second, minute, hour, day, month, weekday, year]: &[Field; 7],
    at: Timestamp,
    zone: Offset,
) -> bool {
    let local = at.to_zoned(TimeZone::fixed(zone)).datetime();
    let in_month = allows(day, local.day());
    let in_week = allows(weekday, local.weekday().to_sunday_zero_offset());
    let on_day = if is_open(day, 1, 31) || is_open(weekday, 0, 6) {
        in_month && in_week
    } else {
        in_month || in_week
    };
    on_day
        && allows(second, local.second())
        && allows(minute, local.minute())
        && allows(hour, local.hour())
        && allows(month, local.month())
        && allows(year, local.year())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_next_time_is_the_first_that_every_field_allows(
        fields in fields(),
        after in 1_672_531_200_i64..1_830_297_600,
        hours in -12_i8..=12,
    ) {
        let text: Vec<_> = fields.iter().map(|(text, _)| text.as_str()).collect();
        let cron: Cron = text.join(" ").parse().unwrap();
        let (after, zone) = (Timestamp::from_second(after).unwrap(), Offset::constant(hours));
        let next = cron.next_after(after, zone);
        if let Some(next) = next {
            prop_assert!(next > after && fires(&fields, next, zone), "{cron}: {next}");
        }
        let skipped = (1..=LOOK_AHEAD)
            .map(|seconds| after + SignedDuration::from_secs(seconds))
            .take_while(|at| next.is_none_or(|next| *at < next))
            .find(|at| fires(&fields, *at, zone));
        prop_assert_eq!(skipped, None, "{} says {:?}", cron, next);
    }
}
