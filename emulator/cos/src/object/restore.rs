//! Archived objects: that they cannot be read, and how they are brought back. Follows: COS reference, sections 5.2, 5.3, 7.4.
//!
//! Whether a restore is done depends on the clock alone. Choice: it takes the maximal time that the platform documents.

use std::sync::Weak;

use http::{HeaderName, StatusCode};
use jiff::{SignedDuration, Timestamp};
use tracing::Instrument as _;

use crate::Inner;
use crate::detach::detach_on_drop;
use crate::request::cos_request::{CosRequest, Origin};
use crate::request::error::{self, Error};
use crate::request::http_date::http_date;
use crate::request::reply::{Reply, to_value};
use crate::store::{Listed, ObjectRecord, Restore};
use backlot_base::clock::Hold;
use backlot_http::Body;

const HOUR: i64 = 3600;

/// Whether an object can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State<'a> {
    /// It is not archived.
    Online,
    /// It is archived.
    Archived,
    /// It is being restored.
    Restoring(&'a Restore),
    /// It is restored, and can be read until it expires.
    Restored(&'a Restore),
}

impl<'a> State<'a> {
    fn of(record: &'a ObjectRecord, now: Timestamp) -> Self {
        Self::with(&record.storage_class, record.restore.as_ref(), now)
    }

    fn with(storage_class: &str, restore: Option<&'a Restore>, now: Timestamp) -> Self {
        if !matches!(storage_class, "ARCHIVE" | "DEEP_ARCHIVE") {
            return Self::Online;
        }
        match restore {
            Some(restore) if now < restore.ready => Self::Restoring(restore),
            Some(restore) if now < restore.expires => Self::Restored(restore),
            _ => Self::Archived,
        }
    }
}

/// Refuses to read an archived object.
pub(crate) fn check_readable(record: &ObjectRecord, now: Timestamp) -> Result<(), Error> {
    match State::of(record, now) {
        State::Online | State::Restored(_) => Ok(()),
        State::Archived | State::Restoring(_) => {
            let mut error = Error::from(error::INVALID_OBJECT_STATE);
            let class = (
                HeaderName::from_static("x-cos-storage-class"),
                to_value(record.storage_class.as_bytes())?,
            );
            error.headers.push(class);
            Err(error)
        }
    }
}

/// Adds the headers of storage class, tier and restore.
pub(crate) fn describe(
    mut reply: Reply,
    record: &ObjectRecord,
    now: Timestamp,
) -> Result<Reply, Error> {
    if record.storage_class != "STANDARD" {
        reply = reply.header("x-cos-storage-class", record.storage_class.as_bytes())?;
    }
    if let Some(tier) = storage_tier(&record.storage_class) {
        reply = reply.header("x-cos-storage-tier", tier.as_bytes())?;
    }
    match State::of(record, now) {
        State::Online | State::Archived => Ok(reply),
        State::Restoring(restore) => {
            let date = http_date(restore.requested);
            let status = format!("tier=\"{}\"; request-date=\"{date}\"", restore.tier);
            reply
                .header("x-cos-restore", b"ongoing-request=\"true\"")?
                .header("x-cos-restore-status", status.as_bytes())
        }
        State::Restored(restore) => {
            let date = http_date(restore.expires);
            let text = format!("ongoing-request=\"false\", expiry-date=\"{date}\"");
            reply.header("x-cos-restore", text.as_bytes())
        }
    }
}

/// The tier of an object in intelligent tiering. Choice: always the tier of frequent access.
pub(crate) fn storage_tier(storage_class: &str) -> Option<&'static str> {
    storage_class
        .ends_with("INTELLIGENT_TIERING")
        .then_some("FREQUENT")
}

/// The `RestoreStatus` of listings. Choice: only the value of the sample; the value during a restore is not documented.
pub(crate) fn restore_status(object: &Listed, now: Timestamp) -> Option<&'static str> {
    let state = State::with(&object.storage_class, object.restore.as_ref(), now);
    matches!(state, State::Restored(_)).then_some("DONE")
}

/// POST Object restore.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let document = request.document(body, &["RestoreRequest"]).await?;
    let days = document.text_of("Days").unwrap_or_default();
    let days = days.trim().parse::<i64>().ok();
    let days = days.filter(|days| (1..=365).contains(days));
    let days = days.ok_or_else(|| Error::from(error::MALFORMED_XML))?;
    let parameters = document.find("CASJobParameters");
    let tier = parameters.and_then(|parameters| parameters.text_of("Tier"));
    let wanted = (days, tier.unwrap_or("Standard").trim().to_ascii_lowercase());
    let version = request.version().map(str::to_owned);
    let (this, bucket, key) = (cos.this(), bucket.to_owned(), key.to_owned());
    let (origin, hold) = (request.origin(), cos.hold_for_change());
    detach_on_drop(async move {
        let _lock = this.key_locks.lock(&bucket, &key).await;
        let mut record = this.existing(&bucket, &key, version.as_deref()).await?;
        let now = this.context.clock.now();
        let ready = match State::of(&record, now) {
            State::Online => return Err(error::RESTORE_NON_ARCHIVE_OBJECT.into()),
            State::Restoring(_) => return Err(error::RESTORE_ALREADY_IN_PROGRESS.into()),
            // A restored object stays longer.
            State::Restored(restore) => restore.ready,
            State::Archived => later(now, duration(&record.storage_class, &wanted.1)?),
        };
        record.restore = Some(Restore {
            tier: wanted.1,
            requested: now,
            ready,
            expires: later(ready.max(now), 24 * HOUR * wanted.0),
        });
        this.describe(bucket.clone(), record.clone()).await?;
        this.tell("cos:ObjectRestore:Post", &origin, &bucket, &record, &hold);
        if ready > now {
            let announced = announce(Weak::clone(&this.this), hold, ready, origin, bucket, record);
            drop(tokio::spawn(announced.in_current_span()));
        }
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
    .await
}

/// Tells the listener when an object can be read, if the service still runs and the object still exists.
async fn announce(
    cos: Weak<Inner>,
    hold: Hold,
    ready: Timestamp,
    origin: Origin,
    bucket: String,
    record: ObjectRecord,
) {
    let hold = hold.sleep_until(ready).await;
    let Some(cos) = cos.upgrade() else {
        return;
    };
    let at = crate::store::At::version(&bucket, &record.key, &record.version_id);
    match cos.store.object(at).await {
        Ok(Some(found)) if found.restore == record.restore => {
            let name = "cos:ObjectRestore:Completed";
            cos.tell(name, &origin, &bucket, &found, &hold);
        }
        Ok(_) => {}
        Err(error) => cos.report_store(origin.lane, &error),
    }
}

/// The duration of a restore, in seconds.
fn duration(storage_class: &str, tier: &str) -> Result<i64, Error> {
    match (storage_class, tier) {
        ("ARCHIVE", "expedited") => Ok(5 * 60),
        ("ARCHIVE", "standard") => Ok(5 * HOUR),
        ("ARCHIVE", "bulk") => Ok(12 * HOUR),
        ("DEEP_ARCHIVE", "standard") => Ok(24 * HOUR),
        ("DEEP_ARCHIVE", "bulk") => Ok(48 * HOUR),
        _ => Err(Error::from(error::INVALID_ARGUMENT)
            .because("The storage class does not have this Tier.")),
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
