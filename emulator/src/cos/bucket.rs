//! PUT, HEAD and DELETE Bucket. Follows: COS reference, section 5.11.

use http::StatusCode;
use serde_json::Map;

use super::access;
use super::error::{self, Error};
use super::reply::Reply;
use super::store::{BucketRecord, Removal};
use super::visit::Visit;
use super::{Inner, apart, names};
use crate::base::xml::Element;
use crate::http::Body;
use crate::http::exchange::{BodyError, collect};

/// Bytes of a configuration at most.
const MAX_BODY: usize = 64 * 1024;

/// Creates a bucket in the region that the host names.
pub(super) async fn put(
    cos: &Inner,
    visit: &mut Visit<'_>,
    body: Body,
    bucket: &str,
) -> Result<Reply, Error> {
    let body = collect(body, MAX_BODY).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => error::MALFORMED_XML,
        BodyError::Incomplete { .. } => error::INCOMPLETE_BODY,
    })?;
    visit.received = body.len() as u64;
    check_configuration(&body)?;
    let acl = access::of_headers(&visit.head.headers, access::Level::Bucket)?;
    let region = visit
        .address
        .region
        .as_deref()
        .unwrap_or(&cos.settings.region);
    if !cos.create_bucket(bucket, region).await? {
        let is_ours = names::appid(bucket) == cos.settings.appid;
        let kind = if is_ours {
            error::BUCKET_ALREADY_OWNED_BY_YOU
        } else {
            error::BUCKET_ALREADY_EXISTS
        };
        return Err(kind.into());
    }
    if let Some(acl) = acl {
        cos.keep_bucket_acl(bucket, acl.into_kept()).await?;
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// Buckets of other kinds than the usual one are not played here.
fn check_configuration(body: &[u8]) -> Result<(), Error> {
    if body.is_empty() {
        return Ok(());
    }
    let configuration = Element::parse(body).map_err(|error| {
        tracing::debug!(%error, "a bucket configuration could not be read");
        Error::from(error::MALFORMED_XML)
    })?;
    if configuration.name != "CreateBucketConfiguration" {
        return Err(error::MALFORMED_XML.into());
    }
    for name in ["BucketAZConfig", "BucketArchConfig", "BucketStorageClass"] {
        if let Some(wanted) = configuration.text_of(name) {
            let message = format!("the {name} {wanted} is not implemented here");
            return Err(Error::from(error::NOT_IMPLEMENTED).because(message));
        }
    }
    Ok(())
}

/// Tells that a bucket is there.
pub(super) async fn head(cos: &Inner, bucket: &str) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    Reply::empty(StatusCode::OK)
        .header("content-type", b"application/xml")?
        .header("x-cos-bucket-region", record.region.as_bytes())
}

/// Removes a bucket that is empty.
pub(super) async fn delete(cos: &Inner, bucket: &str) -> Result<Reply, Error> {
    let (this, bucket) = (cos.this(), bucket.to_owned());
    let removal = apart(async move {
        let _turn = this.stripes.turn(&bucket, "").await;
        Ok(this.store.remove_bucket(&bucket).await?)
    });
    match removal.await? {
        Removal::Removed => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Removal::Missing => Err(error::NO_SUCH_BUCKET.into()),
        Removal::NotEmpty => Err(error::BUCKET_NOT_EMPTY.into()),
    }
}

impl Inner {
    /// The record of a bucket, or `NoSuchBucket`.
    pub(super) async fn bucket(&self, name: &str) -> Result<BucketRecord, Error> {
        let found = self.store.bucket(name).await?;
        found.ok_or_else(|| error::NO_SUCH_BUCKET.into())
    }

    /// Creates a bucket; `false` if it is there already.
    pub(super) async fn create_bucket(&self, name: &str, region: &str) -> Result<bool, Error> {
        names::check_bucket(name, region)?;
        let record = BucketRecord {
            name: name.to_owned(),
            region: region.to_owned(),
            created: self.doors.clock.now(),
            extra: Map::new(),
        };
        let this = self.this();
        apart(async move {
            let _turn = this.stripes.turn(&record.name, "").await;
            Ok(this.store.create_bucket(record).await?)
        })
        .await
    }
}
