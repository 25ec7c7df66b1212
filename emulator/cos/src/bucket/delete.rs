//! DELETE Bucket. Follows: COS reference, section 5.11.

use http::StatusCode;

use crate::Inner;
use crate::detach::detach_on_drop;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::Removal;

/// Removes a bucket that is empty.
pub(crate) async fn serve(cos: &Inner, bucket: &str) -> Result<Reply, Error> {
    let (this, bucket) = (cos.this(), bucket.to_owned());
    let removal = detach_on_drop(async move {
        let _lock = this.key_locks.lock(&bucket, "").await;
        Ok(this.store.remove_bucket(&bucket).await?)
    });
    match removal.await? {
        Removal::Removed => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Removal::Missing => Err(error::NO_SUCH_BUCKET.into()),
        Removal::NotEmpty => Err(error::BUCKET_NOT_EMPTY.into()),
    }
}
