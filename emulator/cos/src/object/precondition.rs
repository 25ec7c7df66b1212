//! `If-*`: conditions on an existing object.
//!
//! Follows: RFC 9110, section 13, and COS reference, section 5.2. Conditions are judged where the request would succeed
//! without them (section 13.2.1): the caller has found the object, and may read it.

use http::HeaderMap;
use jiff::Timestamp;

use super::entity_tags::EntityTags;
use crate::request::error::{self, Error};
use crate::request::http_date;
use crate::store::ObjectRecord;

/// The headers with conditions, but for `If-Range`.
const CONDITIONS: [&str; 4] = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
];

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

/// Judges `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since` of a request that reads, in the order of
/// section 13.2.2. `now` says in which century a year of two digits is.
pub fn judge(headers: &HeaderMap, record: &ObjectRecord, now: Timestamp) -> Outcome {
    if !is_expected(headers, Some(record), now) {
        return Outcome::Failed;
    }
    let is_known = match EntityTags::of(headers, "if-none-match") {
        Some(tags) => tags.has_weak(&record.etag),
        None => date(headers, "if-modified-since", now)
            .is_some_and(|date| second(record) <= date.as_second()),
    };
    if is_known {
        return Outcome::NotModified;
    }
    Outcome::Met
}

/// The conditions of a request that changes an object. Without headers they hold.
///
/// Choice: COS documents no conditions on changes, so that they are obeyed only if `conditional-writes` says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteConditions(HeaderMap);

impl WriteConditions {
    /// The conditions of a request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let conditions = headers
            .iter()
            .filter(|(name, _)| CONDITIONS.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()));
        Self(conditions.collect())
    }

    /// Whether the request has no conditions.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses the change if a condition does not hold. `current` is what there is; a delete marker is nothing.
    ///
    /// Follows: section 13.2.2: `If-None-Match` refuses a change with 412, and `If-Modified-Since` is ignored.
    pub(crate) fn check(
        &self,
        current: Option<&ObjectRecord>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let current = current.filter(|record| !record.is_delete_marker());
        let is_unwanted = EntityTags::of(&self.0, "if-none-match")
            .zip(current)
            .is_some_and(|(tags, record)| tags.has_weak(&record.etag));
        if is_expected(&self.0, current, now) && !is_unwanted {
            return Ok(());
        }
        Err(error::PRECONDITION_FAILED.into())
    }
}

/// The first condition among the headers of a request, by its usual spelling.
pub(crate) fn first_condition(headers: &HeaderMap) -> Option<&'static str> {
    let spelled = [
        "If-Match",
        "If-None-Match",
        "If-Modified-Since",
        "If-Unmodified-Since",
    ];
    let mut named = CONDITIONS.iter().zip(spelled);
    let (_, spelled) =
        named.find(|(name, _)| headers.contains_key(**name) && !is_empty(headers, name))?;
    Some(spelled)
}

/// `If-Match`, or else `If-Unmodified-Since`: whether the representation is the one that the client expects.
fn is_expected(headers: &HeaderMap, current: Option<&ObjectRecord>, now: Timestamp) -> bool {
    match EntityTags::of(headers, "if-match") {
        Some(tags) => current.is_some_and(|record| tags.has_strong(&record.etag)),
        // Without a representation there is no date to compare.
        None => date(headers, "if-unmodified-since", now)
            .zip(current)
            .is_none_or(|(date, record)| second(record) <= date.as_second()),
    }
}

/// `If-Range`: whether a part of this representation completes what the client has. Without the header it does.
///
/// Follows: section 13.1.5: a date must be the date of the representation, a tag is compared strongly. Choice: dates count
/// although they have whole seconds only, as in most servers.
pub(super) fn allows_part(headers: &HeaderMap, record: &ObjectRecord, now: Timestamp) -> bool {
    let Some(text) = single(headers, "if-range") else {
        return !headers.contains_key("if-range") || is_empty(headers, "if-range");
    };
    match http_date::parse(text, now) {
        Some(date) => second(record) == date.as_second(),
        None => EntityTags::of(headers, "if-range").is_some_and(|tags| tags.is_only(&record.etag)),
    }
}

/// The date of a header. Follows: sections 13.1.3 and 13.1.4: an invalid date is ignored, as are several.
fn date(headers: &HeaderMap, name: &str, now: Timestamp) -> Option<Timestamp> {
    http_date::parse(single(headers, name)?, now)
}

/// The text of a header with exactly one line. Follows: COS reference, section 2.2: a header without a value counts as absent.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    let text = lines.next()?.to_str().ok()?.trim();
    (lines.next().is_none() && !text.is_empty()).then_some(text)
}

fn is_empty(headers: &HeaderMap, name: &str) -> bool {
    let mut lines = headers.get_all(name).iter();
    lines.all(|line| line.as_bytes().trim_ascii().is_empty())
}

/// Headers have whole seconds, so that only these are compared.
fn second(record: &ObjectRecord) -> i64 {
    record.last_modified.as_second()
}

#[cfg(test)]
#[path = "precondition_tests.rs"]
mod tests;
