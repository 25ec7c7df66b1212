//! Abort Multipart Upload.

use http::StatusCode;

use super::at;
use crate::Inner;
use crate::detach::detach_on_drop;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;

/// Removes an upload and its parts.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let at = at(request, bucket, key);
    cos.bucket(&at.bucket).await?;
    let this = cos.this();
    detach_on_drop(async move {
        let _lock = this.key_locks.lock(&at.bucket, &at.key).await;
        if !this.store.abort_upload(at).await? {
            return Err(error::NO_SUCH_UPLOAD.into());
        }
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    })
    .await
}
