//! How long something took, as programs print it.
//!
//! A number of whole seconds stays unless a word says that it was measured: a pause of 60 s or a film of 10 s is the same in
//! every run, and a reader wants to see it.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Volatile;

/// Longer names first: the first alternative that fits is taken.
const UNITS: &str =
    "milliseconds?|msecs?|ms|microseconds?|µs|μs|us|nanoseconds?|ns|seconds?|secs?|s|毫秒|秒";
const SMALL: &str = "milliseconds?|msecs?|ms|microseconds?|µs|μs|us|nanoseconds?|ns|毫秒";

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // A word of measuring, then any number with a unit.
        format!(
            r#"(?i)(?P<before>\b(?:took|elapsed|cost|spent|duration|耗时|用时)["']?\s*[:=]?\s*)\d+(?:\.\d+)?\s?(?:{UNITS})"#
        ),
        // `took_ms: 12.5`, also in JSON.
        r#"(?i)(?P<before>\b(?:took|elapsed|latency|cost|duration)_?(?:millis|ms|us|ns|seconds|s)["']?\s*[:=]\s*)\d+(?:\.\d+)?"#
            .to_owned(),
        // Fractions of seconds after a word of time.
        format!(r"(?i)(?P<before>\b(?:in|after|within)\s+)\d+\.\d+\s?(?:{UNITS})"),
        // Many decimals, or a small unit.
        format!(r"(?P<before>)\d+\.\d{{3,}}\s?(?:{UNITS})"),
        format!(r"(?P<before>)\d+(?:\.\d+)?\s?(?:{SMALL})"),
        // As Python prints a difference of times.
        r"(?P<before>)\d+:\d{2}:\d{2}\.\d{3,6}".to_owned(),
    ]
    .iter()
    .map(|text| Regex::new(text).expect("the patterns of durations are valid"))
    .collect()
});

/// Replaces all durations that were measured.
pub(super) fn replace(volatile: &mut Volatile<'_>, text: &str) -> String {
    let mut text = text.to_owned();
    for pattern in PATTERNS.iter() {
        text = volatile.pass(&text, pattern, duration);
    }
    text
}

#[expect(clippy::unnecessary_wraps, reason = "the form that `pass` asks for")]
fn duration(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    let token = volatile.token("duration");
    Some(format!("{}{token}", &found["before"]))
}
