//! DELETE Object. Follows: COS reference, section 5.4.

use http::StatusCode;

use crate::object::precondition::WriteConditions;
use crate::request::cos_request::{CosRequest, Origin};
use crate::request::error::Error;
use crate::request::reply::Reply;
use crate::{Cos, Inner};
use backlot_base::journal::Lane;

/// Removes an object, or hides it behind a delete marker; an object that does not exist counts as removed.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let version = request.address.query.filled("versionId");
    let conditions = cos.write_conditions(request);
    let removed = cos
        .remove(request.origin(), bucket, key, version, conditions)
        .await?;
    let mut reply = Reply::empty(StatusCode::NO_CONTENT);
    if removed.is_marker {
        reply = reply.header("x-cos-delete-marker", b"true")?;
    }
    match removed.version {
        Some(version) => reply.header("x-cos-version-id", version.as_bytes()),
        None => Ok(reply),
    }
}

impl Cos {
    /// Removes an object like a DELETE of a client; recorded in `lane`.
    pub async fn delete_object(&self, lane: Lane, bucket: &str, key: &str) -> Result<(), Error> {
        let origin = Origin::inside(&self.inner, lane);
        let conditions = WriteConditions::default();
        self.inner
            .remove(origin, bucket, key, None, conditions)
            .await?;
        Ok(())
    }
}
