//! `?object-lock` of buckets and `?retention` of objects: until when a version must stay as it is.
//!
//! Choice: a version that is locked is neither removed nor replaced, which is answered with `ObjectLocked`; a new version over it
//! and a delete marker over it are allowed, and so is what only describes it. A bucket with a default locks what comes from
//! then on. Follows: COS reference, section 7, table, and section 4.3.

use std::sync::Arc;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::document::{malformed, parse, receive, required};
use crate::Inner;
use crate::detach::detach_on_drop;
use crate::request::cos_request::Visit;
use crate::request::error::{self, Error};
use crate::request::reply::{ListingDate, Reply};
use crate::store::{BucketRecord, ObjectRecord};
use backlot_base::xml::Element;
use backlot_http::Body;

/// Bytes of a body at most.
const MAX_BODY: usize = 64 * 1024;

/// Under which name a record keeps it.
const FIELD: &str = "retained";

/// Under which name the record of a bucket keeps for how many days it locks what comes, so that an upload need not read the
/// document.
const DAYS: &str = "locks-for-days";

/// Until when an object is to be kept.
pub(crate) async fn get(
    cos: &Inner,
    visit: &Visit<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let record = cos.existing(bucket, key, visit.version()).await?;
    let until = until(&record).ok_or_else(|| Error::from(error::NO_SUCH_OBJECT_LOCK))?;
    let body = Element::new("Retention").field("RetainUntilDate", ListingDate(until).to_string());
    Ok(Reply::xml(body.to_fragment()))
}

/// Sets or extends that time. Choice: a shorter time is refused as an invalid one.
pub(crate) async fn put(
    cos: &Inner,
    visit: &mut Visit<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let body = receive(visit, body, MAX_BODY).await?;
    let given = parse(&body, "Retention")?;
    let date = required(&given, "RetainUntilDate")?.parse::<Timestamp>();
    let date = date.map_err(|_| malformed("The RetainUntilDate cannot be read."))?;
    let version = visit.version().map(str::to_owned);
    let this = cos.this();
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    detach_on_drop(async move {
        let _turn = this.stripes.turn(&bucket, &key).await;
        let mut record = this.existing(&bucket, &key, version.as_deref()).await?;
        if until(&record).is_some_and(|until| date < until) {
            return Err(error::INVALID_LOCKED_TIME.into());
        }
        record
            .extra
            .insert(FIELD.to_owned(), date.to_string().into());
        this.describe(bucket, record).await
    })
    .await?;
    Ok(Reply::empty(StatusCode::OK))
}

/// Refuses to touch what has to stay.
pub(crate) fn check_unlocked(record: &ObjectRecord, now: Timestamp) -> Result<(), Error> {
    match until(record) {
        Some(until) if now < until => Err(error::OBJECT_LOCKED.into()),
        _ => Ok(()),
    }
}

/// Locks a new version, if its bucket does so. What grows keeps its time.
pub(crate) fn lock(record: &mut ObjectRecord, bucket: &BucketRecord, now: Timestamp) {
    let Some(days) = bucket.extra.get(DAYS).and_then(Value::as_i64) else {
        return;
    };
    if record.extra.contains_key(FIELD) {
        return;
    }
    let until = now.saturating_add(SignedDuration::from_hours(24 * days));
    let until = until.unwrap_or(Timestamp::MAX);
    let until = until.to_string().into();
    record.extra.insert(FIELD.to_owned(), until);
}

/// Notes with the bucket what its new configuration says.
pub(super) async fn note(cos: &Inner, bucket: &str, configuration: &Element) -> Result<(), Error> {
    let rule = configuration.find("Rule");
    let default = rule.and_then(|rule| rule.find("DefaultRetention"));
    let days = default.and_then(|default| default.text_of("Days")?.trim().parse::<i64>().ok());
    let (this, bucket) = (cos.this(), bucket.to_owned());
    detach_on_drop(async move {
        let _turn = this.stripes.turn(&bucket, "").await;
        let mut record = Arc::unwrap_or_clone(this.bucket(&bucket).await?);
        match days {
            Some(days) => record.extra.insert(DAYS.to_owned(), days.into()),
            None => record.extra.remove(DAYS),
        };
        if this.store.update_bucket(record).await? {
            return Ok(());
        }
        Err(error::NO_SUCH_BUCKET.into())
    })
    .await
}

fn until(record: &ObjectRecord) -> Option<Timestamp> {
    let text = record.extra.get(FIELD).and_then(Value::as_str)?;
    text.parse().ok()
}
