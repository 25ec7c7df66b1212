//! The rule of object lock: until when a version must stay as it is.
//!
//! Choice: a version that is locked is neither removed nor replaced, which is answered with `ObjectLocked`; a new version over it
//! and a delete marker over it are allowed, and so is a change of its metadata. A bucket with a default locks the versions that
//! come from then on. Follows: COS reference, section 7, table, and section 4.3.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::request::error::{self, Error};
use crate::store::{BucketRecord, ObjectRecord};

/// The member of an object's record that says until when it is locked.
const RETAINED: &str = "retained";

/// The member of a bucket's record that says for how many days it locks new versions, so that an upload need not read the
/// bucket's configuration.
const DAYS: &str = "locks-for-days";

/// Until when a version is locked, if it ever was.
pub(crate) fn until(record: &ObjectRecord) -> Option<Timestamp> {
    let text = record.extra.get(RETAINED).and_then(Value::as_str)?;
    text.parse().ok()
}

/// Locks a version until a time.
pub(crate) fn lock_until(record: &mut ObjectRecord, until: Timestamp) {
    let until = until.to_string().into();
    record.extra.insert(RETAINED.to_owned(), until);
}

/// Locks a new version if its bucket has a default. An object that grows keeps the time of its first bytes.
pub(crate) fn lock(record: &mut ObjectRecord, bucket: &BucketRecord, now: Timestamp) {
    let Some(days) = bucket.extra.get(DAYS).and_then(Value::as_i64) else {
        return;
    };
    if record.extra.contains_key(RETAINED) {
        return;
    }
    let until = now.saturating_add(SignedDuration::from_hours(24 * days));
    lock_until(record, until.unwrap_or(Timestamp::MAX));
}

/// Refuses to remove or replace a version that is locked.
pub(crate) fn check_unlocked(record: &ObjectRecord, now: Timestamp) -> Result<(), Error> {
    match until(record) {
        Some(until) if now < until => Err(error::OBJECT_LOCKED.into()),
        _ => Ok(()),
    }
}

/// Sets for how many days a bucket locks new versions; `None` locks none.
pub(crate) fn set_default(bucket: &mut BucketRecord, days: Option<i64>) {
    match days {
        Some(days) => bucket.extra.insert(DAYS.to_owned(), days.into()),
        None => bucket.extra.remove(DAYS),
    };
}
