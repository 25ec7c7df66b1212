//! `?retention` of objects: until when a version is to be kept. Written down and extended, not enforced.
//!
//! Follows: COS reference, section 7, table.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::document::{malformed, parse, receive, required};
use crate::base::xml::Element;
use crate::cos::error::{self, Error};
use crate::cos::reply::{Reply, listing_date};
use crate::cos::store::ObjectRecord;
use crate::cos::visit::Visit;
use crate::cos::{Inner, apart};
use crate::http::Body;

/// Bytes of a body at most.
const MAX_BODY: usize = 64 * 1024;

/// Under which name a record keeps it.
const FIELD: &str = "retained";

/// Until when an object is to be kept.
pub(in crate::cos) async fn get(
    cos: &Inner,
    visit: &Visit<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let record = cos.existing(bucket, key, visit.version()).await?;
    let until = until(&record).ok_or_else(|| Error::from(error::NO_SUCH_OBJECT_LOCK))?;
    let body = Element::new("Retention").field("RetainUntilDate", listing_date(until));
    Ok(Reply::xml(body.to_fragment()))
}

/// Sets or extends that time. Choice: a shorter time is refused as an invalid one.
pub(in crate::cos) async fn put(
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
    let (this, subject) = (cos.this(), format!("{bucket}/{key}"));
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    apart(async move {
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
    cos.confess_that(
        visit,
        &subject,
        "retention",
        "it can be changed and removed",
    );
    Ok(Reply::empty(StatusCode::OK))
}

fn until(record: &ObjectRecord) -> Option<Timestamp> {
    let text = record.extra.get(FIELD).and_then(Value::as_str)?;
    text.parse().ok()
}
