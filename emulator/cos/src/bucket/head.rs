//! HEAD Bucket, and finding a bucket. Follows: COS reference, section 5.11.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::put::ZONES;
use crate::Inner;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::BucketRecord;

/// Answers whether a bucket exists.
pub(crate) async fn serve(cos: &Inner, bucket: &str) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    let reply = Reply::empty(StatusCode::OK)
        .header("content-type", b"application/xml")?
        .header("x-cos-bucket-region", record.region.as_bytes())?;
    match record.extra.get(ZONES).and_then(Value::as_str) {
        Some(zones) => reply.header("x-cos-bucket-az-type", zones.as_bytes()),
        None => Ok(reply),
    }
}

impl Inner {
    /// The record of a bucket, or `NoSuchBucket`.
    pub(crate) async fn bucket(&self, name: &str) -> Result<Arc<BucketRecord>, Error> {
        let found = self.store.bucket(name).await?;
        found.ok_or_else(|| error::NO_SUCH_BUCKET.into())
    }
}
