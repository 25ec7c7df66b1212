//! DELETE Object. Follows: COS reference, section 5.4, for buckets without versions.

use http::StatusCode;

use super::error::Error;
use super::reply::Reply;
use super::store::{At, Slot};
use super::visit::Visit;
use super::{Inner, apart};
use crate::journal::What;
use crate::signal::ObjectChanged;

/// Removes an object; one that is not there counts as removed.
pub(super) async fn serve(
    cos: &Inner,
    visit: &Visit<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    cos.bucket(bucket).await?;
    let version = visit.address.query.filled("versionId");
    let slot = version.map_or_else(Slot::default, |id| Slot(id.to_owned()));
    let (this, lane, hold) = (cos.this(), visit.lane, cos.hold_for_change());
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    // A task of its own: if the client leaves, the removal and the record of it must not part.
    apart(async move {
        let _turn = this.stripes.turn(&bucket, &key).await;
        if !this
            .store
            .remove(At {
                bucket: &bucket,
                key: &key,
                slot: &slot,
            })
            .await?
        {
            return Ok(());
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
        Ok(())
    })
    .await?;
    let reply = Reply::empty(StatusCode::NO_CONTENT);
    match version {
        Some(version) => reply.header("x-cos-version-id", version.as_bytes()),
        None => Ok(reply),
    }
}
