//! `?retention` of objects: until when a version is locked. What a lock forbids is in `object_lock.rs`.

use http::StatusCode;
use jiff::Timestamp;

use super::object_lock::{lock_until, until};
use crate::Inner;
use crate::bucket::config::fields::{malformed, parse, required};
use crate::detach::detach_on_drop;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{ListingDate, Reply};
use backlot_base::xml::Element;
use backlot_http::Body;

/// The maximal size of a body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Answers until when a version is locked.
pub(crate) async fn get(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let record = cos.existing(bucket, key, request.version()).await?;
    let until = until(&record).ok_or_else(|| Error::from(error::NO_SUCH_OBJECT_LOCK))?;
    let body = Element::new("Retention").field("RetainUntilDate", ListingDate(until).to_string());
    Ok(Reply::xml(body.to_fragment()))
}

/// Locks a version, or extends its lock. Choice: an earlier date is refused as invalid.
pub(crate) async fn put(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let body = request.receive(body, MAX_BODY).await?;
    let given = parse(&body, "Retention")?;
    let date = required(&given, "RetainUntilDate")?.parse::<Timestamp>();
    let date = date.map_err(|_| malformed("The RetainUntilDate cannot be read."))?;
    let version = request.version().map(str::to_owned);
    let this = cos.this();
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    detach_on_drop(async move {
        let _lock = this.key_locks.lock(&bucket, &key).await;
        let mut record = this.existing(&bucket, &key, version.as_deref()).await?;
        if until(&record).is_some_and(|until| date < until) {
            return Err(error::INVALID_LOCKED_TIME.into());
        }
        lock_until(&mut record, date);
        this.describe(bucket, record).await
    })
    .await?;
    Ok(Reply::empty(StatusCode::OK))
}
