//! DELETE Object. Follows: COS reference, section 5.4, for buckets without versions.

use http::StatusCode;
use jiff::Timestamp;

use super::error::Error;
use super::reply::Reply;
use super::store::{At, Slot};
use super::visit::Visit;
use super::{Cos, Inner, apart};
use crate::journal::{Lane, What};
use crate::signal::ObjectChanged;

/// Removes an object; one that is not there counts as removed.
pub(super) async fn serve(
    cos: &Inner,
    visit: &Visit<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let version = visit.address.query.filled("versionId");
    let slot = version.map_or_else(Slot::default, |id| Slot(id.to_owned()));
    cos.remove(visit.lane, bucket, key, slot, None).await?;
    let reply = Reply::empty(StatusCode::NO_CONTENT);
    match version {
        Some(version) => reply.header("x-cos-version-id", version.as_bytes()),
        None => Ok(reply),
    }
}

impl Cos {
    /// Removes an object as if it had been asked for over the wire; recorded in `lane`.
    pub async fn delete_object(&self, lane: Lane, bucket: &str, key: &str) -> Result<(), Error> {
        let slot = Slot::default();
        self.inner.remove(lane, bucket, key, slot, None).await?;
        Ok(())
    }
}

impl Inner {
    /// Removes an object; only the one of this time, if there is a time. `false` if it was not there.
    pub(super) async fn remove(
        &self,
        lane: Lane,
        bucket: &str,
        key: &str,
        slot: Slot,
        only: Option<Timestamp>,
    ) -> Result<bool, Error> {
        self.bucket(bucket).await?;
        let (this, hold) = (self.this(), self.hold_for_change());
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        // A task of its own: if the client leaves, the removal and the record of it must not part.
        apart(async move {
            let _turn = this.stripes.turn(&bucket, &key).await;
            let at = At {
                bucket: &bucket,
                key: &key,
                slot: &slot,
            };
            if let Some(only) = only {
                let found = this.store.object(at).await?;
                if found.is_none_or(|record| record.last_modified != only) {
                    return Ok(false);
                }
            }
            if !this.store.remove(at).await? {
                return Ok(false);
            }
            let removed = What::ObjectRemoved {
                bucket: bucket.clone(),
                key: key.clone(),
            };
            this.doors.record(lane, removed);
            let changed = ObjectChanged {
                event_name: "cos:ObjectRemove:Delete".to_owned(),
                bucket: bucket.clone(),
                key: key.clone(),
                size: 0,
                etag: String::new(),
                at: this.doors.clock.now(),
            };
            this.listener.tell(changed, &hold);
            Ok(true)
        })
        .await
    }
}
