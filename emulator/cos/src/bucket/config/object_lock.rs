//! `?object-lock`: for how many days a bucket locks the objects that are stored in it.
//!
//! Follows: COS reference, section 7, table.

use std::sync::Arc;

use super::fields::{malformed, one_of, required};
use crate::Inner;
use crate::detach::detach_on_drop;
use crate::object::object_lock;
use crate::request::error::{self, Error};
use backlot_base::xml::Element;

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    one_of(&given, "ObjectLockEnabled", &["Enabled"])?;
    if let Some(retention) = default_of(&given) {
        let days = required(retention, "Days")?.parse::<u32>();
        if !days.is_ok_and(|days| (1..=36_500).contains(&days)) {
            return Err(malformed("Days must be a number from 1 to 36500."));
        }
    }
    Ok(given)
}

fn default_of(document: &Element) -> Option<&Element> {
    document.find("Rule")?.find("DefaultRetention")
}

/// Writes the default of a new configuration into the record of its bucket.
pub(super) async fn set_default(cos: &Inner, bucket: &str, given: &Element) -> Result<(), Error> {
    let days = default_of(given);
    let days = days.and_then(|default| default.text_of("Days")?.trim().parse::<i64>().ok());
    let (this, bucket) = (cos.this(), bucket.to_owned());
    detach_on_drop(async move {
        let _lock = this.key_locks.lock(&bucket, "").await;
        let mut record = Arc::unwrap_or_clone(this.bucket(&bucket).await?);
        object_lock::set_default(&mut record, days);
        if this.store.update_bucket(record).await? {
            return Ok(());
        }
        Err(error::NO_SUCH_BUCKET.into())
    })
    .await
}
